package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much of the processors and of the disks this process gets beside others. Linux keeps both for
 * each thread, and a new one begins with those of the thread that starts it; so does a child
 * process.
 */
public final class Priority {

  private static final Path THREADS = Path.of("/proc/self/task");

  private Priority() {}

  /** Which requests to the disks are served first: {@code ioprio_set(2)}. */
  public enum Disk {
    /** When nobody else has used the disk for a while. */
    IDLE,
    /** After those of others: the lowest of the usual levels. */
    LOW,
    /** As everybody's. */
    NORMAL;

    int value() {
      return switch (this) {
        case IDLE -> Native.IOPRIO_CLASS_IDLE() << Native.IOPRIO_CLASS_SHIFT();
        case LOW -> (Native.IOPRIO_CLASS_BE() << Native.IOPRIO_CLASS_SHIFT()) | LOWEST_LEVEL;
        case NORMAL -> (Native.IOPRIO_CLASS_BE() << Native.IOPRIO_CLASS_SHIFT()) | USUAL_LEVEL;
      };
    }

    /** IOPRIO_NR_LEVELS - 1 and IOPRIO_NORM of linux/ioprio.h. */
    private static final int LOWEST_LEVEL = 7;

    private static final int USUAL_LEVEL = 4;
  }

  /**
   * Sets the processor's share of all threads that there are: {@code setpriority(2)}.
   *
   * @param nice from -20, the most, to 19, the least
   */
  public static void processor(int nice) throws IOException {
    ofAllThreads(
        "set the nice value of",
        (errno, thread) -> LibC.setpriority(errno, Native.PRIO_PROCESS(), thread, nice));
  }

  /** Sets the disks' share of all threads that there are. */
  public static void disk(Disk priority) throws IOException {
    long call = Platform.current().sysIoprioSet();
    ofAllThreads(
        "set the I/O priority of",
        (errno, thread) ->
            LibC.ioprioSet(errno, call, Native.IOPRIO_WHO_PROCESS(), thread, priority.value()));
  }

  private interface Setting {
    long of(MemorySegment errno, int thread);
  }

  private static void ofAllThreads(String operation, Setting setting) throws IOException {
    Scratch scratch = Scratch.get();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        if (setting.of(scratch.state, Integer.parseInt(thread.getFileName().toString())) < 0
            // It has ended meanwhile.
            && !scratch.errno().equals(Errno.ESRCH)) {
          throw new ErrnoException(operation, "this process", scratch.errno());
        }
      }
    }
  }
}
