package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ReadBack;
import io.plasmabackup.config.Ssh;
import io.plasmabackup.config.Target;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.ssh.Bandwidth;
import io.plasmabackup.store.ssh.Connections;
import io.plasmabackup.store.ssh.Patience;
import io.plasmabackup.store.ssh.SshLogin;
import io.plasmabackup.store.ssh.SshStore;
import io.plasmabackup.store.ssh.SshTarget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where archives go. */
final class Storage {

  private static final String HOME_PREFIX = "~/";

  /** Somebody waits, and can begin anew. */
  private static final Duration RETRY_READING_FOR = Duration.ofMinutes(2);

  private final Target target;
  private final Log log;

  Storage(Target target, Log log) {
    this.target = target;
    this.log = log;
  }

  /** As configured, for messages before there is a connection. */
  String location() {
    return location(target);
  }

  private static String location(Target target) {
    return target
            .ssh()
            .map(ssh -> ssh.login().map(login -> login + "@").orElse("") + ssh.host() + ":")
            .orElse("")
        + target.remoteFolder();
  }

  /** The same of all of a configuration's targets. */
  static String locations(Configuration configuration) {
    return configuration.targets().stream()
        .map(Storage::location)
        .collect(Collectors.joining(", "));
  }

  /** Begins in the background with what {@link #open} is going to need. */
  static void prepare(Configuration configuration) {
    if (configuration.targets().stream().anyMatch(target -> target.ssh().isPresent())) {
      SshStore.prepare();
    }
  }

  /** Connects; the caller closes the store. */
  Store open() throws Failure {
    Optional<Ssh> ssh = target.ssh();
    if (ssh.isEmpty()) {
      return LocalStore.open(Path.of(target.remoteFolder()));
    }
    try (SshLogin login = login(ssh.get())) {
      return open(login, ssh.get());
    }
  }

  /** The first half of {@link #open} on a server; the caller closes it. */
  SshLogin login(Ssh ssh) throws Failure {
    return SshLogin.open(sshTarget(ssh), patience(ssh), new Bandwidth(ssh.bandwidthLimit()));
  }

  /** The second half; the caller closes the store. */
  SshStore open(SshLogin login, Ssh ssh) throws Failure {
    return login.store(
        target.remoteFolder(), new Connections(ssh.connections()), patience(ssh), log::warn);
  }

  private static Patience patience(Ssh ssh) {
    return new Patience(ssh.stallTimeout(), ssh.retryFor(), ssh.readBack() == ReadBack.ALL);
  }

  private static SshTarget sshTarget(Ssh ssh) {
    return new SshTarget(
        ssh.host(),
        ssh.login(),
        ssh.port(),
        ssh.identityFile().map(Storage::expand),
        ssh.knownHostsFile().map(Storage::expand));
  }

  /** Opens a folder on a server for reading; the caller closes the store. */
  static Store open(SshTarget target, String folder, Log log) throws Failure {
    return SshStore.open(
        target,
        folder,
        Connections.of(1),
        new Patience(Ssh.STALL_TIMEOUT, RETRY_READING_FOR, false),
        log::warn);
  }

  /** {@code ~/} is the home of the user who runs this, whatever {@code $HOME} says under sudo. */
  static Path expand(String file) {
    return file.startsWith(HOME_PREFIX)
        ? Path.of(System.getProperty("user.home"), file.substring(HOME_PREFIX.length()))
        : Path.of(file);
  }
}
