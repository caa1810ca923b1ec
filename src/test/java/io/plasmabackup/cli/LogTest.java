package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LogTest {

  /** Both streams, as they meet on a terminal. */
  private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

  private final PrintStream stream = new PrintStream(terminal, true, StandardCharsets.UTF_8);
  private final Log log = new Log("command", stream, stream);

  private String written() {
    return terminal.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aDrawnLineMakesWayForOthers() {
    log.draw("10 %");
    log.draw("20 %");
    log.warn("odd");
    log.info("fine");
    log.draw("30 %");
    log.keepDrawn();
    log.info("done");

    assertThat(written())
        .isEqualTo(
            "\r10 %\033[K\r20 %\033[K\r\033[Kcommand: warning: odd\nfine\n\r30 %\033[K\ndone\n");
  }

  @Test
  void withNothingDrawnOnlyLinesAreWritten() {
    log.keepDrawn();
    log.info("fine");
    log.error("failed");

    assertThat(written()).isEqualTo("fine\ncommand: failed\n");
  }

  @Test
  void namesSteerNoTerminal() {
    log.info("left out: a\033[2J\nb");

    assertThat(written()).hasLineCount(1).doesNotContain("\033");
  }
}
