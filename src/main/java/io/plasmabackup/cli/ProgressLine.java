package io.plasmabackup.cli;

import io.plasmabackup.archive.Progress;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/**
 * How far the archive has got: a line that moves on a terminal, now and then a plain one elsewhere.
 */
interface ProgressLine extends Progress, AutoCloseable {

  @Override
  void close();

  /**
   * Starts one.
   *
   * @param total bytes of the whole archive, before compression
   */
  static ProgressLine start(Log log, long total) {
    // Java knows only whether both input and output are terminals; the line goes to stderr.
    return Terminal.is(2) ? new OnTerminal(log, total) : new InLog(log, total);
  }

  /** A library's line, which makes way for those of the log. */
  final class OnTerminal implements ProgressLine {

    private final ProgressBar bar;

    OnTerminal(Log log, long total) {
      bar =
          new ProgressBarBuilder()
              .setInitialMax(total)
              .setUpdateIntervalMillis(200)
              .setRenderer((state, columns) ->
                  new Pace(state.getCurrent(), total, state.getTotalElapsed()).line(columns))
              .setConsumer(new LastLine(log))
              .build();
    }

    @Override
    public void packed(long bytes) {
      bar.stepTo(bytes);
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  /** The last line on the terminal, as wide as that is. */
  final class LastLine extends ConsoleProgressBarConsumer {

    private final Log log;

    LastLine(Log log) {
      super(System.err);
      this.log = log;
    }

    @Override
    public void accept(String line) {
      log.draw(line);
    }

    @Override
    public void close() {
      log.keepDrawn();
    }
  }

  /** A line every half a minute. */
  final class InLog implements ProgressLine {

    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final Duration STATUS_INTERVAL = Duration.ofSeconds(1);

    private final Log log;
    private final long total;
    private final long start = System.nanoTime();
    private long nextLine = INTERVAL.toNanos();
    private long nextStatus;

    InLog(Log log, long total) {
      this.log = log;
      this.total = total;
    }

    @Override
    public void packed(long bytes) {
      long elapsed = System.nanoTime() - start;
      if (elapsed < nextStatus) {
        return;
      }
      nextStatus = elapsed + STATUS_INTERVAL.toNanos();
      Pace pace = new Pace(bytes, total, Duration.ofNanos(elapsed));
      String line = pace.percent() + " %, " + pace.text();
      log.doing("archiving: " + line);
      if (elapsed >= nextLine) {
        nextLine = elapsed + INTERVAL.toNanos();
        log.info(line);
      }
    }

    @Override
    public void close() {
      // Nothing is left on the screen.
    }
  }
}
