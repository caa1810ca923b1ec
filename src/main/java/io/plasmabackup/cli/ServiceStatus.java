package io.plasmabackup.cli;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.NotifySocket;
import java.util.Optional;

/**
 * What {@code systemctl status} shows of a process that systemd has started: one line, of what it
 * is doing.
 */
final class ServiceStatus implements AutoCloseable {

  /** More is cut off on most terminals. */
  private static final int LONGEST = 200;

  private final Optional<NotifySocket> manager;

  private ServiceStatus(Optional<NotifySocket> manager) {
    this.manager = manager;
  }

  /** Of this process; what it is told goes nowhere where no service manager wants to know. */
  static ServiceStatus ofProcess() throws ErrnoException {
    String address = System.getenv("NOTIFY_SOCKET");
    return new ServiceStatus(address == null ? Optional.empty() : NotifySocket.open(address));
  }

  /**
   * The line, from now on.
   *
   * @param line without control characters
   */
  void show(String line) throws ErrnoException {
    if (manager.isPresent()) {
      manager.get().send("STATUS=" + line.substring(0, Math.min(line.length(), LONGEST)));
    }
  }

  @Override
  public void close() {
    manager.ifPresent(NotifySocket::close);
  }
}
