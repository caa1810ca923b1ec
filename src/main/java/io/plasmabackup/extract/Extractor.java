package io.plasmabackup.extract;

import io.plasmabackup.extract.OpenDirectories.Level;
import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Changes.Node;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarMember.Extent;
import io.plasmabackup.tar.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/**
 * Makes files, directories, links and so on of members of a tar, below one folder and nowhere else:
 * the kernel itself refuses to follow a link on the way. A file has its name when it is complete,
 * and not before; so what was broken off can be repeated. Used by one thread.
 */
public final class Extractor implements AutoCloseable {

  /** With these there is no point in going on. All others concern a member only. */
  private static final Set<Errno> FATAL =
      Set.of(
          Errno.ENOSPC,
          Errno.EDQUOT,
          Errno.EIO,
          Errno.EROFS,
          Errno.ENOMEM,
          Errno.EMFILE,
          Errno.ENFILE,
          Errno.ESTALE,
          Errno.EUCLEAN);

  private static final int BUFFER_BYTES = 256 * 1024;

  private static final Comparator<Timestamp> BY_TIME =
      Comparator.comparingLong(Timestamp::seconds).thenComparingInt(Timestamp::nanos);

  private final Overwrite overwrite;
  private final Tally tally;
  private final MetadataSetter metadata;
  private final OpenDirectories directories;
  private final byte[] buffer = new byte[BUFFER_BYTES];

  /**
   * Extracts to a folder.
   *
   * @param folder stays the caller's, and open
   * @param own whether the folder was made for this, and gets owner, permissions and time of a
   *     member that stands for it
   */
  public Extractor(Fd folder, boolean own, Overwrite overwrite, Observer observer) {
    this.overwrite = overwrite;
    this.tally = new Tally(observer);
    this.metadata = new MetadataSetter(tally);
    this.directories = new OpenDirectories(folder, own, metadata);
  }

  /** How a name comes to be what a member says. */
  private enum Way {
    NEW,
    REPLACE,
    /** Not at all; it has been told why. */
    NOT
  }

  /** Where a member belongs. */
  private record Place(Level parent, RawPath name) {

    private Fd directory() {
      return parent.directory();
    }
  }

  /** Makes something under a name that isn't taken. */
  @FunctionalInterface
  private interface Maker {
    void make(RawPath name) throws ErrnoException, Refusal;
  }

  /**
   * Extracts a member.
   *
   * @param data of whose current member this is; its data is read if it is needed
   * @throws ErrnoException if the filesystem fails, so that nothing more can be extracted
   * @throws IOException as {@code data} throws it
   */
  public void add(TarMember member, TarReader data) throws IOException {
    try {
      RawPath path = MemberPath.of(member.name());
      if (member.type() == TarMember.Type.DIRECTORY) {
        directories.add(path, member);
        tally.made();
        return;
      }
      if (path.isEmpty()) {
        throw new Refusal("would replace the folder itself");
      }
      Place place = new Place(directories.at(path.parent()), path.fileName());
      switch (member.type()) {
        case FILE -> file(place, member, data);
        case SYMBOLIC_LINK -> symbolicLink(place, member);
        case HARD_LINK -> hardLink(place, member);
        case CHARACTER_DEVICE -> node(place, member, Node.CHARACTER);
        case BLOCK_DEVICE -> node(place, member, Node.BLOCK);
        default -> node(place, member, Node.FIFO);
      }
    } catch (Refusal e) {
      tally.refused(member.name(), e.why());
    } catch (ErrnoException e) {
      if (FATAL.contains(e.errno())) {
        throw e;
      }
      tally.refused(member.name(), e.getMessage());
    }
  }

  /**
   * Completes all directories.
   *
   * @return what has become of all members
   * @throws ErrnoException if the filesystem fails
   */
  public Extracted finish() throws ErrnoException {
    directories.finish();
    return tally.soFar();
  }

  /** What has become of the members so far. */
  public Extracted soFar() {
    return tally.soFar();
  }

  /** Leaves directories that aren't complete as they are, if {@link #finish} wasn't called. */
  @Override
  public void close() {
    directories.close();
  }

  // What is there already

  private Way way(Place place, TarMember member) throws ErrnoException, Refusal {
    if (place.parent().created()) {
      return Way.NEW;
    }
    Optional<FileStatus> there = statusOf(place.directory(), place.name());
    return there.isEmpty() ? Way.NEW : over(there.get(), place, member);
  }

  private static Optional<FileStatus> statusOf(Fd directory, RawPath name) throws ErrnoException {
    try {
      return Optional.of(directory.statusAt(name));
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Way over(FileStatus there, Place place, TarMember member) throws ErrnoException, Refusal {
    if (there.isDirectory()) {
      throw new Refusal("belongs where there is a folder");
    }
    if (overwrite == Overwrite.ALWAYS) {
      return Way.REPLACE;
    }
    if (isPresent(there, place, member)) {
      tally.present();
      return Way.NOT;
    }
    if (overwrite == Overwrite.OLDER && BY_TIME.compare(there.modified(), member.modified()) < 0) {
      return Way.REPLACE;
    }
    tally.kept(
        member.name(),
        overwrite == Overwrite.OLDER
            ? "something is there that is not older"
            : "something is there already");
    return Way.NOT;
  }

  /** Times are set last, so what has the right one is complete. */
  private boolean isPresent(FileStatus there, Place place, TarMember member)
      throws ErrnoException, Refusal {
    return switch (member.type()) {
      case FILE ->
          there.type() == FileStatus.Type.REGULAR
              && there.size() == member.size()
              && there.modified().equals(member.modified());
      case SYMBOLIC_LINK ->
          there.type() == FileStatus.Type.SYMBOLIC_LINK
              && place.directory().readLinkAt(place.name()).equals(member.link())
              && completed(place, member);
      case HARD_LINK -> isLinkTo(there, member);
      default -> false;
    };
  }

  /** The same link is there, but perhaps without its owner and time, if we were interrupted. */
  private boolean completed(Place place, TarMember member) throws ErrnoException {
    metadata.set(place.directory(), place.name(), member);
    return true;
  }

  private boolean isLinkTo(FileStatus there, TarMember member) throws ErrnoException, Refusal {
    RawPath target = MemberPath.of(member.link());
    if (target.isEmpty()) {
      return false;
    }
    try (Fd directory = directoryOf(target)) {
      return statusOf(directory, target.fileName()).filter(there::isSameFile).isPresent();
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private Fd directoryOf(RawPath path) throws ErrnoException {
    RawPath parent = path.parent();
    return directories
        .folder()
        .openBeneath(parent.isEmpty() ? RawPath.of(".") : parent, Fd.Use.LOCATE);
  }

  // Making

  private void file(Place place, TarMember member, TarReader data) throws IOException, Refusal {
    Way way = way(place, member);
    if (way == Way.NOT) {
      return;
    }
    try (NewFile made = NewFile.in(place.directory())) {
      copy(member, data, made.file());
      metadata.set(made.file(), member);
      if (way == Way.NEW) {
        try {
          made.publish(place.name());
        } catch (ErrnoException e) {
          way = taken(e, place, member);
        }
      }
      if (way == Way.REPLACE) {
        made.replace(place.name());
      }
    }
    if (way != Way.NOT) {
      tally.made();
    }
  }

  /** After something that was not to be there turned out to be there after all. */
  private Way taken(ErrnoException e, Place place, TarMember member)
      throws ErrnoException, Refusal {
    if (!e.is(Errno.EEXIST)) {
      throw e;
    }
    Optional<FileStatus> there = statusOf(place.directory(), place.name());
    if (there.isEmpty()) {
      throw e;
    }
    return over(there.get(), place, member);
  }

  private void copy(TarMember member, TarReader data, Fd file) throws IOException {
    long end = 0;
    for (Extent extent : member.extents()) {
      long at = extent.offset();
      end = extent.end();
      while (at < end) {
        int count = data.read(buffer, 0, (int) Math.min(buffer.length, end - at));
        if (count < 0) {
          throw new EOFException("the data of " + member.name() + " is missing");
        }
        file.write(at, buffer, 0, count);
        at += count;
        tally.wrote(count);
      }
    }
    if (end < member.size()) {
      file.truncate(member.size());
    }
  }

  private void symbolicLink(Place place, TarMember member) throws ErrnoException, Refusal {
    if (member.link().isEmpty()) {
      throw new Refusal("is a link to nowhere");
    }
    make(
        place,
        member,
        name -> {
          Changes.symlink(member.link(), place.directory(), name);
          metadata.set(place.directory(), name, member);
        });
  }

  private void hardLink(Place place, TarMember member) throws ErrnoException, Refusal {
    RawPath target = MemberPath.of(member.link());
    if (target.isEmpty()) {
      throw new Refusal("is a hard link to the folder itself");
    }
    make(
        place,
        member,
        name -> {
          try (Fd directory = directoryOf(target)) {
            Changes.link(directory, target.fileName(), place.directory(), name);
          } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ELOOP) || e.is(Errno.ENOTDIR)) {
              throw new Refusal("is a hard link to what is not in the folder: " + target);
            }
            throw e;
          }
        });
  }

  private void node(Place place, TarMember member, Node kind) throws ErrnoException, Refusal {
    make(
        place,
        member,
        name -> {
          DeviceNumber number = new DeviceNumber(member.major(), member.minor());
          try {
            Changes.node(kind, number, place.directory(), name);
          } catch (ErrnoException e) {
            if (e.is(Errno.EPERM)) {
              throw new Refusal("is a device, which only root may make");
            }
            throw e;
          }
          metadata.set(place.directory(), name, member);
        });
  }

  private void make(Place place, TarMember member, Maker maker) throws ErrnoException, Refusal {
    Way way = way(place, member);
    if (way == Way.NEW) {
      try {
        maker.make(place.name());
      } catch (ErrnoException e) {
        way = taken(e, place, member);
      }
    }
    if (way == Way.REPLACE) {
      replace(place, maker);
    }
    if (way != Way.NOT) {
      tally.made();
    }
  }

  private static void replace(Place place, Maker maker) throws ErrnoException, Refusal {
    RawPath temporary = TemporaryName.next();
    maker.make(temporary);
    try {
      Changes.rename(place.directory(), temporary, place.name());
    } finally {
      // rename(2) leaves both names where they are one file's already.
      if (statusOf(place.directory(), temporary).isPresent()) {
        Changes.remove(place.directory(), temporary);
      }
    }
  }
}
