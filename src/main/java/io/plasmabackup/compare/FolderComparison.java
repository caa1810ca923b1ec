package io.plasmabackup.compare;

import io.plasmabackup.compare.Difference.Change;
import io.plasmabackup.compare.Difference.Detail;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares members, as they come one by one, with what is in a folder. Keeps open and listed the
 * directories from the folder down to where the members are. Follows no link below the folder. Used
 * by one thread.
 */
public final class FolderComparison implements AutoCloseable {

  private static final RawPath HERE = RawPath.of(".");

  private final Fd folder;
  private final Set<RawPath> leftOut;
  private final boolean inOrder;
  private final Consumer<Difference> told;
  private final Details details;

  /** Directories that are members, each within the one before. */
  private final Deque<Level> levels = new ArrayDeque<>();

  private long members;

  /**
   * Prepares to compare.
   *
   * @param folder stays the caller's
   * @param leftOut what is not in the archive by intent, with all that is in it and isn't a member;
   *     named as members are
   * @param inOrder whether the names of a directory come in ascending order of their bytes, each
   *     followed by all that is in it; then what was added is told in that order, too, else at the
   *     end of its directory
   * @param told of each difference
   */
  public FolderComparison(
      Fd folder, Set<RawPath> leftOut, boolean inOrder, Consumer<Difference> told) {
    this.folder = folder;
    this.leftOut = Set.copyOf(leftOut);
    this.inOrder = inOrder;
    this.told = told;
    this.details = new Details(folder);
  }

  /** A directory that is a member. */
  private static final class Level {

    private final RawPath path;

    /** Absent: there is no such directory in the folder. */
    private final @Nullable Fd directory;

    private final @Nullable FileStatus status;
    private final Listing names;

    /** Those of {@link #names} that are, or are on the way to, members. */
    private final BitSet seen = new BitSet();

    /** The first one of which nobody was told whether it was added. */
    private int next;

    Level(RawPath path, @Nullable Fd directory, @Nullable FileStatus status, Listing names) {
      this.path = path;
      this.directory = directory;
      this.status = status;
      this.names = names;
    }

    /** Where the name is, or would be. */
    int see(RawPath name) {
      int at = names.indexOf(name);
      if (at < 0) {
        return -1 - at;
      }
      seen.set(at);
      return at;
    }
  }

  /**
   * Compares a member.
   *
   * @param content its data; absent: not compared
   * @throws IOException if the archive can't be read
   */
  public void add(Expected member, @Nullable Content content) throws IOException {
    members++;
    while (!levels.isEmpty() && !member.name().startsWith(levels.getLast().path)) {
      leave();
    }
    if (member.name().isEmpty()) {
      compareFolder(member);
      return;
    }
    Level within = levels.peekLast();
    if (within != null) {
      int at = within.see(firstBelow(within.path, member.name()));
      if (inOrder) {
        tellAddedBefore(within, at);
      }
      if (within.path.equals(member.name().parent())) {
        if (within.directory == null) {
          removed(member);
        } else {
          compare(within.directory, member, content);
        }
        return;
      }
    }
    compareElsewhere(member, content);
  }

  private static RawPath firstBelow(RawPath ancestor, RawPath path) {
    byte[] below = path.relativeTo(ancestor).toBytes();
    int end = 0;
    while (end < below.length && below[end] != '/') {
      end++;
    }
    return RawPath.copyOf(Arrays.copyOf(below, end));
  }

  private void compareFolder(Expected member) throws IOException {
    try {
      FileStatus status = folder.status();
      tell(member, details.of(member, folder, RawPath.EMPTY, status, null));
      levels.addLast(new Level(RawPath.EMPTY, folder, status, folder.list()));
    } catch (ErrnoException e) {
      unreadable(member.name(), e);
    }
  }

  /** Of a member whose directory is none: it is one of the folders that the archive is of. */
  private void compareElsewhere(Expected member, @Nullable Content content) throws IOException {
    RawPath parent = member.name().parent();
    Fd directory;
    try {
      directory = folder.openBeneath(parent.isEmpty() ? HERE : parent, Fd.Use.LOCATE);
    } catch (ErrnoException e) {
      if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
        removed(member);
      } else {
        unreadable(member.name(), e);
        enterNothing(member);
      }
      return;
    }
    try (directory) {
      compare(directory, member, content);
    }
  }

  private void compare(Fd directory, Expected member, @Nullable Content content)
      throws IOException {
    RawPath name = member.name().fileName();
    FileStatus status;
    try {
      status = directory.statusAt(name);
      tell(member, details.of(member, directory, name, status, content));
    } catch (ErrnoException e) {
      // A name that is too long for this filesystem is not there either.
      if (e.is(Errno.ENOENT) || e.is(Errno.ENAMETOOLONG)) {
        removed(member);
      } else {
        unreadable(member.name(), e);
        enterNothing(member);
      }
      return;
    }
    if (member.type() != TarMember.Type.DIRECTORY) {
      if (status.isDirectory()) {
        addedIn(directory, status, member.name());
      }
      return;
    }
    if (status.isDirectory()) {
      enter(directory, name, member.name(), status);
    } else {
      enterNothing(member);
    }
  }

  private void enter(Fd parent, RawPath name, RawPath path, FileStatus status) {
    Fd directory = null;
    try {
      directory = parent.openBeneath(name, Fd.Use.DIRECTORY);
      levels.addLast(new Level(path, directory, status, directory.list()));
    } catch (ErrnoException e) {
      if (directory != null) {
        directory.close();
      }
      unreadable(path, e);
      levels.addLast(new Level(path, null, null, Listing.EMPTY));
    }
  }

  /** All that is in it is missing, too. */
  private void enterNothing(Expected member) {
    if (member.type() == TarMember.Type.DIRECTORY) {
      levels.addLast(new Level(member.name(), null, null, Listing.EMPTY));
    }
  }

  private void removed(Expected member) {
    told.accept(new Difference(Change.REMOVED, member.name(), List.of()));
    enterNothing(member);
  }

  private void tell(Expected member, List<Detail> differing) {
    if (!differing.isEmpty()) {
      told.accept(new Difference(Change.CHANGED, member.name(), differing));
    }
  }

  private void unreadable(RawPath path, ErrnoException e) {
    String why = e.getMessage() == null ? e.toString() : e.getMessage();
    told.accept(new Difference(Change.UNREADABLE, path, List.of(new Detail("error", "", why))));
  }

  // What isn't in the archive

  private void tellAddedBefore(Level level, int end) {
    Fd directory = level.directory;
    FileStatus status = level.status;
    if (directory == null || status == null || leftOut.contains(level.path)) {
      return;
    }
    for (; level.next < end; level.next++) {
      if (!level.seen.get(level.next)) {
        added(directory, status, level.path.resolve(level.names.name(level.next)));
      }
    }
  }

  private void added(Fd directory, FileStatus around, RawPath path) {
    if (leftOut.contains(path)) {
      return;
    }
    try {
      FileStatus status = directory.statusAt(path.fileName());
      if (status.type() == FileStatus.Type.SOCKET) {
        // No archive has any.
        return;
      }
      told.accept(new Difference(Change.ADDED, path, List.of()));
      if (status.isDirectory() && isOnSameFilesystem(around, status)) {
        addedIn(directory, status, path);
      }
    } catch (ErrnoException e) {
      // What is gone again was not to stay.
      if (!e.is(Errno.ENOENT)) {
        unreadable(path, e);
      }
    }
  }

  private void addedIn(Fd parent, FileStatus status, RawPath path) {
    try (Fd directory = parent.openBeneath(path.fileName(), Fd.Use.DIRECTORY)) {
      Listing names = directory.list();
      for (int i = 0; i < names.size(); i++) {
        added(directory, status, path.resolve(names.name(i)));
      }
    } catch (ErrnoException e) {
      if (!e.is(Errno.ENOENT)) {
        unreadable(path, e);
      }
    }
  }

  /** A snapshot of the subvolume, for instance, would be all of it again. */
  private static boolean isOnSameFilesystem(FileStatus one, FileStatus other) {
    return one.id().device().equals(other.id().device()) && one.mount() == other.mount();
  }

  private void leave() {
    Level level = levels.removeLast();
    tellAddedBefore(level, level.names.size());
    close(level);
  }

  private void close(Level level) {
    if (level.directory != null && level.directory != folder) {
      level.directory.close();
    }
  }

  /**
   * Tells of what was added behind the last member.
   *
   * @return how many members were compared
   */
  public long finish() {
    while (!levels.isEmpty()) {
      leave();
    }
    return members;
  }

  @Override
  public void close() {
    levels.forEach(this::close);
    levels.clear();
  }
}
