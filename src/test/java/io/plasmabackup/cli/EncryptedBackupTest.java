package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.age.AgeFiles;
import io.plasmabackup.age.AgeFiles.KeyFile;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Encrypted archives: age, zstd and GNU tar restore them, plasma-restore too, others nothing. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class EncryptedBackupTest {

  @TempDir static Path keys;
  @TempDir Path temp;

  private static LoopbackBtrfs btrfs;
  private static Path folder;
  private static KeyFile age;
  private static KeyFile stranger;
  private static KeyFile ed25519;
  private static KeyFile rsa;

  private Path storage;
  private AgentSetup agent;

  @BeforeAll
  static void prepare() throws Exception {
    Requires.tool("age");
    Requires.tool("ssh-keygen");
    age = AgeFiles.age(keys);
    stranger = AgeFiles.age(keys);
    ed25519 = AgeFiles.ssh(keys, "-t", "ed25519", "-N", "");
    rsa = AgeFiles.ssh(keys, "-t", "rsa", "-b", "2048", "-N", "");
    btrfs = LoopbackBtrfs.create(512L << 20);
    folder = btrfs.subvolume("data");
    byte[] content = new byte[20 << 20];
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("large"), content);
    Files.createDirectory(folder.resolve("sub"));
    for (int i = 0; i < 500; i++) {
      Files.writeString(folder.resolve("sub/secret-name-" + i), "text ".repeat(i * 10));
    }
  }

  @AfterAll
  static void remove() {
    btrfs.close();
  }

  @BeforeEach
  void setUp() throws IOException {
    storage = Files.createDirectory(temp.resolve("storage"));
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(folder).to(storage);
    to(age);
  }

  private void to(KeyFile... recipients) {
    agent.with(
        "encryption",
        Stream.of(recipients)
            .map(key -> AgentSetup.string(key.recipient()))
            .collect(Collectors.joining(", ", "{\"recipients\": [", "]}")));
  }

  private static Path named(Path storage, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(suffix)).toList();
      assertThat(found).as("files in %s that end in %s", storage, suffix).hasSize(1);
      return found.getFirst();
    }
  }

  private Run restore(KeyFile key, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(1, List.of("--from", storage.toString(), "--identity", key.file().toString()));
    return Commands.run(new PlasmaRestore(), all.toArray(String[]::new));
  }

  private Run restoreWithoutKey(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(1, List.of("--from", storage.toString()));
    return Commands.run(new PlasmaRestore(), all.toArray(String[]::new));
  }

  /** It writes to the process's own stdout. */
  private String cat(String name) {
    return Command.run(
        Commands.restore(
                "cat",
                "--from",
                storage.toString(),
                "--identity",
                age.file().toString(),
                "latest",
                folder + "/" + name)
            .toArray(String[]::new));
  }

  private static void assertFine(Run run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  @Test
  void anyoneWithAKeyRestoresWithAgeAndTarAlone() throws Exception {
    to(age, ed25519, rsa);

    Run run = agent.succeed();

    Path archive = named(storage, ".tar.age");
    String sha256 = Command.run("sha256sum", archive.toString()).substring(0, 64);
    assertThat(run.out()).contains("sha256 " + sha256, "%,d bytes".formatted(Files.size(archive)));
    for (KeyFile key : List.of(age, ed25519, rsa)) {
      Command.run(
          "bash",
          "-c",
          "set -o pipefail; age -d -i \"$0\" \"$1\" | tar --compare --file=- --directory=/",
          key.file().toString(),
          archive.toString());
      String index =
          Command.run(
              "bash",
              "-c",
              "set -o pipefail; age -d -i \"$0\" \"$1.index\" | zstd -dc",
              key.file().toString(),
              archive.toString());
      assertThat(index.lines().toList().getLast())
          .contains(
              "\"encryptedSize\":" + Files.size(archive), "\"encryptedSha256\":\"" + sha256 + '"');
    }
    assertThat(
            Command.attempt("age", "-d", "-i", stranger.file().toString(), archive.toString())
                .status())
        .isNotZero();
  }

  @Test
  void compressedToo() throws Exception {
    agent.with("compression", "\"zstd\"").succeed();
    Path archive = named(storage, ".tar.zst.age");
    Command.run(
        "bash",
        "-c",
        "set -o pipefail; age -d -i \"$0\" \"$1\" | zstd -d | tar --compare --file=- --directory=/",
        age.file().toString(),
        archive.toString());
    assertFine(restore(age, "verify", "latest"));
    assertThat(cat("sub/secret-name-17")).isEqualTo("text ".repeat(170).strip());
  }

  @Test
  void nothingInTheStorageTellsWhatIsInIt() throws Exception {
    agent.succeed();
    for (String suffix : List.of(".tar.age", ".tar.age.index")) {
      Path file = named(storage, suffix);
      assertThat(Command.attempt("grep", "-c", "secret-name", file.toString()).output())
          .isEqualTo("0");
      assertThat(Command.run("head", "-c", "21", file.toString()))
          .isEqualTo("age-encryption.org/v1");
    }
  }

  @Test
  void everyCommandReadsItWithAKey() throws Exception {
    agent.succeed();
    String name = folder.toString();
    for (KeyFile key : List.of(age)) {
      Run list = restore(key, "list");
      assertFine(list);
      assertThat(list.out()).contains("complete");
      Run ls = restore(key, "ls", "latest", name + "/sub");
      assertFine(ls);
      assertThat(ls.out()).contains("secret-name-499");
      Run find = restore(key, "find", "latest", "*-42");
      assertFine(find);
      assertThat(find.out()).contains("secret-name-42");
      assertFine(restore(key, "verify", "latest"));
      assertFine(restore(key, "verify", "--quick", "latest"));
      assertFine(restore(key, "drill", "--scratch", temp.toString()));
      Path target = Files.createDirectory(temp.resolve("target"));
      assertFine(restore(key, "extract", "latest", "--to", target.toString()));
      Command.run("diff", "-r", folder.toString(), target.resolve(name.substring(1)).toString());
      assertFine(restore(key, "diff", "--content", "latest", target.toString()));
      assertThat(restore(key, "reindex", "latest").out()).contains("has a good index");
    }
    String json = restore(age, "list", "--json").out();
    String sha256 =
        Command.run("sha256sum", named(storage, ".tar.age").toString()).substring(0, 64);
    assertThat(json).contains("\"sha256\":\"" + sha256 + '"', "\"state\":\"complete\"");
  }

  @Test
  void withoutAKeyItIsListedAndNothingElse() throws Exception {
    agent.succeed();
    Run list = restoreWithoutKey("list");
    assertFine(list);
    assertThat(list.out()).contains(".tar.age", "encrypted").doesNotContain("complete ");
    for (List<String> command :
        List.of(
            List.of("ls", "latest"),
            List.of("extract", "latest", "--to", temp.resolve("target").toString()),
            List.of("diff", "latest", folder.toString()),
            List.of("find", "latest", "*"),
            List.of("drill"),
            List.of("reindex", "latest"))) {
      Run run = restoreWithoutKey(command.toArray(String[]::new));
      assertThat(run.err())
          .as("%s", command)
          .hasLineCount(1)
          .contains("is encrypted", "--identity");
      assertThat(run.status()).as("%s", command).isEqualTo(ExitCode.USAGE.number());
    }
    Command.Result cat =
        Command.attempt(
            Commands.restore(
                    "cat", "--from", storage.toString(), "latest", folder + "/sub/secret-name-3")
                .toArray(String[]::new));
    assertThat(cat.output()).hasLineCount(1).contains("is encrypted", "--identity");
    assertThat(cat.status()).isEqualTo(ExitCode.USAGE.number());
    Run other = restore(stranger, "ls", "latest");
    assertThat(other.err()).hasLineCount(1).contains("none of the given identities opens it");
    assertThat(other.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(restore(stranger, "list").out()).contains("encrypted");
  }

  @Test
  void withoutAKeyItIsSeenToBeTheFileThatWasVerified() throws Exception {
    agent.succeed();
    Path archive = named(storage, ".tar.age");
    String sha256 = Command.run("sha256sum", archive.toString()).substring(0, 64);
    Run never = restoreWithoutKey("verify", "latest");
    assertThat(never.status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(never.err()).hasLineCount(1).contains("--identity", "sha256 " + sha256);
    assertFine(restore(age, "verify", "latest"));
    Run same = restoreWithoutKey("verify", "latest");
    assertFine(same);
    assertThat(same.out()).contains("the same file", "was not looked at");
    var modified = Files.getLastModifiedTime(archive);
    flip(archive, Files.size(archive) / 2);
    Files.setLastModifiedTime(archive, modified);
    assertDamaged(restoreWithoutKey("verify", "latest"), "SHA-256 is not the one");
  }

  @Test
  void identitiesThatCannotBeUsedAreTold() throws Exception {
    agent.succeed();
    KeyFile secret = AgeFiles.ssh(keys, "-t", "ed25519", "-N", "passphrase");
    Run run = restore(secret, "ls", "latest");
    assertThat(run.err()).hasLineCount(1).contains(secret.file().toString(), "passphrase");
    assertThat(run.status()).isEqualTo(ExitCode.CONFIGURATION.number());
    Run missing = restore(new KeyFile(keys.resolve("missing"), ""), "list");
    assertThat(missing.err()).contains("doesn't exist");
    assertThat(missing.status()).isEqualTo(ExitCode.CONFIGURATION.number());
  }

  @Test
  void damageIsFound() throws Exception {
    agent.succeed();
    Path archive = named(storage, ".tar.age");
    long size = Files.size(archive);
    byte[] whole = Files.readAllBytes(archive);
    flip(archive, size / 2);
    assertDamaged(restore(age, "verify", "latest"), "are not what was encrypted");
    Files.write(archive, whole);
    // At the end of a chunk: 64 KiB and 16 bytes each.
    truncate(archive, size - (size - header(whole)) % 65_552 - 65_552);
    assertDamaged(restore(age, "verify", "latest"), "are not what was encrypted");
    assertThat(restore(age, "list").out()).contains("bad index");
    Files.write(archive, whole);
    flip(named(storage, ".tar.age.index"), Files.size(named(storage, ".tar.age.index")) / 2);
    assertDamaged(restore(age, "verify", "latest"), ".index is damaged");
    // It is read all the same.
    assertThat(cat("sub/secret-name-3")).contains("text ".repeat(30).strip());
    assertDamaged(restore(age, "reindex", "latest"), ".index is damaged");
    Files.delete(named(storage, ".tar.age.index"));
    assertThat(restore(age, "reindex", "latest").status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(restore(age, "verify", "latest").out()).contains("there is no index");
  }

  /** In its header, the key for a recipient, and at the end of all of it. */
  @Test
  void anArchiveIsLookedAtThoughItsIndexIsDamaged() throws Exception {
    agent.succeed();
    Path index = named(storage, ".tar.age.index");
    byte[] whole = Files.readAllBytes(index);
    long members;
    try (Stream<Path> all = Files.walk(folder)) {
      members = all.count();
    }
    for (int at : List.of(3, header(whole) - 100, header(whole) + 1, whole.length - 1)) {
      Files.write(index, whole);
      flip(index, at);

      Run run = restore(age, "verify", "latest");

      assertThat(run.err())
          .as("byte %d", at)
          .hasLineCount(1)
          .matches(
              "(?s).*\\.tar\\.age\\.index is damaged: .*; the archive may be whole all the same.*"
                  + "; it is seen to be a tar of %,d members, and every byte of it what was encrypted\n"
                      .formatted(members));
      assertThat(run.status()).isEqualTo(ExitCode.DAMAGED.number());
    }
    Path archive = named(storage, ".tar.age");
    flip(archive, Files.size(archive) / 2);
    Run both = restore(age, "verify", "latest");
    assertThat(both.err())
        .hasLineCount(1)
        .contains(".tar.age is damaged: ", ".tar.age.index is damaged: ");
    assertThat(both.status()).isEqualTo(ExitCode.DAMAGED.number());
    Files.delete(index);
    assertDamaged(restore(age, "verify", "latest"), "are not what was encrypted");
    Run other = restore(stranger, "verify", "latest");
    assertThat(other.err()).hasLineCount(1).contains("none of the given identities opens it");
    assertThat(other.status()).isEqualTo(ExitCode.REFUSED.number());
  }

  private static void assertDamaged(Run run, String why) {
    assertThat(run.err()).contains(why);
    assertThat(run.status()).isEqualTo(ExitCode.DAMAGED.number());
  }

  /** Bytes before the payload. */
  private static int header(byte[] file) {
    String text = new String(file, 0, 2000, java.nio.charset.StandardCharsets.ISO_8859_1);
    return text.indexOf('\n', text.indexOf("\n--- ") + 1) + 1 + 16;
  }

  private static void flip(Path file, long at) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) at] ^= 1;
    Files.write(file, bytes);
  }

  private static void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(size);
    }
  }

  @Test
  void throughATempfileNothingReadableIsOnTheDisk() throws Exception {
    Path tempfile = temp.resolve("archive");
    // While it is uploaded it would be found by the hook; the names in it are encrypted by then.
    agent.with("tempfile", AgentSetup.string(tempfile.toString())).succeed();
    assertThat(tempfile).doesNotExist();
    Path archive = named(storage, ".tar.age");
    Command.run(
        "bash",
        "-c",
        "set -o pipefail; age -d -i \"$0\" \"$1\" | tar --compare --file=- --directory=/",
        age.file().toString(),
        archive.toString());
    assertFine(restore(age, "verify", "latest"));
  }

  @Test
  void nothingIsCopiedFromAnEarlierOne() throws Exception {
    agent.with("options", "{\"changeDetection\": \"auto\"}");
    assertThat(agent.succeed().out())
        .contains("everything is read and sent, as archives are encrypted");
    Run second = agent.succeed();
    assertThat(second.out()).doesNotContain("were copied from", "is copied from there");
    // Nor when it isn't encrypted any more.
    agent.without("encryption");
    Run plain = agent.succeed();
    assertThat(plain.out()).doesNotContain("is copied from there");
    try (Stream<Path> files = Files.list(storage)) {
      assertThat(files).hasSize(6);
    }
  }

  @Test
  void rotationDeletesThemAsAnyOther() throws Exception {
    Files.writeString(
        storage.resolve("plasma-rotate.json"),
        "{\"policy\": {\"daily\": 1, \"weekly\": 1, \"monthly\": 1}}");
    for (int day = 10; day <= 13; day++) {
      Path old = Files.writeString(storage.resolve("202610" + day + "-0100-daily.tar.age"), "old");
      Files.writeString(Path.of(old + ".index"), "old");
    }
    Run run = agent.succeed();
    assertThat(run.out()).contains("20261010-0100-daily.tar.age");
    assertThat(storage.resolve("20261010-0100-daily.tar.age.index")).doesNotExist();
  }

  @Test
  void overSsh() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      agent.to(server).with("compression", "\"zstd\"").succeed();
      Path archive = named(server.storage(), ".tar.zst.age");
      Command.run(
          "bash",
          "-c",
          "set -o pipefail; age -d -i \"$0\" \"$1\" | zstd -d | tar --compare --file=- --directory=/",
          age.file().toString(),
          archive.toString());
      String[] from = {"--config", agent.file().toString(), "--identity", age.file().toString()};
      Run verify =
          Commands.run(new PlasmaRestore(), "verify", from[0], from[1], from[2], from[3], "latest");
      assertFine(verify);
      Run withoutKey = Commands.run(new PlasmaRestore(), "ls", from[0], from[1], "latest");
      assertThat(withoutKey.err()).hasLineCount(1).contains("is encrypted", "--identity");
    }
  }

  @Test
  void noPrivateKeyIsEverTaken() throws Exception {
    String secret =
        Files.readAllLines(age.file()).stream()
            .filter(line -> line.startsWith("AGE-SECRET-KEY-"))
            .findFirst()
            .orElseThrow();
    agent.with("encryption", "{\"recipients\": [" + AgentSetup.string(secret) + "]}");
    Run run = agent.run();
    assertThat(run.status()).isEqualTo(ExitCode.CONFIGURATION.number());
    assertThat(run.err())
        .hasLineCount(1)
        .contains("encryption.recipients", "private key")
        .doesNotContain(secret.substring(15));
    try (Stream<Path> files = Files.list(storage)) {
      assertThat(files).isEmpty();
    }
  }
}
