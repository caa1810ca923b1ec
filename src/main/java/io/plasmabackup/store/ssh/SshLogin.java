package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A login on a server before any folder is looked at: for those who tell the user how far they got.
 * Owns the connection, which is closed with this unless a {@linkplain #store store} has it.
 */
public final class SshLogin implements AutoCloseable {

  private final SshTarget target;
  private final SshEnvironment environment;
  private final SshConnection connection;
  private boolean handedOn;

  private SshLogin(SshTarget target, SshEnvironment environment, SshConnection connection) {
    this.target = target;
    this.environment = environment;
    this.connection = connection;
  }

  /**
   * Connects and logs in.
   *
   * @param bandwidth what this connection, and those that a store adds to it, may take together
   * @throws IdentityUnusable if the key that the user named can't be used
   * @throws HostKeyRefused if the server isn't known to be the right one
   * @throws LoginRefused if it takes none of the keys
   * @throws Failure otherwise with {@link ExitCode#CONNECTION}, or {@link ExitCode#CONFIGURATION}
   *     where the ssh configuration can't be used
   */
  public static SshLogin open(SshTarget target, Patience patience, Bandwidth bandwidth)
      throws Failure {
    SshEnvironment environment = SshEnvironment.ofProcess(patience.stallTimeout(), bandwidth);
    return new SshLogin(target, environment, SshConnection.open(target, environment));
  }

  /** {@code user@host}, as it was found out. */
  public String account() {
    return FileNames.shown(connection.host().account());
  }

  /** The server, with its port where that isn't the usual one. */
  public String server() {
    return FileNames.shown(connection.host().endpoint());
  }

  /** The key by which the server was recognised, for example {@code ED25519 SHA256:…}. */
  public String hostKey() {
    return connection.hostKey();
  }

  /** The key that the server took, likewise; empty if it wanted none. */
  public Optional<String> key() {
    return connection.loginKey();
  }

  /**
   * Goes on as {@link SshStore#open}, over this connection, which is the store's from now on.
   *
   * @throws Failure with {@link ExitCode#CONNECTION} if there is no SFTP, {@link ExitCode#STORAGE}
   *     if the folder can't be used; the connection is then closed
   */
  public SshStore store(
      String folder, Connections connections, Patience patience, Consumer<String> notes)
      throws Failure {
    handedOn = true;
    return SshStore.over(
        Link.over(connection, target, folder, environment, connections, patience.retryFor(), notes),
        patience);
  }

  @Override
  public void close() {
    if (!handedOn) {
      connection.close();
    }
  }
}
