package io.plasmabackup;

import java.util.Objects;
import java.util.Optional;

/**
 * Something that ends a command and that its user must read. The message is one line: what failed,
 * on what, why, and what to do about it. It never holds a secret. Everything that a user can run
 * into is thrown as a {@code Failure}; any other exception that reaches {@code main} is a defect
 * ({@link ExitCode#INTERNAL}).
 */
public class Failure extends Exception {

  private final ExitCode exitCode;

  public Failure(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public Failure(ExitCode exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** What an exception was thrown for, where that is a failure: through a stream, for instance. */
  public static Optional<Failure> behind(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Failure failure) {
        return Optional.of(failure);
      }
    }
    return Optional.empty();
  }

  /** How the command ends if nobody handles this. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
