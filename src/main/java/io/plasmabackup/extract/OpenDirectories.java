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
import org.jspecify.annotations.Nullable;

/**
 * The directories from the folder down to where members are being made, open, so that nothing that
 * happens to a path meanwhile leads elsewhere. A directory gets its permissions and times when what
 * is in it is complete, which is when a member comes that belongs elsewhere.
 */
final class OpenDirectories implements AutoCloseable {

  /** Until a directory is complete, nobody else has any business there. */
  private static final int PRIVATE = 0700;

  /** Of a directory that is there for what is in it, and isn't a member itself. */
  private static final int USUAL = 0755;

  private final Level root;
  private final MetadataSetter metadata;

  /** Each within the one before; the first is in the root. */
  private final Deque<Level> levels = new ArrayDeque<>();

  /**
   * A directory below the folder, or the folder itself.
   *
   * @param path below the folder
   * @param created whether it was made here, and is empty but for what was put there
   */
  record Level(RawPath path, Fd directory, boolean created) {}

  /** What the last of {@link #levels} and so on are to get, if they are members. */
  private final Deque<Pending> pending = new ArrayDeque<>();

  /** A record can't have null, nor a deque. */
  private static final class Pending {
    private @Nullable TarMember member;
  }

  /**
   * Below a folder.
   *
   * @param folder stays the caller's
   * @param own whether the folder is ours, and gets what a member that stands for it says
   */
  OpenDirectories(Fd folder, boolean own, MetadataSetter metadata) {
    this.root = new Level(RawPath.EMPTY, folder, own);
    this.metadata = metadata;
  }

  /** What stands for the folder itself is to be set in the end. */
  private final Pending ofRoot = new Pending();

  /** The folder itself. */
  Fd folder() {
    return root.directory();
  }

  /**
   * The directory at {@code path}, made if it isn't there, along with those on the way.
   *
   * @throws Refusal if something else is there, or on the way: a link above all
   */
  Level at(RawPath path) throws ErrnoException, Refusal {
    leaveFor(path);
    Level level = levels.isEmpty() ? root : levels.getLast();
    while (level.path().length() < path.length()) {
      RawPath below = path.relativeTo(level.path());
      byte[] rest = below.toBytes();
      int end = 0;
      while (end < rest.length && rest[end] != '/') {
        end++;
      }
      level = enter(level, RawPath.copyOf(Arrays.copyOf(rest, end)));
      levels.addLast(level);
      pending.addLast(new Pending());
    }
    return level;
  }

  /** The directory at {@code path} is a member, too. */
  void add(RawPath path, TarMember member) throws ErrnoException, Refusal {
    at(path);
    if (!path.isEmpty()) {
      pending.getLast().member = member;
    } else if (root.created()) {
      ofRoot.member = member;
    }
  }

  private static Level enter(Level parent, RawPath name) throws ErrnoException, Refusal {
    RawPath path = parent.path().resolve(name);
    boolean created = false;
    while (true) {
      try {
        return new Level(path, parent.directory().openBeneath(name, Fd.Use.DIRECTORY), created);
      } catch (ErrnoException e) {
        if (e.is(Errno.ELOOP) || e.is(Errno.ENOTDIR)) {
          throw new Refusal("belongs where there is a link or a file instead of a folder: " + path);
        }
        if (!e.is(Errno.ENOENT) || created) {
          throw e;
        }
      }
      try {
        parent.directory().makeDirectoryAt(name, PRIVATE);
        created = true;
      } catch (ErrnoException e) {
        // Somebody else was faster; then it isn't ours.
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
    }
  }

  /** Completes all directories that {@code path} is not in, and isn't itself. */
  private void leaveFor(RawPath path) throws ErrnoException {
    while (!levels.isEmpty() && !path.startsWith(levels.getLast().path())) {
      leave();
    }
  }

  private void leave() throws ErrnoException {
    TarMember member = pending.removeLast().member;
    Level level = levels.removeLast();
    try (Fd directory = level.directory()) {
      if (member != null) {
        metadata.set(directory, member);
      } else if (level.created()) {
        Changes.setPermissions(directory, USUAL);
      }
    }
  }

  /** Completes all directories. */
  void finish() throws ErrnoException {
    while (!levels.isEmpty()) {
      leave();
    }
    TarMember member = ofRoot.member;
    if (member != null) {
      metadata.set(root.directory(), member);
    }
  }

  @Override
  public void close() {
    levels.forEach(level -> level.directory().close());
    levels.clear();
  }
}
