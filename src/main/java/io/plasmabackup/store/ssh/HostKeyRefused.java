package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The server is not known to be the right one: nothing that trying again could change. */
public final class HostKeyRefused extends Failure {

  private static final long serialVersionUID = 1;

  // Whoever catches it is in the same process.
  private final transient @Nullable UnknownHostKey unknown;

  HostKeyRefused(String message) {
    this(message, null);
  }

  HostKeyRefused(String message, @Nullable UnknownHostKey unknown) {
    super(ExitCode.CONNECTION, message);
    this.unknown = unknown;
  }

  /**
   * The server's key, if nothing is known of that server; empty if it is another one than known.
   */
  public Optional<UnknownHostKey> unknown() {
    return Optional.ofNullable(unknown);
  }
}
