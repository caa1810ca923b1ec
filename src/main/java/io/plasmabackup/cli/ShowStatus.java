package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.config.Target;
import io.plasmabackup.journal.RunResult;
import io.plasmabackup.journal.RunResults;
import io.plasmabackup.journal.StateFolder;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code plasma-agent status}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows how the last run ended, and how old the last backup is.",
      "It doesn't ask the storage.",
      ""
    })
final class ShowStatus implements Callable<ExitCode> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

  private final Clock clock;

  @ParentCommand private PlasmaAgent agent = new PlasmaAgent();

  @Option(
      names = "--max-age",
      paramLabel = "HOURS",
      description = "Exit with status 23, too, if the last backup is older than so many hours.")
  private @Nullable Integer maxAge;

  @Option(names = "--json", description = "Write one JSON document.")
  private boolean machineReadable;

  ShowStatus(Clock clock) {
    this.clock = clock;
  }

  @Override
  public ExitCode call() throws Failure {
    if (maxAge != null && maxAge < 1) {
      throw new Failure(ExitCode.USAGE, "--max-age takes a number of hours, at least 1");
    }
    Path file = agent.configurationFor("status");
    Configuration configuration = ConfigurationFile.read(file);
    Map<Optional<String>, Optional<RunResults>> targets = new LinkedHashMap<>();
    for (Target target : configuration.targets()) {
      targets.put(
          target.name(),
          StateFolder.results(
              Settings.stateFolder(configuration), PlasmaAgent.canonical(file), target.name()));
    }
    if (machineReadable) {
      System.out.println(StatusJson.of(file, targets));
    } else {
      Log log = new Log("plasma-agent", System.out, System.err);
      ZoneId zone = configuration.timezone().orElseGet(ZoneId::systemDefault);
      targets.forEach((target, results) -> {
        try (var _ = log.about(target)) {
          results.ifPresentOrElse(
              ofTarget -> show(ofTarget, zone, log),
              () ->
                  log.info(
                      "no run of %s has been seen yet; see what it would do: plasma-agent --dry-run"
                          .formatted(file)));
        }
      });
    }
    return targets.values().stream().allMatch(results -> results.filter(this::isWell).isPresent())
        ? ExitCode.OK
        : ExitCode.STALE;
  }

  private boolean isWell(RunResults results) {
    return results.last().exitStatus() == ExitCode.OK.number() && isFresh(results.lastStored());
  }

  private boolean isFresh(Optional<RunResult> backup) {
    Integer hours = maxAge;
    return hours == null
        || backup.filter(run -> age(run).compareTo(Duration.ofHours(hours)) <= 0).isPresent();
  }

  /** Of what is in the archive. */
  private Duration age(RunResult run) {
    return Duration.between(run.began(), clock.instant());
  }

  private void show(RunResults results, ZoneId zone, Log log) {
    RunResult last = results.last();
    log.info(
        "last run     %s, took %s: %s"
            .formatted(
                shown(last.ended(), zone),
                shown(Duration.between(last.began(), last.ended())),
                last.exitStatus() == 0
                    ? "ok"
                    : "exit status %d: %s".formatted(last.exitStatus(), last.message())));
    if (results.lastStored().isPresent()) {
      RunResult run = results.lastStored().get();
      RunResult.Stored stored = run.stored().orElseThrow();
      log.info(
          "last backup  %s, %s old: %s, %s, in %s"
              .formatted(
                  stored.archive(),
                  shown(age(run)),
                  Sizes.entries(stored.entries()),
                  Sizes.rounded(stored.bytes()),
                  run.location()));
    } else {
      log.info("last backup  none");
    }
    if (results.without() > 0) {
      log.info(
          "since then   %d %s without a backup"
              .formatted(results.without(), results.without() == 1 ? "run" : "runs"));
    }
    if (last.exitStatus() != 0) {
      log.info(
          "next step    mend what the last run says, look with plasma-agent check, and start plasma-agent");
    } else if (!isWell(results)) {
      log.info("next step    see why no run was started: systemctl list-timers, or your crontab");
    }
  }

  private static String shown(Instant time, ZoneId zone) {
    return TIME.format(time.atZone(zone));
  }

  /** Such as {@code 3 d 4 h}, {@code 4 h 5 min}, {@code 5 min 6 s}, {@code 6 s}. */
  static String shown(Duration duration) {
    if (duration.toDays() > 0) {
      return "%d d %d h".formatted(duration.toDays(), duration.toHoursPart());
    }
    if (duration.toHours() > 0) {
      return "%d h %d min".formatted(duration.toHours(), duration.toMinutesPart());
    }
    if (duration.toMinutes() > 0) {
      return "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart());
    }
    return duration.toSeconds() + " s";
  }
}
