package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationFileTest {

  private static final String LEAST =
      "{\"folders\": [\"/etc\"], \"strategy\": \"noop\", \"remoteFolder\": \"/backup\"}";

  @TempDir Path directory;

  @Nested
  class Accepted {

    @Test
    void recipientsOfEachKind() throws Exception {
      String age = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
      String ssh =
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBAS98GiFhPvcsST61a6HvWOQr09zoHLTNuydGYt0Rhp somebody";
      Configuration configuration =
          read(
              LEAST.replaceFirst(
                  "}$", ", \"encryption\": {\"recipients\": [\"" + age + "\", \"" + ssh + "\"]}}"));
      assertThat(configuration.recipients()).containsExactly(age, ssh);
      assertThat(read(LEAST).recipients()).isEmpty();
    }

    @Test
    void theExampleExactlyAsItStands() throws Exception {
      assertThat(read(ConfigurationFiles.example()))
          .isEqualTo(
              new Configuration(
                  List.of("/bin", "/etc"),
                  List.of(),
                  Optional.of("/tmp/backup.tar"),
                  Strategy.TAR,
                  Compression.ZSTD,
                  List.of(),
                  Options.DEFAULTS,
                  List.of(
                      new Target(
                          Optional.empty(),
                          Optional.of(
                              new Ssh(
                                  "127.0.0.1",
                                  Optional.of("plasma"),
                                  OptionalInt.empty(),
                                  Optional.empty(),
                                  Optional.empty(),
                                  Duration.ofMinutes(2),
                                  Duration.ofHours(1),
                                  OptionalInt.empty(),
                                  ReadBack.LAST,
                                  OptionalLong.empty())),
                          "/data/backup")),
                  List.of("df -h"),
                  List.of("echo THIS WAS A TRIUMPH", "echo I AM MAKING A NOTE HERE: HUGE SUCCESS"),
                  List.of(),
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  Priority.AS_STARTED));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = ';',
        quoteCharacter = '|',
        value = {
          "{}; 1; -; AUTO",
          "{'level': 19}; 19; -; AUTO",
          "{'type': 'zstd', 'level': 2}; 2; -; AUTO",
          "{'threads': 64, 'passThrough': 'never'}; 1; 64; NEVER",
          "{'passThrough': 'always'}; 1; -; ALWAYS"
        })
    void compressionInDetail(String json, int level, String threads, PassThrough passThrough)
        throws Exception {
      assertThat(compression(json))
          .isEqualTo(
              new Compression(
                  Optional.of(new Zstd(level, passThrough)),
                  threads.equals("-")
                      ? OptionalInt.empty()
                      : OptionalInt.of(Integer.parseInt(threads))));
    }

    @Test
    void aPlainTarHasThreadsToo() throws Exception {
      assertThat(compression("{'type': 'none', 'threads': 4}"))
          .isEqualTo(new Compression(Optional.empty(), OptionalInt.of(4)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"'none'", "{'type': 'none'}"})
    void noCompressionIsThatOfTheSeed(String json) throws Exception {
      assertThat(compression(json)).isEqualTo(Compression.NONE);
      assertThat(compression(json)).isEqualTo(read(LEAST).compression());
    }

    private Compression compression(String json) throws Exception {
      return read(LEAST.replaceFirst(
              "}\\s*$", ", \"compression\": " + json.replace('\'', '"') + "}"))
          .compression();
    }

    @Test
    void severalTargets() throws Exception {
      List<Target> targets =
          read("""
          {
            "folders": ["/etc"],
            "strategy": "noop",
            "targets": [
              {"name": "office-1", "ssh": {"host": "h"}, "remoteFolder": "backup"},
              {"name": "DISK_2", "remoteFolder": "/mnt/backup"},
            ],
          }
          """)
              .targets();

      assertThat(targets)
          .extracting(Target::name)
          .containsExactly(Optional.of("office-1"), Optional.of("DISK_2"));
      assertThat(targets).extracting(Target::remoteFolder).containsExactly("backup", "/mnt/backup");
      assertThat(targets.getFirst().ssh().map(Ssh::host)).contains("h");
      assertThat(targets.getLast().ssh()).isEmpty();
    }

    @Test
    void theLeastThatIsNeeded() throws Exception {
      assertThat(read(LEAST))
          .isEqualTo(
              new Configuration(
                  List.of("/etc"),
                  List.of(),
                  Optional.empty(),
                  Strategy.NOOP,
                  Compression.NONE,
                  List.of(),
                  Options.DEFAULTS,
                  List.of(new Target(Optional.empty(), Optional.empty(), "/backup")),
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  Priority.AS_STARTED));
    }

    @Test
    void everyKey() throws Exception {
      assertThat(
              read(
                  """
                  /* comments, and commas at the end */
                  {
                    "timezone": "Europe/Berlin",
                    "ssh": {
                      "host": "backup.example", // name of a Host in ssh's configuration
                      "login": "plasma@example.org",
                      "port": 65535,
                      "identityFile": "~/.ssh/backup",
                      "knownHostsFile": "/etc/ssh/known hosts",
                      "stallTimeout": "90s",
                      "retryFor": "720h",
                      "connections": 16,
                      "readBack": "all",
                      "bandwidthLimit": "10M",
                    },
                    "folders": ["/", "//srv///data/", "/srv/data/inner", "/tmp/..x", "/Ünïcode \\ud83d\\ude00"],
                    "tempfile": "/var//tmp/backup.tar",
                    "strategy": "btrfs-snapshot",
                    "exclude": ["/home/*/.cache/", "*.o", "!important.o", "*.o",],
                    "options": {
                      "readOnlySubvolumes": "include",
                      "otherFilesystems": "fail",
                      "excludeCaches": true,
                      "excludeNodump": true,
                      "reflink": "never",
                      "changeDetection": "full",
                      "fullReadEvery": "7d",
                      "keepLastSnapshot": true,
                      "stateFolder": "/var//state/",
                    },
                    "remoteFolder": "backups/this machine",
                    "executeBefore": [],
                    "executeAfter": ["a", "a",],
                    "executeOnFailure": ["tell somebody"],
                    "executeAlways": ["ping"],
                    "metricsFile": "/var//lib/metrics/plasma.prom",
                    "priority": {"nice": 19, "disk": "idle"},
                  }
                  // the end
                  """))
          .isEqualTo(
              new Configuration(
                  List.of("/", "/srv/data", "/srv/data/inner", "/tmp/..x", "/Ünïcode 😀"),
                  List.of("/home/*/.cache/", "*.o", "!important.o", "*.o"),
                  Optional.of("/var/tmp/backup.tar"),
                  Strategy.BTRFS_SNAPSHOT,
                  Compression.NONE,
                  List.of(),
                  new Options(
                      ReadOnlySubvolumes.INCLUDE,
                      OtherFilesystems.FAIL,
                      true,
                      true,
                      Reflink.NEVER,
                      ChangeDetection.FULL,
                      Duration.ofDays(7),
                      true,
                      Optional.of("/var/state")),
                  List.of(
                      new Target(
                          Optional.empty(),
                          Optional.of(
                              new Ssh(
                                  "backup.example",
                                  Optional.of("plasma@example.org"),
                                  OptionalInt.of(65535),
                                  Optional.of("~/.ssh/backup"),
                                  Optional.of("/etc/ssh/known hosts"),
                                  Duration.ofSeconds(90),
                                  Duration.ofDays(30),
                                  OptionalInt.of(16),
                                  ReadBack.ALL,
                                  OptionalLong.of(10 << 20))),
                          "backups/this machine")),
                  List.of(),
                  List.of("a", "a"),
                  List.of("tell somebody"),
                  List.of("ping"),
                  Optional.of(ZoneId.of("Europe/Berlin")),
                  Optional.of("/var/lib/metrics/plasma.prom"),
                  new Priority(OptionalInt.of(19), Optional.of(Priority.Disk.IDLE))));
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void optionsOfEveryStrategy(Strategy strategy) throws Exception {
      String text =
          "{\"folders\": [\"/etc\"], \"strategy\": \"%s\", \"remoteFolder\": \"/b\", \"options\": %s}";

      assertThat(read(text.formatted(strategy.text(), "{}")).options())
          .isEqualTo(Options.DEFAULTS)
          .isEqualTo(
              new Options(
                  ReadOnlySubvolumes.EXCLUDE,
                  OtherFilesystems.INCLUDE,
                  false,
                  false,
                  Reflink.AUTO,
                  ChangeDetection.AUTO,
                  Duration.ofDays(30),
                  false,
                  Optional.empty()));
      assertThat(
              read(text.formatted(
                      strategy.text(),
                      "{\"readOnlySubvolumes\": \"exclude\", \"otherFilesystems\": \"skip\","
                          + " \"excludeCaches\": false}"))
                  .options())
          .isEqualTo(
              new Options(
                  ReadOnlySubvolumes.EXCLUDE,
                  OtherFilesystems.SKIP,
                  false,
                  false,
                  Reflink.AUTO,
                  ChangeDetection.AUTO,
                  Duration.ofDays(30),
                  false,
                  Optional.empty()));
    }

    @Test
    void aByteOrderMarkAndWindowsLineEnds() throws Exception {
      assertThat(read("\ufeff// one\r\n" + LEAST + "\r\n").folders()).containsExactly("/etc");
    }

    @Test
    void aFileOfExactlyTheLargestSize() throws Exception {
      byte[] text =
          (LEAST + " ".repeat(TrustedFile.LIMIT - LEAST.length())).getBytes(StandardCharsets.UTF_8);

      assertThat(read(text).folders()).containsExactly("/etc");
    }

    @Test
    void aLinkToAFile() throws Exception {
      Path file = ConfigurationFiles.write(directory, LEAST);
      Path link = Files.createSymbolicLink(directory.resolve("link"), file);

      assertThat(ConfigurationFile.read(link).folders()).containsExactly("/etc");
    }

    @Test
    void itsListsCannotBeChanged() throws Exception {
      Configuration configuration = read(ConfigurationFiles.example());

      assertThat(configuration.folders()).isUnmodifiable();
      assertThat(configuration.exclude()).isUnmodifiable();
      assertThat(configuration.executeBefore()).isUnmodifiable();
      assertThat(configuration.executeAfter()).isUnmodifiable();
    }
  }

  @Nested
  class Unreadable {

    @Test
    void missing() {
      Path file = directory.resolve("none.conf");

      assertRefused(() -> ConfigurationFile.read(file), file + ": no such file");
    }

    @Test
    void aPathThroughAFile() throws IOException {
      Path file = ConfigurationFiles.write(directory, LEAST).resolve("inner");

      assertRefused(() -> ConfigurationFile.read(file), file + ": no such file");
    }

    @Test
    void aFolder() {
      assertRefused(() -> ConfigurationFile.read(directory), directory + ": is a folder");
    }

    @Test
    @Timeout(10)
    void aPipeThatNobodyWritesTo() throws Exception {
      Path pipe = directory.resolve("pipe");
      run("mkfifo", pipe.toString());

      assertRefused(() -> ConfigurationFile.read(pipe), pipe + ": is not a regular file");
    }

    @Test
    void aLinkToItself() throws IOException {
      Path link = directory.resolve("link");
      Files.createSymbolicLink(link, link);

      assertRefused(() -> ConfigurationFile.read(link), link + ": cannot be read: Too many levels");
    }

    @Test
    void withoutPermission() throws IOException {
      assumeFalse(EffectiveUser.id() == 0, "root may read every file");
      Path file = ConfigurationFiles.write(directory, LEAST);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-w-------"));

      assertRefused(() -> ConfigurationFile.read(file), file + ": permission denied");
    }

    @Test
    void notUtf8() throws IOException {
      Path file =
          ConfigurationFiles.write(
              directory,
              "{\n\"folders\": [\n\"/B\u00fccher\"]".getBytes(StandardCharsets.ISO_8859_1));

      assertRefused(() -> ConfigurationFile.read(file), file + ":3: not UTF-8");
    }

    @Test
    void cutOffInsideACharacter() throws IOException {
      Path file = ConfigurationFiles.write(directory, new byte[] {'{', '\n', '"', (byte) 0xc3});

      assertRefused(() -> ConfigurationFile.read(file), file + ":2: not UTF-8");
    }

    @Test
    void tooLarge() throws IOException {
      Path file =
          ConfigurationFiles.write(
              directory, LEAST + " ".repeat(TrustedFile.LIMIT - LEAST.length() + 1));

      assertRefused(() -> ConfigurationFile.read(file), file + ": is larger than 1 MiB");
    }

    @Test
    void aNameWithALineBreakStaysOneLine() {
      Path file = directory.resolve("a\nb");

      assertRefused(() -> ConfigurationFile.read(file), directory + "/a\\u000ab: no such file");
    }
  }

  /** The commands in the file run as the user who reads it. */
  @Nested
  class WrittenByWhom {

    @Test
    void writableByEverybodyUntilTheAdviceIsFollowed() throws Exception {
      Path folder = Files.createDirectory(directory.resolve("it's here"));
      Path file = ConfigurationFiles.write(folder, LEAST);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));

      String message =
          assertRefused(() -> ConfigurationFile.read(file), "can be changed by others (mode 0666)");

      assertThat(message).contains("chmod go-w ");
      followAdvice(message);
      assertThat(ConfigurationFile.read(file).folders()).containsExactly("/etc");
    }

    @Test
    void writableByItsGroup() throws Exception {
      Path file = ConfigurationFiles.write(directory, LEAST);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));

      if (EffectiveUser.id() == 0) {
        assertRefused(() -> ConfigurationFile.read(file), "can be changed by others (mode 0664)");
      } else {
        assertThat(ConfigurationFile.read(file).folders()).containsExactly("/etc");
      }
    }

    @Test
    void ownedByAnotherUserUntilTheAdviceIsFollowed() throws Exception {
      assumeTrue(EffectiveUser.id() == 0, "only root can give a file away");
      Path file = ConfigurationFiles.write(directory, LEAST);
      Files.setAttribute(file, "unix:uid", 12345);
      Path link = Files.createSymbolicLink(directory.resolve("link of root"), file);

      String message =
          assertRefused(() -> ConfigurationFile.read(link), link + ": belongs to user id 12345");

      assertThat(message).contains("chown 0 ");
      followAdvice(message);
      assertThat(ConfigurationFile.read(link).folders()).containsExactly("/etc");
    }

    @Test
    void ownedByTheUserOnWhoseBehalfItIsRead() throws Exception {
      assumeTrue(EffectiveUser.id() == 0, "only root can give a file away");
      Path file = ConfigurationFiles.write(directory, LEAST);
      Files.setAttribute(file, "unix:uid", 12345);

      assertThat(ConfigurationFile.read(file, 12345).folders()).containsExactly("/etc");
    }

    @Test
    void isFoundOutAboutThisProcess() throws Exception {
      assertThat(EffectiveUser.id()).isEqualTo(Long.parseLong(run("id", "-u").strip()));
    }
  }

  @Nested
  class Found {

    private final Path conf() {
      return directory.resolve("plasma-agent.conf");
    }

    private final Path json() {
      return directory.resolve("plasma-agent.json");
    }

    @Test
    void confWhereThereAreBoth() throws Exception {
      Files.createFile(json());
      Files.createFile(conf());

      assertThat(ConfigurationFile.find(directory)).isEqualTo(conf());
    }

    @Test
    void jsonWhereThereIsOnlyThat() throws Exception {
      Files.createFile(json());

      assertThat(ConfigurationFile.find(directory)).isEqualTo(json());
    }

    @Test
    void confEvenWhereItIsALinkToNowhere() throws Exception {
      Files.createFile(json());
      Files.createSymbolicLink(conf(), directory.resolve("nowhere"));

      assertThat(ConfigurationFile.find(directory)).isEqualTo(conf());
    }

    @Test
    void allThatThereAre() throws Exception {
      Path several = Files.createDirectory(directory.resolve("plasma-agent.d"));
      Path b = Files.createFile(several.resolve("b.conf"));
      Path a = Files.createFile(several.resolve("a.conf"));
      Files.createFile(several.resolve("a.conf.dpkg-old"));
      assertThat(ConfigurationFile.all(directory)).containsExactly(a, b);

      Files.createFile(conf());
      assertThat(ConfigurationFile.all(directory)).containsExactly(conf(), a, b);
    }

    @Test
    void allOfNone() throws Exception {
      assertRefused(() -> ConfigurationFile.all(directory), "no configuration: neither");

      Files.createDirectory(directory.resolve("plasma-agent.d"));
      assertRefused(() -> ConfigurationFile.all(directory), "no configuration: neither");
    }

    @Test
    void neither() {
      assertRefused(
          () -> ConfigurationFile.find(directory),
          "no configuration: neither " + conf() + " nor " + json() + " exists");
    }
  }

  private Configuration read(String text) throws Exception {
    return ConfigurationFile.read(ConfigurationFiles.write(directory, text));
  }

  private Configuration read(byte[] content) throws Exception {
    return ConfigurationFile.read(ConfigurationFiles.write(directory, content));
  }

  private static String assertRefused(ThrowingCallable call, String fragment) {
    Failure failure = catchThrowableOfType(Failure.class, call);
    assertThat(failure).as("the failure").isNotNull();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure).message().contains(fragment).matches("\\P{Cntrl}+");
    return String.valueOf(failure.getMessage());
  }

  private static void followAdvice(String message) throws Exception {
    run("/bin/sh", "-c", message.substring(message.indexOf("run: ") + "run: ".length()));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
