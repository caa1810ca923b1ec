package io.plasmabackup.cli;

import io.plasmabackup.store.guard.RawSftp;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A real sshd with a key whose forced command is {@code plasma-store}. */
final class GuardedServer implements AutoCloseable {

  private final SshdServer server;
  private final Path folder;
  private final Path key;

  /**
   * @param folder that the key is for
   * @param options of plasma-store
   */
  GuardedServer(Path folder, String options) throws IOException {
    this.folder = folder;
    this.server = SshdServer.start();
    Path program =
        Files.writeString(
            server.directory().resolve("plasma-store"),
            """
            #!/bin/sh
            exec '%s/bin/java' --enable-native-access=ALL-UNNAMED -cp '%s' io.plasmabackup.cli.PlasmaStore "$@"
            """
                .formatted(System.getProperty("java.home"), System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path publicKey = server.generateKey("agent", "ed25519", "");
    this.key = server.directory().resolve("agent");
    server.authorize(
        publicKey, "restrict,command=\"%s %s %s\"".formatted(program, options, folder));
  }

  SshdServer server() {
    return server;
  }

  Path key() {
    return key;
  }

  /** The agent, with that key. */
  AgentSetup agent(AgentSetup setup) {
    return setup.to(server, key, server.knownHosts(), folder);
  }

  /** OpenSSH's client with that key, asking for a command. */
  Command.Result ssh(String... arguments) {
    return Command.attempt(command("ssh", "-p", arguments));
  }

  /** Likewise, as words. */
  String[] sshCommand(String... arguments) {
    return command("ssh", "-p", arguments);
  }

  /** OpenSSH's SFTP client, which goes on after what fails. */
  Command.Result sftp(Path scratch, String... lines) throws IOException {
    Path batch = Files.createTempFile(scratch, "batch", "");
    Files.write(batch, Stream.of(lines).map(line -> "-" + line).toList());
    List<String> command = new ArrayList<>(List.of(command("sftp", "-P")));
    command.addAll(command.size() - 1, List.of("-b", batch.toString()));
    return Command.attempt(command.toArray(String[]::new));
  }

  /** A client of SFTP that says what a test wants, over a connection of its own. */
  RawSftp rawSftp() throws IOException {
    List<String> command = new ArrayList<>(List.of(sshCommand()));
    command.add(command.size() - 1, "-s");
    command.add("sftp");
    return RawSftp.of(command);
  }

  private String[] command(String program, String port, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                program,
                "-F",
                "none",
                "-i",
                key.toString(),
                "-o",
                "IdentitiesOnly=yes",
                "-o",
                "BatchMode=yes",
                "-o",
                "UserKnownHostsFile=" + server.knownHosts(),
                port,
                Integer.toString(server.port()),
                SshdServer.user() + "@" + server.host()));
    command.addAll(List.of(arguments));
    return command.toArray(String[]::new);
  }

  @Override
  public void close() {
    server.close();
  }
}
