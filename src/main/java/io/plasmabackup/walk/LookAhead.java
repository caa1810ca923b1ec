package io.plasmabackup.walk;

import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads the folders that a walk of a snapshot comes to next, in the walk's order, while it is still
 * busy with earlier ones: a disk that is asked for one piece at a time is idle most of the time.
 * What can't be read ahead, for whatever reason, is left to the walk, which fails if it gets there
 * and it fails again.
 */
final class LookAhead {

  private static final int THREADS = 8;

  /** So many are open, or being opened, before the walk has come to them. */
  private static final int MAX_FOLDERS = 64;

  /**
   * So many names the folders may have that the walk hasn't come to: with all about their files.
   */
  private static final int MAX_NAMES = 8 * 1024;

  /**
   * Of a folder that is read ahead: so that all of them don't take up much memory. On btrfs a
   * folder's size is twice the bytes of its names.
   */
  private static final long MAX_SIZE = 64 * 1024;

  private final WalkRules rules;
  private final InodeReader inodes;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().daemon().name("look-ahead-", 0).factory());

  /** Guards all that follows, and what changes in a {@link Place}. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition loaded = lock.newCondition();

  /** Which no thread is using. */
  private final Deque<InodeReader> idle = new ArrayDeque<>();

  /** Where the walk is. */
  private @Nullable Place current;

  /** What the walk waits for. */
  private @Nullable Place awaited;

  /** Threads at work. */
  private int loading;

  private int unclaimed;
  private int unclaimedNames;
  private boolean stopped;

  /** Unexpected: then threads may have left places as they were. */
  private @Nullable Throwable failure;

  private LookAhead(WalkRules rules, InodeReader inodes) {
    this.rules = rules;
    this.inodes = inodes;
  }

  /**
   * Begins to look ahead from a snapshot's root, or wherever the walk of it begins.
   *
   * @param folder stays open until {@link Place#close}
   * @return the walk's first place, with which all ends
   */
  static Place from(WalkRules rules, InodeReader inodes, RawPath name, OpenFolder folder) {
    LookAhead ahead = new LookAhead(rules, inodes);
    Place root = ahead.new Place(null, 0, name);
    root.enter(folder);
    return root;
  }

  /** Wakes threads, as many as there is something to read for. */
  private void fill() {
    try {
      while (loading < THREADS) {
        Place first = start();
        if (first == null) {
          return;
        }
        InodeReader reader = idle.isEmpty() ? inodes.another() : idle.pop();
        threads.execute(() -> load(first, reader));
        loading++;
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /** Wakes threads for more than a single folder: waking them costs as much as reading one. */
  private void refill() {
    if (unclaimed <= MAX_FOLDERS / 2 && unclaimedNames <= MAX_NAMES / 2) {
      fill();
    }
  }

  /** What is to be read next, in the walk's order; null if there is nothing, or enough is read. */
  private @Nullable Place start() {
    if (stopped || failure != null || unclaimed >= MAX_FOLDERS || unclaimedNames >= MAX_NAMES) {
      return null;
    }
    for (Place place = current; place != null; place = place.parent) {
      Place started = place.start();
      if (started != null) {
        unclaimed++;
        return started;
      }
    }
    return null;
  }

  private void load(Place first, InodeReader reader) {
    Place place = first;
    try {
      while (place != null) {
        OpenFolder folder = null;
        try {
          folder = place.read(reader);
        } catch (ErrnoException e) {
          // The walk finds out itself, if it gets there.
        }
        place = loaded(place, folder, reader);
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  /** Returns what the same thread is to read next; null if it is to rest. */
  private @Nullable Place loaded(Place place, @Nullable OpenFolder folder, InodeReader reader) {
    lock.lock();
    try {
      place.loading = false;
      place.folder = folder;
      unclaimedNames += place.names();
      Place next = start();
      if (next == null) {
        idle.push(reader);
        loading--;
      } else {
        fill();
      }
      if (awaited == place || stopped || failure != null) {
        loaded.signal();
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a thread. */
  private void fail(Throwable unexpected) {
    lock.lock();
    try {
      failure = unexpected;
      loading--;
      loaded.signal();
    } finally {
      lock.unlock();
    }
  }

  /** What no folder can be blamed for ends the walk. */
  private void check() {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /**
   * A folder that the walk is in, or will come to. The methods that aren't private are for the
   * walk's thread.
   */
  final class Place {

    private final @Nullable Place parent;
    private final int index;
    private final RawPath name;

    /** Those that have been started and not been claimed, in the walk's order. */
    private final Deque<Place> below = new ArrayDeque<>();

    private boolean loading;

    /** Null while it is being read, and when it couldn't be. */
    private @Nullable OpenFolder folder;

    /** Of the names: the first that wasn't started and hasn't been passed by. */
    private int next;

    /**
     * Begins without a folder.
     *
     * @param index in the parent's listing
     */
    private Place(@Nullable Place parent, int index, RawPath name) {
      this.parent = parent;
      this.index = index;
      this.name = name;
    }

    private int names() {
      return folder == null ? 0 : folder.names().size();
    }

    /** The first place, in the walk's order, that is to be read; null if there is none. */
    private @Nullable Place start() {
      if (folder == null) {
        return null;
      }
      for (Place place : below) {
        Place started = place.start();
        if (started != null) {
          return started;
        }
      }
      Listing names = folder.names();
      while (next < names.size()) {
        int at = next++;
        if (!names.isNoDirectory(at)) {
          RawPath path = name.resolve(names.name(at));
          if (rules.exclusions().match(path, true).isEmpty()) {
            Place started = new Place(this, at, path);
            started.loading = true;
            below.add(started);
            return started;
          }
        }
      }
      return null;
    }

    private @Nullable OpenFolder read(InodeReader reader) throws ErrnoException {
      // Neither can be closed or left meanwhile.
      if (parent == null || parent.folder == null) {
        throw new IllegalStateException("nothing to find it in");
      }
      Fd directory = parent.folder.directory();
      RawPath fileName = name.fileName();
      FileStatus status = directory.statusAt(fileName);
      if (!status.isDirectory()
          || status.size() > MAX_SIZE
          || (rules.noDump() && status.isNoDump())) {
        return null;
      }
      return OpenFolder.read(status, directory.openAt(fileName, Fd.Use.DIRECTORY), reader);
    }

    /**
     * Passes by what comes before a name, and waits for it if it is being read.
     *
     * @param at in the listing, ascending from call to call
     * @return null if it isn't there; else to be claimed, or to be passed by
     */
    @Nullable Place at(int at) {
      lock.lock();
      try {
        check();
        while (!below.isEmpty() && below.peek().index < at) {
          drop(below.remove());
        }
        next = Math.max(next, at + 1);
        Place place = below.peek();
        if (place == null || place.index != at) {
          return null;
        }
        place.await();
        check();
        if (place.folder == null) {
          drop(below.remove());
          return null;
        }
        return place;
      } finally {
        lock.unlock();
      }
    }

    private void await() {
      awaited = this;
      while (loading && failure == null) {
        loaded.awaitUninterruptibly();
      }
      awaited = null;
    }

    /** What has been read; to be closed by who has claimed it. */
    OpenFolder folder() {
      if (folder == null) {
        throw new IllegalStateException("not read: " + name);
      }
      return folder;
    }

    /** Enters this place: from now on the walk closes the folder. */
    OpenFolder claim() {
      lock.lock();
      try {
        if (parent == null || parent.below.poll() != this) {
          throw new IllegalStateException("not next: " + name);
        }
        unclaimed--;
        unclaimedNames -= names();
        current = this;
        refill();
        return folder();
      } finally {
        lock.unlock();
      }
    }

    /**
     * Enters a folder below that the walk has read itself.
     *
     * @param folder stays open until {@link #close}
     */
    Place enter(int at, RawPath path, OpenFolder folder) {
      Place place = new Place(this, at, path);
      place.enter(folder);
      return place;
    }

    private void enter(OpenFolder entered) {
      lock.lock();
      try {
        folder = entered;
        current = this;
        refill();
      } finally {
        lock.unlock();
      }
    }

    /**
     * Leaves this place, before its folder is closed; nobody is using that any more then. With the
     * first place all threads end.
     */
    void close() {
      lock.lock();
      try {
        next = Integer.MAX_VALUE;
        current = parent;
        stopped |= parent == null;
        while ((stopped || failure != null) && LookAhead.this.loading > 0) {
          loaded.awaitUninterruptibly();
        }
        while (!below.isEmpty()) {
          drop(below.remove());
        }
      } finally {
        lock.unlock();
      }
      if (parent == null) {
        threads.close();
      }
    }

    /** Closes what was read in vain. */
    private void drop(Place place) {
      place.next = Integer.MAX_VALUE;
      place.await();
      while (!place.below.isEmpty()) {
        drop(place.below.remove());
      }
      unclaimedNames -= place.names();
      if (place.folder != null) {
        place.folder.close();
      }
      unclaimed--;
    }
  }
}
