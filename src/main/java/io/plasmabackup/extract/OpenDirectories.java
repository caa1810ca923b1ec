package io.plasmabackup.extract;

import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The directories from the folder down to where members are being made, open, so that nothing that
 * happens to a path meanwhile leads elsewhere. All that is made in a directory is made in one lane
 * of the crew, in the archive's order. A directory gets its permissions and times when what is in
 * it is complete: in its lane, once a member comes that belongs elsewhere.
 */
final class OpenDirectories implements AutoCloseable {

  /** Until a directory is complete, nobody else has any business there. */
  private static final int PRIVATE = 0700;

  /** Of a directory that is there for what is in it, and isn't a member itself. */
  private static final int USUAL = 0755;

  private final Level root;
  private final MetadataSetter metadata;
  private final Tally tally;
  private final Crew crew;

  /** Each within the one before; the first is in the root. */
  private final Deque<Level> levels = new ArrayDeque<>();

  /** Directories that were left, and in which something may yet be to be done. */
  private final SequencedSet<RawPath> left = new LinkedHashSet<>();

  /** A directory below the folder, or the folder itself. */
  static final class Level {

    /** So many names are remembered at most. */
    private static final int MOST_NAMES = 100_000;

    private final RawPath path;
    private final Fd directory;
    private final boolean created;

    /** What it is in; null of the folder itself. */
    private final @Nullable Level parent;

    /** {@link #isPlain}; null until it is asked for. */
    private volatile @Nullable Boolean plain;

    private final int lane;
    private final Set<RawPath> names = new HashSet<>();

    /** Those of them that look like ours. */
    private final Set<RawPath> lookalikes = ConcurrentHashMap.newKeySet();

    /** What it is to get when it is complete, if it is a member. */
    private @Nullable TarMember member;

    private Level(RawPath path, Fd directory, boolean created, @Nullable Level parent, int lane) {
      this.path = path;
      this.directory = directory;
      this.created = created;
      this.parent = parent;
      this.lane = lane;
    }

    /** Below the folder. */
    RawPath path() {
      return path;
    }

    Fd directory() {
      return directory;
    }

    /**
     * Whether what is created in it gets nothing from it: {@link MetadataSetter#isPlain}. What a
     * directory passes on, it has from its parent itself.
     */
    boolean isPlain() {
      Boolean known = plain;
      if (known == null) {
        known = parent == null ? MetadataSetter.isPlain(directory) : created && parent.isPlain();
        plain = known;
      }
      return known;
    }

    /** Of the crew, for all that is made in it. */
    int lane() {
      return lane;
    }
  }

  /**
   * Below a folder.
   *
   * @param folder stays the caller's
   * @param own whether the folder is ours, and gets what a member that stands for it says
   * @param crew stays the caller's
   */
  OpenDirectories(Fd folder, boolean own, MetadataSetter metadata, Tally tally, Crew crew) {
    this.root = new Level(RawPath.EMPTY, folder, own, null, crew.laneOf(RawPath.EMPTY));
    this.metadata = metadata;
    this.tally = tally;
    this.crew = crew;
  }

  /** The folder itself. */
  Fd folder() {
    return root.directory;
  }

  /**
   * Notes that something is to be made in a directory, and waits if something of that name is being
   * made there already.
   *
   * @return whether nothing of that name can be there
   */
  boolean claim(Level parent, RawPath name) throws ErrnoException {
    if (TemporaryName.is(name)) {
      parent.lookalikes.add(name);
    }
    if (!parent.names.add(name)) {
      crew.await();
      return false;
    }
    if (parent.names.size() > Level.MOST_NAMES) {
      // What is done is found on the disk.
      crew.await();
      parent.names.clear();
    }
    return parent.created;
  }

  /**
   * The directory at {@code path}, made if it isn't there, along with those on the way.
   *
   * @throws Refusal if something else is there, or on the way: a link above all
   */
  Level at(RawPath path) throws ErrnoException, Refusal {
    return at(path, USUAL);
  }

  /**
   * Likewise.
   *
   * @param mode of the last one, if it is made, until it is complete
   */
  private Level at(RawPath path, int mode) throws ErrnoException, Refusal {
    Level level = levels.isEmpty() ? root : levels.getLast();
    if (level.path.equals(path)) {
      return level;
    }
    leaveFor(path);
    level = levels.isEmpty() ? root : levels.getLast();
    while (level.path.length() < path.length()) {
      RawPath below = path.relativeTo(level.path);
      byte[] rest = below.toBytes();
      int end = 0;
      while (end < rest.length && rest[end] != '/') {
        end++;
      }
      level =
          enter(level, RawPath.copyOf(Arrays.copyOf(rest, end)), end == rest.length ? mode : USUAL);
      levels.addLast(level);
    }
    return level;
  }

  /** The directory at {@code path} is a member, too. */
  void add(RawPath path, TarMember member) throws ErrnoException, Refusal {
    Level level = at(path, PRIVATE);
    if (level != root || root.created) {
      level.member = member;
    }
  }

  private Level enter(Level parent, RawPath name, int mode) throws ErrnoException, Refusal {
    RawPath path = parent.path.resolve(name);
    if (parent.names.contains(name) || left.contains(path)) {
      // Perhaps a link of that name is just being made, or something in the directory.
      crew.await();
      left.clear();
    }
    boolean created = parent.created && make(parent, name, mode);
    boolean tried = parent.created;
    while (true) {
      try {
        Fd directory = parent.directory.openBeneath(name, Fd.Use.DIRECTORY);
        return new Level(path, directory, created, parent, crew.laneOf(path));
      } catch (ErrnoException e) {
        if (e.is(Errno.ELOOP) || e.is(Errno.ENOTDIR)) {
          throw new Refusal("belongs where there is a link or a file instead of a folder: " + path);
        }
        if (!e.is(Errno.ENOENT) || tried) {
          throw e;
        }
      }
      created = make(parent, name, mode);
      tried = true;
    }
  }

  /** False if something was there already, so that it isn't ours. */
  private static boolean make(Level parent, RawPath name, int mode) throws ErrnoException {
    try {
      parent.directory.makeDirectoryAt(name, mode);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST)) {
        return false;
      }
      throw e;
    }
  }

  /** Leaves all directories that {@code path} is not in, and isn't itself. */
  private void leaveFor(RawPath path) throws ErrnoException {
    while (!levels.isEmpty() && !path.startsWith(levels.getLast().path)) {
      leave();
    }
  }

  private void leave() throws ErrnoException {
    Level level = levels.removeLast();
    left.add(level.path);
    if (left.size() > Crew.MOST_WAITING) {
      left.removeFirst();
    }
    crew.submit(
        level.lane,
        0,
        new Crew.Task() {
          @Override
          public void run() throws ErrnoException {
            try (Fd directory = level.directory) {
              complete(level, directory);
            }
          }

          @Override
          public void drop() {
            level.directory.close();
          }
        });
  }

  private void complete(Level level, Fd directory) throws ErrnoException {
    TarMember member = level.member;
    try {
      if (!level.created) {
        Leftovers.remove(directory, level.lookalikes);
      }
      if (member != null) {
        Created owner = metadata.created(member, () -> level != root && level.isPlain());
        metadata.set(directory, member, new Created(owner.owner(), false));
      } else if (level.created && level != root) {
        Changes.setPermissions(directory, USUAL);
      }
    } catch (ErrnoException e) {
      if (FilesystemFailure.is(e)) {
        throw e;
      }
      tally.incomplete(level.path, e.getMessage());
    }
  }

  /** Completes all directories. */
  void finish() throws ErrnoException {
    while (!levels.isEmpty()) {
      leave();
    }
    crew.await();
    complete(root, root.directory);
  }

  /** After the crew has ended. */
  @Override
  public void close() {
    levels.forEach(level -> level.directory.close());
    levels.clear();
  }
}
