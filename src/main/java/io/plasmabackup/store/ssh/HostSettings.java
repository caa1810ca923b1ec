package io.plasmabackup.store.ssh;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One server to connect to and everything that the configuration says about it.
 *
 * @param alias what the user calls it
 * @param hostName what is connected to
 * @param identityFiles private keys in the order in which they are offered; may not exist
 * @param identityRequired the one identity file is meant by the user: if it can't be used, say so
 *     instead of going on without it
 * @param identitiesOnly offer no other keys that an agent may hold
 * @param agentSocket where an agent is to be asked
 * @param knownHosts files in which its key is looked up; may not exist
 * @param hostKeyAlias the name under which its key is looked up, without port
 * @param proxyJump the servers in between, nearest first, as {@code [user@]host[:port]}
 */
record HostSettings(
    String alias,
    String hostName,
    int port,
    String user,
    List<Path> identityFiles,
    boolean identityRequired,
    boolean identitiesOnly,
    Optional<Path> agentSocket,
    List<Path> knownHosts,
    Optional<String> hostKeyAlias,
    List<String> proxyJump) {

  /** The same server behind other ones. */
  HostSettings behind(List<String> jumps) {
    return new HostSettings(
        alias,
        hostName,
        port,
        user,
        identityFiles,
        identityRequired,
        identitiesOnly,
        agentSocket,
        knownHosts,
        hostKeyAlias,
        jumps);
  }

  /** {@code user@host}, with the port where it isn't the usual one. */
  String account() {
    return user + "@" + endpoint();
  }

  /** {@code host}, with the port where it isn't the usual one. */
  String endpoint() {
    return port == 22 ? hostName : hostName + ":" + port;
  }

  /** What {@code known_hosts} calls it. */
  String knownAs() {
    return hostKeyAlias.orElseGet(() -> port == 22 ? hostName : "[" + hostName + "]:" + port);
  }
}
