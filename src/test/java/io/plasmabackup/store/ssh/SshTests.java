package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What the tests of this package share. */
final class SshTests {

  private SshTests() {}

  /** A home with nothing in it: no configuration, no keys, no agent, no {@code ssh} to ask. */
  static SshEnvironment nothingAround(Path home) {
    return new SshEnvironment(
        home,
        SshdServer.user(),
        Optional.of(home.resolve(".ssh/config")),
        Optional.empty(),
        Optional.empty(),
        Duration.ofSeconds(10),
        Duration.ofSeconds(15),
        Bandwidth.UNLIMITED);
  }

  /** The server with everything said explicitly. */
  static SshTarget target(SshdServer server, Path identity, Path knownHosts) {
    return new SshTarget(
        server.host(),
        Optional.of(SshdServer.user()),
        OptionalInt.of(server.port()),
        Optional.of(identity),
        Optional.of(knownHosts));
  }

  /** Everything said explicitly, and nothing tried again. */
  static SshStore open(SshdServer server, Path folder) throws Failure {
    return open(server, server.remote(folder));
  }

  static SshStore open(SshdServer server, String folder) throws Failure {
    return SshStore.open(
        target(server, server.clientKey("ed25519"), server.knownHosts()),
        folder,
        nothingAround(server.directory()),
        Connections.AUTO,
        Duration.ZERO,
        false,
        note -> {});
  }

  /** Something that may be so, or not yet. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws Exception;
  }

  /** Waits until it is so. */
  static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  /** One clear line with {@code parts} in it, and this exit code. */
  static void assertFailure(ExitCode code, ThrowingCallable action, String... parts) {
    Failure failure = catchThrowableOfType(Failure.class, action);
    assertThat(failure).isNotNull();
    assertThat(failure.getMessage()).contains(parts).doesNotContain("\n", "Exception");
    assertThat(failure.exitCode()).isEqualTo(code);
  }

  static void assertConnectionFailure(ThrowingCallable action, String... parts) {
    assertFailure(ExitCode.CONNECTION, action, parts);
  }

  static void assertStorageFailure(ThrowingCallable action, String... parts) {
    assertFailure(ExitCode.STORAGE, action, parts);
  }
}
