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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes files, directories, links and so on of members of a tar, below one folder and nowhere else:
 * the kernel itself refuses to follow a link on the way. A file has its name when it is complete,
 * and not before; so what was broken off can be repeated. Used by one thread, which only reads:
 * others make what it has read.
 */
public final class Extractor implements AutoCloseable {

  /** Of a file's data that is handed over at once. */
  private static final int PIECE_BYTES = 256 * 1024;

  /** As many as there can be at a time. */
  private static final int SPARE_PIECES = 32;

  private static final Comparator<Timestamp> BY_TIME =
      Comparator.comparingLong(Timestamp::seconds).thenComparingInt(Timestamp::nanos);

  private final Overwrite overwrite;
  private final Tally tally;
  private final MetadataSetter metadata;
  private final Crew crew = new Crew();
  private final OpenDirectories directories;

  /** Members that something else was kept in place of. */
  private final Set<RawPath> kept = ConcurrentHashMap.newKeySet();

  private final BlockingQueue<byte[]> spare = new ArrayBlockingQueue<>(SPARE_PIECES);

  private Optional<SharedTar> shared = Optional.empty();

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
    this.directories = new OpenDirectories(folder, own, metadata, tally, crew);
  }

  /**
   * Lets files have the blocks of the tar itself, instead of copies, where the folder is on the
   * same filesystem and that can do it: then they take no time and no room.
   *
   * @param tar what is extracted, positions in it being those of its members; stays the caller's,
   *     and open
   */
  public void shareBlocksOf(Fd tar) {
    shared = Optional.of(new SharedTar(tar));
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

    private int lane() {
      return parent.lane();
    }

    private RawPath path() {
      return parent.path().resolve(name);
    }
  }

  /** Makes something under a name that isn't taken. */
  @FunctionalInterface
  private interface Maker {
    void make(RawPath name) throws ErrnoException, Refusal;
  }

  /**
   * Extracts a member, sooner or later.
   *
   * @param data of whose current member this is; its data is read if it is needed
   * @throws ErrnoException if the filesystem fails, here or with a member before, so that nothing
   *     more can be extracted
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
      refuse(member, e);
    }
  }

  private void refuse(TarMember member, ErrnoException e) throws ErrnoException {
    if (FilesystemFailure.is(e)) {
      throw e;
    }
    tally.refused(member.name(), e.getMessage());
  }

  /**
   * Waits until all members are made, and completes all directories.
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
    crew.close();
    directories.close();
  }

  // What is there already

  private Way way(Place place, TarMember member) throws ErrnoException, Refusal {
    if (directories.claim(place.parent(), place.name())) {
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
    kept.add(place.path());
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
              && completed(there, place, member);
      case HARD_LINK -> isLinkTo(there, member);
      default -> false;
    };
  }

  /**
   * The same link is there, but perhaps without its owner and time, if we were interrupted. One
   * that has other names besides was complete, or isn't ours.
   */
  private boolean completed(FileStatus there, Place place, TarMember member) throws ErrnoException {
    if (there.links() == 1) {
      metadata.set(place.directory(), place.name(), member);
    }
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
    IncomingFile file = new IncomingFile(place, member, way);
    List<Extent> extents = member.extents();
    if (extents.isEmpty()) {
      crew.submit(place.lane(), 0, file.piece(0, new byte[0], 0, true));
      return;
    }
    boolean whole = false;
    try {
      for (Extent extent : extents) {
        boolean last = extent.end() == extents.getLast().end();
        if (shared.isPresent() && shared.get().isWorthIt(extent, data.position())) {
          Crew.Task task = file.blocks(shared.get(), data.position(), extent, last);
          data.pass(extent.length());
          whole = last;
          crew.submit(place.lane(), 0, task);
          continue;
        }
        for (long at = extent.offset(); at < extent.end(); ) {
          int length = (int) Math.min(PIECE_BYTES, extent.end() - at);
          byte[] piece = piece(length);
          read(member, data, piece, length);
          at += length;
          whole = last && at == extent.end();
          crew.submit(place.lane(), length, file.piece(at - length, piece, length, whole));
        }
      }
    } finally {
      if (!whole) {
        crew.submit(place.lane(), 0, file.end());
      }
    }
  }

  private byte[] piece(int length) {
    if (length < PIECE_BYTES) {
      return new byte[length];
    }
    byte[] piece = spare.poll();
    return piece == null ? new byte[PIECE_BYTES] : piece;
  }

  private static void read(TarMember member, TarReader data, byte[] into, int length)
      throws IOException {
    for (int done = 0; done < length; ) {
      int count = data.read(into, done, length - done);
      if (count < 0) {
        throw new EOFException("the data of " + member.name() + " is missing");
      }
      done += count;
    }
  }

  /** Puts data into a file. */
  @FunctionalInterface
  private interface Filling {
    void fill(Fd file) throws ErrnoException, Refusal;
  }

  /** A file that is being made of pieces of data; but for its creation, in the lane's thread. */
  private final class IncomingFile {

    private final Place place;
    private final TarMember member;
    private final Way way;
    private @Nullable NewFile made;
    private Created created = Created.NOTHING;
    private boolean ended;

    IncomingFile(Place place, TarMember member, Way way) {
      this.place = place;
      this.member = member;
      this.way = way;
    }

    /** Writes a piece, and completes the file if it is the last one. */
    Crew.Task piece(long at, byte[] data, int length, boolean last) {
      return new Crew.Task() {
        @Override
        public void run() throws ErrnoException {
          add(file -> file.write(at, data, 0, length), length, at + length, last);
          if (length == PIECE_BYTES) {
            var _ = spare.offer(data);
          }
        }

        @Override
        public void drop() {
          close();
        }
      };
    }

    /** Fills an extent from the tar itself, and completes the file if it is the last one. */
    Crew.Task blocks(SharedTar tar, long position, Extent extent, boolean last) {
      return new Crew.Task() {
        @Override
        public void run() throws ErrnoException {
          add(file -> tar.fill(file, extent, position), extent.length(), extent.end(), last);
        }

        @Override
        public void drop() {
          close();
        }
      };
    }

    /** Gives it up. */
    Crew.Task end() {
      return new Crew.Task() {
        @Override
        public void run() {
          close();
        }

        @Override
        public void drop() {
          close();
        }
      };
    }

    /**
     * Adds data.
     *
     * @param length its bytes
     * @param end where in the file it ends
     */
    private void add(Filling filling, long length, long end, boolean last) throws ErrnoException {
      if (ended) {
        return;
      }
      boolean done = false;
      try {
        NewFile file = made;
        if (file == null) {
          created = metadata.created(member, place.parent()::isPlain);
          file = NewFile.in(place.directory(), created.permissions() ? member.permissions() : 0);
          made = file;
        }
        filling.fill(file.file());
        tally.wrote(length);
        if (last) {
          complete(file, end);
        }
        done = !last;
      } catch (Refusal e) {
        tally.refused(member.name(), e.why());
      } catch (ErrnoException e) {
        refuse(member, e);
      } finally {
        if (!done) {
          close();
        }
      }
    }

    private void complete(NewFile file, long end) throws ErrnoException, Refusal {
      if (end < member.size()) {
        file.file().truncate(member.size());
      }
      boolean permitted = file.hasMode() && created.permissions();
      metadata.set(file.file(), member, new Created(created.owner(), permitted));
      Way found = way;
      if (found == Way.NEW) {
        try {
          file.publish(place.name());
        } catch (ErrnoException e) {
          found = taken(e, place, member);
        }
      }
      if (found == Way.REPLACE) {
        file.replace(place.name());
      }
      if (found != Way.NOT) {
        tally.made();
      }
    }

    private void close() {
      ended = true;
      NewFile file = made;
      made = null;
      if (file != null) {
        try {
          file.close();
        } catch (ErrnoException e) {
          tally.incomplete(member.name(), e.getMessage());
        }
      }
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

  private void symbolicLink(Place place, TarMember member) throws ErrnoException, Refusal {
    if (member.link().isEmpty()) {
      throw new Refusal("is a link to nowhere");
    }
    makeInLane(
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
    crew.await();
    if (kept.contains(target)) {
      throw new Refusal("is a hard link to " + target + ", in whose place something else is kept");
    }
    make(
        place,
        member,
        way(place, member),
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
    makeInLane(
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

  private void makeInLane(Place place, TarMember member, Maker maker)
      throws ErrnoException, Refusal {
    Way way = way(place, member);
    if (way == Way.NOT) {
      return;
    }
    crew.submit(
        place.lane(),
        0,
        () -> {
          try {
            make(place, member, way, maker);
          } catch (Refusal e) {
            tally.refused(member.name(), e.why());
          } catch (ErrnoException e) {
            refuse(member, e);
          }
        });
  }

  private void make(Place place, TarMember member, Way way, Maker maker)
      throws ErrnoException, Refusal {
    Way found = way;
    if (found == Way.NEW) {
      try {
        maker.make(place.name());
      } catch (ErrnoException e) {
        found = taken(e, place, member);
      }
    }
    if (found == Way.REPLACE) {
      replace(place, maker);
    }
    if (found != Way.NOT) {
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
