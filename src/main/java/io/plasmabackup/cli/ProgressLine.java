package io.plasmabackup.cli;

import io.plasmabackup.archive.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far the archive has got: a line that moves on a terminal, now and then a plain one elsewhere.
 */
interface ProgressLine extends Progress, AutoCloseable {

  @Override
  void close();

  /**
   * Starts one.
   *
   * @param total bytes of the whole archive
   */
  static ProgressLine start(Log log, long total) {
    return isTerminal() ? new OnTerminal(total) : new InLog(log, total);
  }

  private static boolean isTerminal() {
    try {
      // Java knows only whether both input and output are terminals; the line goes to stderr.
      String stderr = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return stderr.startsWith("/dev/pts/")
          || stderr.startsWith("/dev/tty")
          || stderr.equals("/dev/console");
    } catch (IOException noProc) {
      return false;
    }
  }

  /** A library's line, on stderr. */
  final class OnTerminal implements ProgressLine {

    private final ProgressBar bar;

    OnTerminal(long total) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("archive")
              .setInitialMax(total)
              .setUnit(" B", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .setSpeedUnit(ChronoUnit.SECONDS)
              .showSpeed()
              .build();
    }

    @Override
    public void stored(long bytes) {
      bar.stepTo(bytes);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  /** A line every half a minute. */
  final class InLog implements ProgressLine {

    private static final Duration INTERVAL = Duration.ofSeconds(30);

    private final Log log;
    private final long total;
    private final long start = System.nanoTime();
    private long nextLine = INTERVAL.toNanos();

    InLog(Log log, long total) {
      this.log = log;
      this.total = total;
    }

    @Override
    public void stored(long bytes) {
      long elapsed = System.nanoTime() - start;
      if (elapsed < nextLine || bytes == 0) {
        return;
      }
      nextLine = elapsed + INTERVAL.toNanos();
      double perSecond = bytes / (elapsed / 1e9);
      Duration left = Duration.ofSeconds((long) ((total - bytes) / perSecond));
      log.info(
          String.format(
              Locale.ROOT,
              "%,d of %,d bytes (%d %%), %s/s, %d:%02d:%02d left",
              bytes,
              total,
              total == 0 ? 100 : bytes * 100 / total,
              Sizes.rounded((long) perSecond),
              left.toHours(),
              left.toMinutesPart(),
              left.toSecondsPart()));
    }

    @Override
    public void close() {
      // Nothing is left on the screen.
    }
  }
}
