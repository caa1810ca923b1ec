package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.Platform;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.FolderFacts;
import io.plasmabackup.plan.Inspector;
import io.plasmabackup.plan.OwnPlaces;
import io.plasmabackup.plan.Plan;
import io.plasmabackup.plan.Planner;
import io.plasmabackup.plan.Privileges;
import io.plasmabackup.store.ArchiveName;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code plasma-agent}. */
@Command(
    name = "plasma-agent",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Backs this machine up: read-only btrfs snapshots of the folders' subvolumes, streamed as one"
          + " plain tar to a folder on a server (or a local one), which is then rotated.",
      ""
    })
public final class PlasmaAgent implements Callable<ExitCode> {

  private static final DateTimeFormatter RUN_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'");

  private final Clock clock;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Read this configuration instead of /etc/plasma-agent.conf (or, where only that exists,"
              + " /etc/plasma-agent.json).")
  private @Nullable Path configurationFile;

  @Option(
      names = "--dry-run",
      description = "Show what would be backed up, from where to where; change nothing.")
  private boolean dryRun;

  public PlasmaAgent() {
    this(Clock.systemUTC());
  }

  PlasmaAgent(Clock clock) {
    this.clock = clock;
  }

  public static void main(String[] arguments) {
    Program.main(new PlasmaAgent(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    refuseOtherPlatforms();
    Log log = new Log("plasma-agent", System.out, System.err);
    Configuration configuration =
        ConfigurationFile.read(
            configurationFile != null ? configurationFile : ConfigurationFile.find());
    MountTable mounts = mounts();
    Plan plan = plan(configuration, mounts);
    plan.warnings().forEach(log::warn);
    Storage storage = new Storage(configuration);
    if (dryRun) {
      showPlan(plan, mounts, storage.location(), log);
      return ExitCode.OK;
    }
    try (Interruption interruption = new Interruption()) {
      BackupRun run = new BackupRun(configuration, plan, mounts, storage, interruption, log);
      try {
        return run.run();
      } catch (Failure failure) {
        // After a signal the process is gone as soon as the interruption is closed.
        return Program.report("plasma-agent", interruption.explain(failure, run.archive()));
      }
    }
  }

  private static void refuseOtherPlatforms() throws Failure {
    try {
      var _ = Platform.current();
    } catch (UnsupportedOperationException e) {
      throw new Failure(ExitCode.REFUSED, e.getMessage() + "; nothing was done", e);
    }
  }

  private static MountTable mounts() throws Failure {
    try {
      return MountTable.read();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot read /proc/self/mountinfo: " + e.getMessage() + "; mount /proc",
          e);
    }
  }

  private Plan plan(Configuration configuration, MountTable mounts) throws Failure {
    ZoneId zone = configuration.timezone().orElseGet(ZoneId::systemDefault);
    ZonedDateTime time = clock.instant().atZone(zone);
    List<FolderFacts> folders = new ArrayList<>();
    if (configuration.strategy() != Strategy.NOOP) {
      Inspector inspector = new Inspector(mounts);
      for (String folder : configuration.folders()) {
        folders.add(inspector.inspect(RawPath.of(folder)));
      }
    }
    return new Planner(configuration.strategy(), mounts, privileges(), ownPlaces(configuration))
        .plan(runId(time), time, folders);
  }

  private static OwnPlaces ownPlaces(Configuration configuration) {
    Optional<RawPath> store =
        configuration.ssh().isPresent()
            ? Optional.empty()
            : Optional.of(canonical(Path.of(configuration.remoteFolder())));
    List<RawPath> tempfiles =
        configuration.tempfile().stream()
            .flatMap(file -> Stream.of(file, file + ArchiveName.INDEX_SUFFIX))
            .map(Path::of)
            .map(file -> canonical(file.resolveSibling("")).resolve(file.getFileName().toString()))
            .toList();
    return new OwnPlaces(store, tempfiles);
  }

  /** As it is where the folder isn't there: whoever wants to write there will say so. */
  private static RawPath canonical(Path folder) {
    try {
      return RawPath.of(folder.toRealPath().toString());
    } catch (IOException missing) {
      return RawPath.of(folder.toString());
    }
  }

  private static Privileges privileges() throws Failure {
    try {
      return Privileges.read();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot read /proc/self/status: " + e.getMessage() + "; mount /proc",
          e);
    }
  }

  /** Sorts by time, and is unique without asking anybody. */
  private static String runId(ZonedDateTime time) {
    byte[] random = new byte[4];
    new SecureRandom().nextBytes(random);
    return RUN_TIME.format(time.withZoneSameInstant(ZoneOffset.UTC))
        + "-"
        + HexFormat.of().formatHex(random);
  }

  /** Measures what is there now, in the live folders, and shows it with the plan. */
  private static void showPlan(Plan plan, MountTable mounts, String location, Log log)
      throws Failure {
    RunNotes notes = new RunNotes(log);
    try (Sources sources = Sources.live(plan, mounts);
        FolderSizes sizes = new FolderSizes(plan, sources.walk(notes))) {
      ArchiveSize archive = ArchiveSize.of(sizes);
      notes.finish();
      new PlanPrinter(log).print(plan, location, sizes, archive);
    }
  }
}
