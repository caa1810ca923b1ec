package io.plasmabackup.cli;

/**
 * Keeps Java's heap near what is alive in it: the serial collector would rather take more memory
 * from the system than look for what is dead among what has lived for a while, up to a quarter of
 * the machine's. What has to be kept may still take as much as that.
 */
final class HeapWatch implements AutoCloseable {

  private static final int PERIOD_MILLIS = 100;

  /** Nobody minds so much. */
  private static final long LEAST_BYTES = 96L << 20;

  private final Thread thread =
      Thread.ofPlatform().daemon().name("heap-watch").unstarted(this::run);

  private HeapWatch() {}

  static HeapWatch start() {
    HeapWatch watch = new HeapWatch();
    watch.thread.start();
    return watch;
  }

  private void run() {
    long limit = LEAST_BYTES;
    try {
      while (true) {
        Thread.sleep(PERIOD_MILLIS);
        if (used() > limit) {
          System.gc();
          limit = Math.max(LEAST_BYTES, 2 * used());
        }
      }
    } catch (InterruptedException closed) {
      // There is no more to do.
    }
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
