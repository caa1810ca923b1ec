package io.plasmabackup.store.ssh;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which account on which server, as our own configuration says it. What is given here wins over the
 * user's ssh configuration; what is empty is taken from there.
 *
 * @param host a name, an address, or an alias from the ssh configuration
 * @param port 1 to 65535
 * @param identityFile a private key; given, it is the only one that is offered (by an agent that
 *     holds it, or from the file)
 * @param knownHostsFile given, it is the only file in which the server's key is looked up
 */
public record SshTarget(
    String host,
    Optional<String> login,
    OptionalInt port,
    Optional<Path> identityFile,
    Optional<Path> knownHostsFile) {

  /** Everything but the host as the ssh configuration says. */
  public static SshTarget of(String host) {
    return new SshTarget(
        host, Optional.empty(), OptionalInt.empty(), Optional.empty(), Optional.empty());
  }
}
