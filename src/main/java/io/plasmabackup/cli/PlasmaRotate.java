package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.RotationReport;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.rotate.Rotator;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Label;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-rotate}. */
@Command(
    name = "plasma-rotate",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Deletes the archives that a folder's policy no longer keeps, with their indexes and the records"
          + " of their verification.",
      "",
      "The policy is the file plasma-rotate.json in the folder, for example",
      "  {\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}",
      "Of each label the newest stay, by name. Without a valid policy nothing is deleted.",
      "With \"minimumAge\": \"14d\" beside these what is younger stays, and isn't counted.",
      ""
    })
public final class PlasmaRotate implements Callable<ExitCode> {

  private final Rotator rotator;

  @Option(names = "--dry-run", description = "Show what would be deleted, and delete nothing.")
  private boolean dryRun;

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  @Parameters(arity = "1..*", paramLabel = "DIR", description = "Folders that hold archives.")
  private List<Path> folders = new ArrayList<>();

  public PlasmaRotate() {
    this(Clock.system(ZoneId.systemDefault()));
  }

  PlasmaRotate(Clock clock) {
    this(clock, Duration.ZERO);
  }

  /**
   * @param minimumAge what archives that go must have where the policy says nothing about that
   */
  PlasmaRotate(Clock clock, Duration minimumAge) {
    rotator = new Rotator(clock, minimumAge);
  }

  public static void main(String[] arguments) {
    Program.main(new PlasmaRotate(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    for (Path folder : folders) {
      // As an unset variable in a script gives it; it would mean the working directory.
      if (folder.toString().isEmpty()) {
        throw new Failure(ExitCode.USAGE, "a DIR is empty; nothing was deleted");
      }
    }
    List<RotatedFolder> results = new ArrayList<>();
    for (Path folder : folders) {
      RotatedFolder result = rotate(folder);
      results.add(result);
      warn(result);
      if (!json) {
        print(result);
      }
    }
    if (json) {
      System.out.println(RotationJson.of(dryRun, results));
    }
    return results.stream()
        .map(RotatedFolder::exitCode)
        .filter(code -> code != ExitCode.OK)
        .findFirst()
        .orElse(ExitCode.OK);
  }

  private RotatedFolder rotate(Path folder) {
    String name = folder.toString();
    try (Store store = LocalStore.open(folder)) {
      RotationReport report = dryRun ? rotator.preview(store) : rotator.rotate(store);
      return new RotatedFolder(name, report, report.failures());
    } catch (Failure e) {
      return new RotatedFolder(name, null, List.of(e));
    }
  }

  private static void warn(RotatedFolder result) {
    for (Failure failure : result.failures()) {
      System.err.println("plasma-rotate: " + oneLine(failure.getMessage()));
    }
    RotationReport report = result.report();
    if (report == null || report.rotation().future().isEmpty()) {
      return;
    }
    List<ArchiveName> future = report.rotation().future();
    String names =
        future.size() == 1 ? "" + future.getFirst() : future.getFirst() + " to " + future.getLast();
    System.err.println(
        "plasma-rotate: %s: %d dated in the future (%s): kept and not counted; check the clocks"
            .formatted(oneLine(result.folder()), future.size(), names));
  }

  private void print(RotatedFolder result) {
    RotationReport report = result.report();
    if (report == null) {
      return;
    }
    for (Deletion deletion : report.deleted()) {
      System.out.println(
          "%s %s (%s)"
              .formatted(
                  dryRun ? "would delete" : "deleted",
                  deletion.fileName(),
                  Sizes.rounded(deletion.bytes())));
    }
    String kept =
        Arrays.stream(Label.values())
            .map(label -> count(report, label) + " " + label.text())
            .collect(Collectors.joining(", "));
    if (!report.rotation().recent().isEmpty()) {
      kept += ", and %d younger than minimumAge".formatted(report.rotation().recent().size());
    }
    System.out.println(
        "%s: %s %d, %s; keeping %s"
            .formatted(
                oneLine(result.folder()),
                dryRun ? "would delete" : "deleted",
                report.deleted().size(),
                Sizes.rounded(report.freedBytes()),
                kept));
  }

  private static long count(RotationReport report, Label label) {
    return report.rotation().keep().stream().filter(name -> name.label() == label).count();
  }

  /** A path may hold anything; on a terminal or in a log it must not. */
  private static String oneLine(String text) {
    return text.replaceAll("\\p{C}", "?");
  }
}
