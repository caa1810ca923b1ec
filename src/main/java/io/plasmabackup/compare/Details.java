package io.plasmabackup.compare;

import io.plasmabackup.compare.Difference.Detail;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds what of a file is not as the archive has it. */
final class Details {

  private static final RawPath HERE = RawPath.of(".");

  /** In which hard links' other names are. */
  private final Fd folder;

  Details(Fd folder) {
    this.folder = folder;
  }

  /**
   * What differs; nothing if all is the same.
   *
   * @param directory has {@code name}; the file itself where that is empty
   * @param status of that file
   * @param content absent: not compared
   * @throws ErrnoException if the file can't be read
   * @throws IOException if the archive can't be
   */
  List<Detail> of(
      Expected member, Fd directory, RawPath name, FileStatus status, @Nullable Content content)
      throws IOException {
    if (member.type() == TarMember.Type.HARD_LINK) {
      // All else is compared by its first name.
      return hardLink(member, status);
    }
    List<Detail> details = new ArrayList<>();
    Optional<TarMember.Type> type = type(status);
    if (type.isEmpty() || type.get() != member.type()) {
      details.add(
          new Detail("type", text(member.type()), type.map(Details::text).orElse("socket")));
      return details;
    }
    data(details, member, directory, name, status, content);
    if (member.type() != TarMember.Type.SYMBOLIC_LINK) {
      // The kernel knows none of a link.
      add(
          details,
          "permissions",
          "%04o".formatted(member.permissions()),
          "%04o".formatted(status.permissions()));
    }
    add(details, "owner", member.uid() + ":" + member.gid(), status.uid() + ":" + status.gid());
    add(details, "time", text(member.modified()), text(status.modified()));
    if (member.attributes().isPresent()) {
      attributes(
          details,
          member.attributes().get(),
          name.isEmpty() ? directory.attributes() : directory.attributesAt(name));
    }
    return details;
  }

  private List<Detail> hardLink(Expected member, FileStatus status) throws ErrnoException {
    RawPath parent = member.link().parent();
    try (Fd directory = folder.openBeneath(parent.isEmpty() ? HERE : parent, Fd.Use.LOCATE)) {
      if (directory.statusAt(member.link().fileName()).isSameFile(status)) {
        return List.of();
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
        throw e;
      }
    }
    return List.of(new Detail("link", member.link().toString(), "another file"));
  }

  private static void data(
      List<Detail> details,
      Expected member,
      Fd directory,
      RawPath name,
      FileStatus status,
      @Nullable Content content)
      throws IOException {
    switch (member.type()) {
      case FILE -> {
        add(details, "size", Long.toString(member.size()), Long.toString(status.size()));
        if (content != null && member.size() == status.size()) {
          try (Fd file = directory.openAt(name, Fd.Use.READ)) {
            if (!content.equalsThatOf(file)) {
              details.add(new Detail("content", "", ""));
            }
          }
        }
      }
      case SYMBOLIC_LINK ->
          add(details, "target", member.link().toString(), directory.readLinkAt(name).toString());
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          add(details, "device", member.node(), status.device().toString());
      default -> {
        // A folder or a fifo is just that.
      }
    }
  }

  private static void attributes(
      List<Detail> details, Map<RawPath, byte[]> archived, Map<RawPath, byte[]> present) {
    TreeSet<RawPath> names = new TreeSet<>(archived.keySet());
    names.addAll(present.keySet());
    for (RawPath name : names) {
      byte[] one = archived.get(name);
      byte[] other = present.get(name);
      if (!Arrays.equals(one, other)) {
        details.add(
            new Detail(
                "attribute " + name,
                one == null ? "none" : one.length + " bytes",
                other == null ? "none" : other.length + " bytes"));
      }
    }
  }

  private static void add(List<Detail> details, String what, String archived, String present) {
    if (!archived.equals(present)) {
      details.add(new Detail(what, archived, present));
    }
  }

  /** Empty for a socket, which no archive has. */
  private static Optional<TarMember.Type> type(FileStatus status) {
    return switch (status.type()) {
      case REGULAR -> Optional.of(TarMember.Type.FILE);
      case DIRECTORY -> Optional.of(TarMember.Type.DIRECTORY);
      case SYMBOLIC_LINK -> Optional.of(TarMember.Type.SYMBOLIC_LINK);
      case CHARACTER_DEVICE -> Optional.of(TarMember.Type.CHARACTER_DEVICE);
      case BLOCK_DEVICE -> Optional.of(TarMember.Type.BLOCK_DEVICE);
      case FIFO -> Optional.of(TarMember.Type.FIFO);
      case SOCKET -> Optional.empty();
    };
  }

  private static String text(TarMember.Type type) {
    return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String text(Timestamp time) {
    try {
      return Instant.ofEpochSecond(time.seconds(), time.nanos()).toString();
    } catch (DateTimeException beyondAllYears) {
      return time.seconds() + " s";
    }
  }
}
