package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.compare.Content;
import io.plasmabackup.compare.Difference;
import io.plasmabackup.compare.Expected;
import io.plasmabackup.compare.FolderComparison;
import io.plasmabackup.exclude.NamePattern;
import io.plasmabackup.extract.KernelAttributes;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What differs between an archive and the folder that it was made of, or was extracted to. Where
 * the archive has an index, differences are told in the archive's order, and what was left out by
 * intent isn't one.
 */
public final class Comparison {

  private final Archive archive;
  private final Fd folder;
  private final Consumer<Difference> told;
  private final Optional<MemberOrder> order;

  /** The member before. */
  private @Nullable RawPath last;

  /**
   * Prepares to compare.
   *
   * @param archive stays the caller's
   * @param folder in which members' names are paths; stays the caller's
   * @param told of each difference
   */
  public Comparison(Archive archive, Fd folder, Consumer<Difference> told) throws Failure {
    this.archive = archive;
    this.folder = folder;
    this.told = told;
    this.order = archive.order();
  }

  /**
   * Compares by the index, without reading the archive: types, sizes, times, permissions, owners,
   * links' targets, devices. What has the same size and time counts as the same.
   *
   * @return how many members were compared
   */
  public long byIndex() throws Failure {
    try (FolderComparison comparison = comparison()) {
      archive.members(
          NamePattern.ALL,
          member -> {
            check(member.name());
            try {
              comparison.add(expected(member), null);
            } catch (IOException e) {
              throw new Failure(ExitCode.READ, text(e), e);
            }
          });
      return comparison.finish();
    }
  }

  /**
   * Reads all of the archive and of the folder's files, and compares also every byte of them, their
   * attributes and ACLs.
   *
   * @return how many members were compared
   */
  public long byContent() throws Failure {
    StoredTar tar = archive.tar();
    try (FolderComparison comparison = comparison()) {
      TarReader reader = tar.all();
      for (TarMember member = reader.next(); member != null; member = reader.next()) {
        RawPath name = MemberNames.normalized(member.name());
        check(name);
        comparison.add(expected(name, member), new Content(member, reader));
      }
      return comparison.finish();
    } catch (IOException e) {
      throw tar.failure(e);
    }
  }

  private FolderComparison comparison() throws Failure {
    last = null;
    return new FolderComparison(folder, archive.leftOut(), order.isPresent(), told);
  }

  /** Whether a member can come next, and anybody still wants it. */
  private void check(RawPath name) throws Failure {
    if (Thread.interrupted()) {
      throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal");
    }
    if (!MemberNames.isPath(name)) {
      throw archive.tar().damaged("it has a member with a name that no file has: " + name);
    }
    RawPath before = last;
    if (order.isPresent() && before != null && !order.get().mayFollow(before, name)) {
      throw archive
          .tar()
          .damaged("its members are not in their order: " + name + " comes after " + before);
    }
    last = name;
  }

  private static Expected expected(Member member) {
    return new Expected(
        member.name(),
        switch (member.type()) {
          case FILE -> TarMember.Type.FILE;
          case DIRECTORY -> TarMember.Type.DIRECTORY;
          case SYMLINK -> TarMember.Type.SYMBOLIC_LINK;
          case HARDLINK -> TarMember.Type.HARD_LINK;
          case CHARACTER -> TarMember.Type.CHARACTER_DEVICE;
          case BLOCK -> TarMember.Type.BLOCK_DEVICE;
          case FIFO -> TarMember.Type.FIFO;
        },
        member.size(),
        member.link().orElse(RawPath.EMPTY),
        member.node().orElse(""),
        member.permissions(),
        member.uid(),
        member.gid(),
        member.modified(),
        Optional.empty());
  }

  private static Expected expected(RawPath name, TarMember member) {
    boolean device =
        member.type() == TarMember.Type.CHARACTER_DEVICE
            || member.type() == TarMember.Type.BLOCK_DEVICE;
    return new Expected(
        name,
        member.type(),
        member.size(),
        member.type() == TarMember.Type.HARD_LINK
            ? MemberNames.normalized(member.link())
            : member.link(),
        device ? member.major() + ":" + member.minor() : "",
        member.permissions(),
        member.uid(),
        member.gid(),
        member.modified(),
        Optional.of(KernelAttributes.of(member)));
  }

  private static String text(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
