package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.linux.Platform;
import io.plasmabackup.walk.TreeWalk.Detail;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code plasma-agent}. */
@Command(
    name = "plasma-agent",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Backs this machine up: read-only btrfs snapshots of the folders' subvolumes, streamed as one"
          + " plain tar to a folder on a server (or a local one), which is then rotated. That is what"
          + " it does without a COMMAND.",
      ""
    })
public final class PlasmaAgent implements Program.Parent {

  private static final DateTimeFormatter RUN_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'");

  private final Clock clock;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description =
          "Read this configuration instead of /etc/plasma-agent.conf (or, where only that exists,"
              + " /etc/plasma-agent.json).")
  private @Nullable Path configurationFile;

  @Option(
      names = "--dry-run",
      description = "Show what would be backed up, from where to where; change nothing.")
  private boolean dryRun;

  @Option(
      names = "--no-resume",
      description =
          "Don't go on with an upload that was cut off, and keep nothing for the next run to go on"
              + " with if this one is.")
  private boolean noResume;

  @Option(
      names = "--json",
      description =
          "Write one JSON document to stdout: of a run its summary, once it has stored an archive,"
              + " with all else on stderr; with --dry-run what it shows.")
  private boolean machineReadable;

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
  public Map<String, Supplier<Callable<ExitCode>>> subcommands() {
    Map<String, Supplier<Callable<ExitCode>>> subcommands = new LinkedHashMap<>();
    subcommands.put("check", CheckAgent::new);
    return subcommands;
  }

  /**
   * For a subcommand, which the options of a backup mean nothing to.
   *
   * @return what {@code --config} names, before the subcommand or after it, or else where a
   *     configuration is
   * @throws Failure ({@link ExitCode#USAGE}) if there is such an option
   */
  Path configurationFor(String subcommand) throws Failure {
    if (dryRun || noResume || machineReadable) {
      throw new Failure(
          ExitCode.USAGE,
          "--dry-run, --no-resume and --json before \"%1$s\" are of a backup; what \"%1$s\" takes stands after it, see plasma-agent %1$s --help"
              .formatted(subcommand));
    }
    return file();
  }

  private Path file() throws Failure {
    return configurationFile != null ? configurationFile : ConfigurationFile.find();
  }

  @Override
  public ExitCode call() throws Failure {
    refuseOtherPlatforms();
    Log log =
        new Log("plasma-agent", machineReadable && !dryRun ? System.err : System.out, System.err);
    Path file = file();
    Configuration configuration = ConfigurationFile.read(file);
    ZoneId zone = configuration.timezone().orElseGet(ZoneId::systemDefault);
    ZonedDateTime time = clock.instant().atZone(zone);
    Storage storage = new Storage(configuration, log);
    if (!dryRun) {
      storage.prepare();
    }
    Planning planning = new Planning(configuration, runId(time), time);
    Planned planned = planning.plan();
    planned.plan().warnings().forEach(log::warn);
    if (dryRun) {
      showPlan(configuration, planned, storage.location(), log);
      return ExitCode.OK;
    }
    try (StateFolder state =
            StateFolder.open(Settings.stateFolder(configuration), canonical(file));
        HeapWatch _ = HeapWatch.start();
        Interruption interruption = new Interruption()) {
      BackupRun run =
          new BackupRun(
              configuration,
              planning,
              planned.plan(),
              state,
              storage,
              interruption,
              log,
              !noResume);
      try {
        ExitCode exitCode = run.run();
        if (machineReadable) {
          run.summary().ifPresent(System.out::println);
        }
        return exitCode;
      } catch (Failure failure) {
        // After a signal the process is gone as soon as the interruption is closed.
        return Program.report("plasma-agent", interruption.explain(failure, run.archive()));
      }
    }
  }

  /** Whatever way leads there, it is the same configuration. */
  private static String canonical(Path file) throws Failure {
    try {
      return file.toRealPath().toString();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFIGURATION, file + " was moved away a moment ago; start again", e);
    }
  }

  private static void refuseOtherPlatforms() throws Failure {
    try {
      var _ = Platform.current();
    } catch (UnsupportedOperationException e) {
      throw new Failure(ExitCode.REFUSED, e.getMessage() + "; nothing was done", e);
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
  private void showPlan(Configuration configuration, Planned planned, String location, Log log)
      throws Failure {
    try (Sources sources = Sources.of(planned.live(), List.of());
        PartSizes sizes =
            new PartSizes(planned.plan(), sources.walk(new RunNotes(log), Detail.COMPLETE))) {
      ArchiveSize archive = ArchiveSize.of(sizes, Settings.packing(configuration));
      if (machineReadable) {
        log.info(
            PlanJson.of(planned.plan(), Settings.suffix(configuration), location, sizes, archive));
      } else {
        new PlanPrinter(log)
            .print(planned.plan(), Settings.suffix(configuration), location, sizes, archive);
      }
    }
  }
}
