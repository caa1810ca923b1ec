package io.plasmabackup.linux;

import java.io.IOException;

/** A system call that failed: which, on what, and the kernel's reason. */
public final class ErrnoException extends IOException {

  private final String operation;
  private final String subject;
  private final Errno errno;

  /**
   * @param operation what was to be done, in words that stand before the subject: "open", "create
   *     snapshot"
   * @param subject on what, for people
   */
  public ErrnoException(String operation, String subject, Errno errno) {
    this.operation = operation;
    this.subject = subject;
    this.errno = errno;
  }

  /** Never null, unlike other exceptions'. */
  @Override
  public String getMessage() {
    return "cannot " + operation + " " + subject + ": " + errno;
  }

  public String operation() {
    return operation;
  }

  public String subject() {
    return subject;
  }

  public Errno errno() {
    return errno;
  }

  public boolean is(Errno other) {
    return errno.equals(other);
  }
}
