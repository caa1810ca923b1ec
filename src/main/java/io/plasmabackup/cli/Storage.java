package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import java.nio.file.Path;

/** Where a configuration says that archives go. */
final class Storage {

  private final Configuration configuration;

  Storage(Configuration configuration) {
    this.configuration = configuration;
  }

  /** As configured, for messages before there is a connection. */
  String location() {
    return configuration
            .ssh()
            .map(ssh -> ssh.login().map(login -> login + "@").orElse("") + ssh.host() + ":")
            .orElse("")
        + configuration.remoteFolder();
  }

  /** Connects; the caller closes the store. */
  Store open() throws Failure {
    return LocalStore.open(Path.of(configuration.remoteFolder()));
  }
}
