package io.plasmabackup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.PythonScript;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code plasma-agent init}, from the first question to the first backup. */
@Tag("loopback")
class InitAgentTest {

  @TempDir private Path temp;
  private LoopbackBtrfs btrfs;
  private Path folder;
  private SshdServer server;

  /** Of the user who runs init. */
  private Path home;

  private Path configuration;

  /** The real one, which would else look into the home of whoever runs this. */
  private Path ssh;

  @BeforeEach
  void begin() throws IOException {
    Requires.loopback();
    btrfs = LoopbackBtrfs.create(4L << 30);
    folder = btrfs.subvolume("home");
    Files.writeString(folder.resolve("file"), "content");
    server = SshdServer.start();
    home = Files.createDirectory(temp.resolve("home"));
    configuration = temp.resolve("plasma-agent.conf");
    ssh = Files.createDirectory(temp.resolve("bin")).resolve("ssh");
    Files.writeString(
        ssh,
        """
        #!/bin/sh
        exec /usr/bin/ssh -F /dev/null -o UserKnownHostsFile='%s/.ssh/known_hosts' -o GlobalKnownHostsFile=/dev/null "$@"
        """
            .formatted(home));
    Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
    if (btrfs != null) {
      btrfs.close();
    }
  }

  /** The agent, with another home. */
  private List<String> agent(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "/usr/bin/env",
                "PATH=" + ssh.getParent(),
                System.getProperty("java.home") + "/bin/java",
                "-Duser.home=" + home,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                PlasmaAgent.class.getName()));
    command.addAll(Arrays.asList(arguments));
    return command;
  }

  private Run run(String... arguments) throws IOException, InterruptedException {
    return run(agent(arguments));
  }

  private static Run run(List<String> command) throws IOException, InterruptedException {
    Path err = Files.createTempFile("init", "err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectError(err.toFile())
              .start();
      String out = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Run(process.waitFor(), out, Files.readString(err));
    } finally {
      Files.delete(err);
    }
  }

  /** Options that name the test's server. */
  private String[] with(String... others) {
    return Stream.concat(
            Stream.of(
                "init",
                "--config",
                configuration.toString(),
                "--host",
                server.host(),
                "--port",
                Integer.toString(server.port()),
                "--login",
                SshdServer.user(),
                "--folder",
                folder.toString()),
            Stream.of(others))
        .toArray(String[]::new);
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** The indented lines after the one that begins so. */
  private static List<String> block(String out, String start) {
    List<String> lines = out.lines().toList();
    int at = 0;
    while (!lines.get(at).startsWith(start)) {
      at++;
    }
    List<String> block = new ArrayList<>();
    for (at += 2; at < lines.size() && lines.get(at).startsWith("    "); at++) {
      block.add(lines.get(at).strip());
    }
    return block;
  }

  @Test
  void leadsFromNothingToAFirstBackup() throws Exception {
    Path storage = server.storage().resolve("o'brien \"$(touch /pwned)\"");
    List<String> answers =
        List.of(
            "Storage server: ", "user@host",
            "an @", "",
            "an answer is needed", server.host(),
            "Account there [plasma]: ", SshdServer.user(),
            "Port of its sshd [22]: ", "ssh",
            "from 1 to 65535", Integer.toString(server.port()),
            "archives [/data/backup/", storage.toString(),
            "Folders to back up", "/nowhere",
            "doesn't exist", folder.toString(),
            "Compression (zstd, none) [zstd]: ", "",
            "Daily archives to keep [5]: ", "-1",
            "from 0 to", "7",
            "Weekly archives to keep [3]: ", "",
            "Monthly archives to keep [2]: ", "1",
            "Only then add it (yes/no) [no]: ", "yes");
    List<String> arguments = new ArrayList<>(List.of(Integer.toString(answers.size() / 2)));
    arguments.addAll(answers);
    arguments.addAll(agent("init", "--config", configuration.toString()));
    Run init = run(PythonScript.command("answer.py", arguments.toArray(String[]::new)));

    assertThat(init.status()).as(init.out() + init.err()).isZero();
    assertThat(init.out()).contains(server.fingerprint("ed25519"), "ssh_host_ed25519_key.pub");
    assertThat(Files.readString(home.resolve(".ssh/known_hosts")))
        .isEqualTo(server.knownAs() + " " + server.hostKey("ed25519") + "\n");
    assertThat(mode(home.resolve(".ssh/known_hosts"))).isEqualTo("rw-------");
    Path key = temp.resolve("plasma-agent.key");
    assertThat(mode(key)).isEqualTo("rw-------");
    assertThat(mode(configuration)).isEqualTo("rw-------");
    assertThat(Files.readString(temp.resolve("plasma-agent.key.pub")))
        .startsWith(Command.run("ssh-keygen", "-yf", key.toString()));

    // On the server, of which only the account's home is elsewhere.
    Path account = Files.createDirectory(server.directory().resolve("account"));
    List<String> commands =
        block(init.out(), "On " + server.host()).stream()
            .map(line -> line.startsWith("home=") ? "home=" + account : line)
            .toList();
    for (int i = 0; i < 2; i++) {
      Command.run("/bin/sh", "-ec", String.join("\n", commands));
    }
    assertThat(Path.of("/pwned")).doesNotExist();
    assertThat(mode(storage)).isEqualTo("rwx------");
    assertThat(Files.readString(storage.resolve("plasma-rotate.json")))
        .isEqualTo("{\"policy\": {\"daily\": 7, \"weekly\": 3, \"monthly\": 1}}\n");
    assertThat(mode(account.resolve(".ssh/authorized_keys"))).isEqualTo("rw-------");
    assertThat(Files.readAllLines(account.resolve(".ssh/authorized_keys"))).hasSize(1);
    server.authorize(account.resolve(".ssh/authorized_keys"));

    Files.writeString(
        configuration,
        Files.readString(configuration)
            .replaceFirst(
                "\\{", "{\"options\": {\"stateFolder\": \"" + temp.resolve("state") + "\"},"));
    Run check = run("check", "--config", configuration.toString());
    assertThat(check.status()).as(check.out() + check.err()).isZero();
    assertThat(check.out()).endsWith("all is well\n");
    Run backup = run("--config", configuration.toString());
    assertThat(backup.status()).as(backup.out() + backup.err()).isZero();
    assertThat(backup.out()).contains("stored ", "snapshot of " + folder);
    try (Stream<Path> files = Files.list(storage)) {
      assertThat(files).anyMatch(file -> file.toString().endsWith(".tar.zst"));
    }
  }

  @Test
  void aKeyThatMayDoOnlyWhatPlasmaStoreAllowsIsReadBySshdAsItIsMeant() throws Exception {
    Path programs = Files.createDirectory(temp.resolve("programs"));
    Path program =
        Files.writeString(
            programs.resolve("plasma-store"), "#!/bin/sh\nprintf '%s|' \"$#\" \"$@\"\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    server.configure("SetEnv PATH=" + programs + ":/usr/bin:/bin");
    String remote = "/data/it's \\\"quoted\\\\\" $HOME `id`";

    Run init = run(with("--remote-folder", remote));
    assertThat(init.status()).as(init.err()).isZero();
    List<String> line = block(init.out(), "or, where plasma-store");
    assertThat(line).hasSize(1);
    server.authorize(Files.write(temp.resolve("line"), line));

    String said =
        Command.run(
            "ssh",
            "-F",
            "/dev/null",
            "-o",
            "UserKnownHostsFile=" + server.knownHosts(),
            "-o",
            "IdentitiesOnly=yes",
            "-i",
            temp.resolve("plasma-agent.key").toString(),
            "-p",
            Integer.toString(server.port()),
            SshdServer.user() + "@" + server.host(),
            "rm -rf /");
    assertThat(said).isEqualTo("1|" + remote + "|");
  }

  @Test
  void whatAPackageInstalledIsReplaced() throws Exception {
    Files.copy(Path.of("../packaging/plasma-agent.conf"), configuration);
    Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rw-------"));

    Run run = run(with());

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("written: " + configuration);
    assertThat(ConfigurationFile.read(configuration).folders()).isNotEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(configuration)))
        .isEqualTo("rw-------");
  }

  @Test
  void nothingIsOverwritten() throws Exception {
    Files.writeString(configuration, "mine");
    Run there = run(with());
    assertThat(there.status()).isEqualTo(3);
    assertThat(there.err()).contains(configuration + " exists already").hasLineCount(1);
    assertThat(Files.readString(configuration)).isEqualTo("mine");

    Files.delete(configuration);
    Files.createSymbolicLink(configuration, temp.resolve("nowhere"));
    assertThat(run(with()).status()).isEqualTo(3);
    assertThat(temp.resolve("nowhere")).doesNotExist();

    Files.delete(configuration);
    server.generateKey("mine", "ed25519", "");
    Path key = server.directory().resolve("mine");
    String before = Files.readString(key);
    Run used = run(with("--identity-file", key.toString()));
    assertThat(used.status()).as(used.err()).isZero();
    assertThat(Files.readString(key)).isEqualTo(before);
    assertThat(used.out())
        .contains(Command.run("ssh-keygen", "-yf", key.toString()).split(" ", -1)[1]);

    Files.delete(configuration);
    server.generateKey("secret", "ed25519", "passphrase");
    Run secret = run(with("--identity-file", server.directory().resolve("secret").toString()));
    assertThat(secret.status()).isEqualTo(3);
    assertThat(secret.err()).contains("it has a passphrase");
    assertThat(configuration).doesNotExist();
  }

  @Test
  void aHostKeyIsAddedOnlyWhenSomebodyVouchesForIt() throws Exception {
    Path known = home.resolve(".ssh/known_hosts");
    Run wrong = run(with("--accept-host-key", server.fingerprint("rsa")));
    assertThat(wrong.status()).isEqualTo(8);
    assertThat(wrong.err()).contains(server.fingerprint("ed25519"), "may be intercepting");
    assertThat(configuration).doesNotExist();
    assertThat(known).doesNotExist();

    Run unsaid = run(with());
    assertThat(unsaid.status()).isZero();
    assertThat(unsaid.err()).contains("is not known", "ssh-keyscan");
    assertThat(known).doesNotExist();
    Files.delete(configuration);

    // Other lines stay, also the last one of a file that doesn't end in a line's end.
    Files.createDirectory(home.resolve(".ssh"));
    Files.writeString(known, "other " + server.hostKey("rsa"));
    Run right = run(with("--accept-host-key", server.fingerprint("ed25519")));
    assertThat(right.status()).as(right.err()).isZero();
    assertThat(Files.readAllLines(known))
        .containsExactly(
            "other " + server.hostKey("rsa"), server.knownAs() + " " + server.hostKey("ed25519"));
    Files.delete(configuration);

    Files.writeString(
        known,
        server.knownAs() + " " + Files.readString(server.generateKey("other", "ed25519", "")));
    Run changed = run(with("--accept-host-key", server.fingerprint("ed25519")));
    assertThat(changed.status()).isEqualTo(8);
    assertThat(changed.err()).contains("HAS CHANGED");
    assertThat(configuration).doesNotExist();
  }

  @Test
  void withoutATerminalOptionsAreNeededAndJudged() throws Exception {
    Run missing = run("init", "--config", configuration.toString());
    assertThat(missing.status()).isEqualTo(2);
    assertThat(missing.err()).contains("--host").hasLineCount(1);

    for (String[] wrong :
        new String[][] {
          {"--host", "a b"},
          {"--host", "-oProxyCommand=x"},
          {"--login", "x\ny"},
          {"--remote-folder", "/data/\u001b[2J"},
          {"--remote-folder", "/data/x\ny"},
          {"--folder", "relative"},
          {"--folder", "/nowhere"},
          {"--compression", "lzma"},
          {"--exclude", "[z-a"},
          {"--daily", "-3"},
          {"--port", "0"}
        }) {
      List<String> arguments =
          new ArrayList<>(
              List.of("init", "--yes", "--config", configuration.toString(), "--no-key"));
      if (!wrong[0].equals("--host")) {
        arguments.addAll(List.of("--host", "127.0.0.1"));
      }
      arguments.addAll(List.of(wrong));
      Run run = Commands.run(new PlasmaAgent(), arguments.toArray(String[]::new));
      assertThat(run.status()).as(wrong[0] + " " + wrong[1]).isIn(2, 3, 4);
      assertThat(run.err()).as(wrong[0] + " " + wrong[1]).hasLineCount(1);
      assertThat(configuration).doesNotExist();
    }
  }
}
