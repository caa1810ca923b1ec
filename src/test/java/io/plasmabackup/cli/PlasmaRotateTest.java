package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.rotate.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class PlasmaRotateTest {

  private static final Instant NOW = Instant.parse("2024-05-08T00:05:00Z");
  private static final String MONDAY = "20240506-0000-weekly.tar";
  private static final String TUESDAY = "20240507-0000-daily.tar";
  private static final String WEDNESDAY = "20240508-0000-daily.tar";
  private static final String[] ARCHIVES = {MONDAY, TUESDAY, TUESDAY + ".index", WEDNESDAY};

  @TempDir private Path home;

  @Test
  void saysWhatItDeletedAndWhatItKeeps() throws Exception {
    Folder folder = folder("a").policy(1, 1, 1).with(ARCHIVES);

    Run run = rotate(folder.path().toString());

    assertThat(run)
        .isEqualTo(
            new Run(
                0,
                """
                deleted 20240507-0000-daily.tar (2.0 KiB)
                %s: deleted 1, 2.0 KiB; keeping 1 daily, 1 weekly, 0 monthly
                """
                    .formatted(folder.path()),
                ""));
    assertThat(folder.names()).containsExactly(MONDAY, WEDNESDAY);
  }

  @Test
  void saysWhichPartialFilesWereAbandoned() throws Exception {
    String part = "." + MONDAY + ".part";
    Folder folder =
        folder("a").policy(1, 1, 1).with(part).modified(part, NOW.minus(Duration.ofDays(8)));

    assertThat(rotate("--dry-run", folder.path().toString()).out())
        .isEqualTo(
            """
            would delete .20240506-0000-weekly.tar.part (1000 B)
            %s: would delete 1, 1000 B; keeping 0 daily, 0 weekly, 0 monthly
            """
                .formatted(folder.path()));
    assertThat(folder.names()).containsExactly(part);
    assertThat(rotate("--json", folder.path().toString()).out())
        .contains("\"deleted\":[{\"name\":\"" + part + "\",\"bytes\":1000}],\"freedBytes\":1000");
    assertThat(folder.names()).isEmpty();
  }

  @Test
  void aDryRunDeletesNothing() throws Exception {
    Folder folder = folder("a").policy(1, 1, 1).with(ARCHIVES);

    Run run = rotate("--dry-run", folder.path().toString());

    assertThat(run)
        .isEqualTo(
            new Run(
                0,
                """
                would delete 20240507-0000-daily.tar (2.0 KiB)
                %s: would delete 1, 2.0 KiB; keeping 1 daily, 1 weekly, 0 monthly
                """
                    .formatted(folder.path()),
                ""));
    assertThat(folder.names()).containsExactlyInAnyOrder(ARCHIVES);
  }

  @Test
  void writesOneJsonDocument() throws Exception {
    Folder folder = folder("a").policy(1, 0, 2).with(ARCHIVES).with("20991231-0000-daily.tar");

    Run run = rotate("--json", folder.path().toString(), home.resolve("missing").toString());

    assertThat(run.out())
        .isEqualTo(
            """
            {"dryRun":false,"folders":[\
            {"folder":"HOME/a","exitCode":0,"failures":[],\
            "policy":{"daily":1,"weekly":0,"monthly":2,"minimumAgeHours":0},\
            "kept":["20240508-0000-daily.tar"],"recent":[],\
            "future":["20991231-0000-daily.tar"],\
            "deleted":[{"name":"20240506-0000-weekly.tar","bytes":1000},\
            {"name":"20240507-0000-daily.tar","bytes":2000}],\
            "freedBytes":3000},\
            {"folder":"HOME/missing","exitCode":9,\
            "failures":["cannot open the storage folder HOME/missing: it does not exist; create the folder on the storage first (mkdir -p)"],\
            "policy":null,"kept":[],"recent":[],"future":[],"deleted":[],"freedBytes":0}]}
            """
                .replace("HOME", home.toString()));
    assertThat(run.status()).isEqualTo(ExitCode.STORAGE.number());
    assertThat(run.err().lines()).hasSize(2);
  }

  @Test
  void aDryRunSaysSoInJson() throws Exception {
    Folder folder = folder("a").policy(0, 0, 0).with(ARCHIVES);

    Run run = rotate("--json", "--dry-run", folder.path().toString());

    assertThat(run.out()).startsWith("{\"dryRun\":true,").contains("\"freedBytes\":4000");
    assertThat(folder.names()).containsExactlyInAnyOrder(ARCHIVES);
  }

  @Test
  void oneBadFolderDoesNotStopTheOthersAndTheFirstFailureGivesTheStatus() throws Exception {
    Folder first = folder("first").policy(1, 1, 1).with(ARCHIVES);
    Folder unruled = folder("unruled").with(ARCHIVES);
    Path missing = home.resolve("missing");
    Folder last = folder("last").policy(0, 0, 0).with(ARCHIVES);

    Run run =
        rotate(
            first.path().toString(),
            unruled.path().toString(),
            missing.toString(),
            last.path().toString());

    assertThat(run.status()).isEqualTo(ExitCode.CONFIGURATION.number());
    assertThat(run.err().lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("plasma-rotate: "))
        .anyMatch(line -> line.contains(unruled.path() + "/plasma-rotate.json is missing"))
        .anyMatch(line -> line.contains(missing + ": it does not exist"));
    assertThat(first.names()).containsExactly(MONDAY, WEDNESDAY);
    assertThat(unruled.names()).containsExactlyInAnyOrder(ARCHIVES);
    assertThat(last.names()).isEmpty();
  }

  @Test
  void aMalformedPolicyIsOneLineAndDeletesNothing() throws Exception {
    Folder folder =
        folder("a").with(ARCHIVES).file("plasma-rotate.json", "{\n\"policy\": {\"daily\": -1}}");

    Run run = rotate(folder.path().toString());

    assertThat(run)
        .isEqualTo(
            new Run(
                ExitCode.CONFIGURATION.number(),
                "",
                "plasma-rotate: "
                    + folder.path()
                    + "/plasma-rotate.json, line 2: \"daily\" must be a whole number from 0 to"
                    + " 100000, not -1; nothing was deleted\n"));
    assertThat(folder.names()).containsExactlyInAnyOrder(ARCHIVES);
  }

  @Test
  void aFileThatCannotBeDeletedIsReportedAndTheRestIsDone() throws Exception {
    Folder folder = folder("a").policy(0, 0, 0).with(ARCHIVES);
    Path stuck = folder.path().resolve(TUESDAY);
    assumeTrue(chattr("+i", stuck), "files cannot be made immutable here (chattr +i)");
    try {
      Run run = rotate(folder.path().toString());

      assertThat(run.status()).isEqualTo(ExitCode.STORAGE.number());
      assertThat(run.err().lines()).singleElement().asString().contains("cannot delete " + stuck);
      assertThat(run.out()).contains("deleted 2, 2.0 KiB;");
      assertThat(folder.names()).containsExactly(TUESDAY, TUESDAY + ".index");
    } finally {
      assertThat(chattr("-i", stuck)).isTrue();
    }
  }

  @Test
  void warnsAboutTheFuture() throws Exception {
    Folder folder =
        folder("a")
            .policy(1, 1, 1)
            .with(WEDNESDAY, "20250101-0000-daily.tar", "20250102-0000-daily.tar")
            .with("20250103-0000-daily.tar.zst");

    Run run = rotate(folder.path().toString());

    assertThat(run.status()).isZero();
    assertThat(run.err())
        .isEqualTo(
            "plasma-rotate: %s: 3 dated in the future (20250101-0000-daily.tar to %s): %s\n"
                .formatted(
                    folder.path(),
                    "20250103-0000-daily.tar.zst",
                    "kept and not counted; check the clocks"));
    assertThat(run.out()).endsWith("deleted 0, 0 B; keeping 1 daily, 0 weekly, 0 monthly\n");
    assertThat(folder.names()).hasSize(4);
  }

  @Test
  void foreignNamesDoNotReachTheTerminal() throws Exception {
    Folder folder =
        folder("a\u001b[31m")
            .policy(0, 0, 0)
            .with(MONDAY, "evil\u001b]0;x\u0007", "evil\n" + TUESDAY, TUESDAY + "\u001b[2J");
    Path missing = home.resolve("missing\u001b[2J\n");

    for (String option : new String[] {"--dry-run", "--json"}) {
      Run run = rotate(option, folder.path().toString(), missing.toString());
      assertThat(run.out() + run.err())
          .doesNotContain("evil", "\u001b", "\u0007")
          .contains(MONDAY, "[31m");
      assertThat(run.err().lines()).hasSize(1);
    }
  }

  @Test
  void thePathOfAFolderMayGoThroughLinks() throws Exception {
    Folder folder = folder("a").policy(1, 1, 1).with(ARCHIVES);
    Path link = Files.createSymbolicLink(home.resolve("link"), folder.path());

    assertThat(rotate(link.toString()).status()).isZero();
    assertThat(folder.names()).containsExactly(MONDAY, WEDNESDAY);
  }

  @Test
  void aFileInsteadOfAFolderIsSaidSo() throws Exception {
    Path file = Files.writeString(home.resolve("file"), "");

    Run run = rotate(file.toString());

    assertThat(run.status()).isEqualTo(ExitCode.STORAGE.number());
    assertThat(run.err()).contains(file + ": it is not a directory");
  }

  @Test
  void theCommandLineIsChecked() throws Exception {
    Folder folder = folder("a").policy(0, 0, 0).with(ARCHIVES);

    assertThat(rotate().status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(rotate("--json").status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(rotate("--force", folder.path().toString()).status())
        .isEqualTo(ExitCode.USAGE.number());
    // An unset variable in a script must not mean the working directory, and nothing is half done.
    assertThat(rotate(folder.path().toString(), "").status()).isEqualTo(ExitCode.USAGE.number());
    assertThat(folder.names()).containsExactlyInAnyOrder(ARCHIVES);
  }

  @Test
  void helpShowsAPolicy() throws Exception {
    Run run = rotate("--help");

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("{\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}")
        .contains("--dry-run", "--json");
  }

  private Folder folder(String name) throws IOException {
    return new Folder(Files.createDirectory(home.resolve(name)));
  }

  private static Run rotate(String... arguments) {
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    return Commands.run(new PlasmaRotate(clock), arguments);
  }

  private static boolean chattr(String flag, Path file) throws InterruptedException {
    try {
      return new ProcessBuilder("chattr", flag, file.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }
}
