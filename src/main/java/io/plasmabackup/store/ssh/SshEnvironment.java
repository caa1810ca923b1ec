package io.plasmabackup.store.ssh;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * What {@code ssh} finds around it on this machine.
 *
 * @param home the effective user's home folder: root's under sudo, whatever {@code $HOME} says
 * @param configFile read instead of {@code ~/.ssh/config} and {@code /etc/ssh/ssh_config}, as with
 *     {@code ssh -F}
 * @param sshProgram OpenSSH's client, asked for the effective settings
 * @param agentSocket of the running ssh-agent
 * @param connectTimeout for the connection to be made, and again for the greeting and the key
 *     exchange
 * @param stall how long nothing may be heard of a server before its connection counts as lost
 * @param bandwidth what all connections share
 */
record SshEnvironment(
    Path home,
    String user,
    Optional<Path> configFile,
    Optional<Path> sshProgram,
    Optional<Path> agentSocket,
    Duration connectTimeout,
    Duration stall,
    Bandwidth bandwidth) {

  /** As this process sees it. */
  static SshEnvironment ofProcess(Duration stall, Bandwidth bandwidth) {
    return new SshEnvironment(
        Path.of(System.getProperty("user.home")),
        System.getProperty("user.name"),
        Optional.empty(),
        program("ssh"),
        Optional.ofNullable(System.getenv("SSH_AUTH_SOCK")).filter(s -> !s.isEmpty()).map(Path::of),
        Duration.ofSeconds(30),
        stall,
        bandwidth);
  }

  private static Optional<Path> program(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(folder -> folder.startsWith("/"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
