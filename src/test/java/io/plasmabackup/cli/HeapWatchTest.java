package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HeapWatchTest {

  private static final int LARGE = 128 << 20;

  @Test
  void whatIsDeadDoesNotStayWhereNothingElseAsksForMemory() throws InterruptedException {
    WeakReference<byte[]> dead = new WeakReference<>(new byte[LARGE]);
    try (HeapWatch _ = HeapWatch.start()) {
      Instant end = Instant.now().plus(Duration.ofSeconds(30));
      while (dead.get() != null && Instant.now().isBefore(end)) {
        Thread.sleep(20);
      }
    }
    assertThat(dead.get()).isNull();
  }
}
