package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Platform;
import io.plasmabackup.walk.TreeWalk.Detail;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZonedDateTime;
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
      "Backs this machine up, unless a COMMAND says what else to do.",
      "Snapshots of the folders' subvolumes become one tar in a folder on a server.",
      ""
    })
public final class PlasmaAgent implements Program.Parent {

  private final Clock clock;

  @Option(
      names = "--config",
      scope = ScopeType.INHERIT,
      paramLabel = "FILE",
      description = "Instead of /etc/plasma-agent.conf.")
  private @Nullable Path configurationFile;

  @Option(names = "--dry-run", description = "Show what would be backed up; change nothing.")
  private boolean dryRun;

  @Option(names = "--no-resume", description = "Don't go on with an upload that was cut off.")
  private boolean noResume;

  @Option(names = "--json", description = "Write one JSON document to stdout.")
  private boolean machineReadable;

  @Option(names = "--all", description = "Use all configurations, one after the other.")
  private boolean all;

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = "text, or json: a document for each line.")
  private LogFormat logFormat = LogFormat.TEXT;

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
    subcommands.put("init", InitAgent::new);
    subcommands.put("status", () -> new ShowStatus(clock));
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
    refuseOptionsBefore(subcommand);
    return file();
  }

  /** As {@link #configurationFor(String)}, but without {@code --config} it is {@code otherwise}. */
  Path configurationFor(String subcommand, Path otherwise) throws Failure {
    refuseOptionsBefore(subcommand);
    return configurationFile != null ? configurationFile : otherwise;
  }

  private void refuseOptionsBefore(String subcommand) throws Failure {
    if (dryRun || noResume || machineReadable || all || logFormat != LogFormat.TEXT) {
      throw new Failure(
          ExitCode.USAGE,
          "--dry-run, --no-resume, --json, --all and --log-format before \"%1$s\" are of a backup; what \"%1$s\" takes stands after it, see plasma-agent %1$s --help"
              .formatted(subcommand));
    }
  }

  private Path file() throws Failure {
    return configurationFile != null ? configurationFile : ConfigurationFile.find();
  }

  @Override
  public ExitCode call() throws Failure {
    refuseOtherPlatforms();
    Log log = Log.ofProcess("plasma-agent", logFormat, !machineReadable || dryRun);
    try (ServiceStatus service = ServiceStatus.ofProcess()) {
      log.tell(service);
      return all ? runAll(log) : run(file(), log);
    } catch (ErrnoException noSocket) {
      throw new Failure(ExitCode.REFUSED, noSocket.getMessage(), noSocket);
    } catch (Failure failure) {
      log.failure(failure);
      return failure.exitCode();
    }
  }

  /** One after the other; what becomes of one doesn't matter to the next. */
  private ExitCode runAll(Log log) throws Failure {
    if (configurationFile != null) {
      throw new Failure(ExitCode.USAGE, "--config and --all exclude each other");
    }
    ExitCode first = ExitCode.OK;
    for (Path file : ConfigurationFile.all()) {
      log.info("configuration " + file);
      ExitCode exitCode;
      try {
        exitCode = run(file, log);
      } catch (Failure failure) {
        log.failure(failure);
        exitCode = failure.exitCode();
      }
      if (first == ExitCode.OK) {
        first = exitCode;
      }
      if (exitCode == ExitCode.INTERRUPTED || exitCode == ExitCode.SUSPENDED) {
        break;
      }
    }
    return first;
  }

  private ExitCode run(Path file, Log log) throws Failure {
    Configuration configuration = ConfigurationFile.read(file);
    ZoneId zone = configuration.timezone().orElseGet(ZoneId::systemDefault);
    ZonedDateTime time = clock.instant().atZone(zone);
    if (dryRun) {
      Planned planned = new Planning(configuration, RunId.of(time), time).plan();
      planned.plan().warnings().forEach(log::warn);
      showPlan(configuration, planned, Storage.locations(configuration), log);
      return ExitCode.OK;
    }
    Settings.takeOn(configuration.priority());
    AgentRun run =
        new AgentRun(canonical(file), configuration, RunId.of(time), time, !noResume, log);
    ExitCode exitCode = run.run();
    if (machineReadable) {
      run.summary().ifPresent(System.out::println);
    }
    return exitCode;
  }

  /** Whatever way leads there, it is the same configuration. */
  static String canonical(Path file) throws Failure {
    try {
      return file.toRealPath().toString();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFIGURATION, file + " was moved away a moment ago; start again", e);
    }
  }

  /** Refuses to go on where Plasma doesn't run. */
  static void refuseOtherPlatforms() throws Failure {
    try {
      var _ = Platform.current();
    } catch (UnsupportedOperationException e) {
      throw new Failure(ExitCode.REFUSED, e.getMessage() + "; nothing was done", e);
    }
  }

  /** Measures what is there now, in the live folders, and shows it with the plan. */
  private void showPlan(Configuration configuration, Planned planned, String location, Log log)
      throws Failure {
    try (Sources sources = Sources.of(planned.live(), List.of());
        PartSizes sizes =
            new PartSizes(planned.plan(), sources.walk(new RunNotes(log), Detail.COMPLETE))) {
      ArchiveSize archive = ArchiveSize.of(sizes, Settings.packing(configuration));
      if (machineReadable) {
        System.out.println(
            PlanJson.of(planned.plan(), Settings.suffix(configuration), location, sizes, archive));
      } else {
        new PlanPrinter(log)
            .print(planned.plan(), Settings.suffix(configuration), location, sizes, archive);
      }
    }
  }
}
