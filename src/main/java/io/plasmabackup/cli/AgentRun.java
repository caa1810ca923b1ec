package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Planning.Planned;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.journal.RunResult;
import io.plasmabackup.journal.RunResults;
import io.plasmabackup.journal.StateFolder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One start of the agent with one configuration: the backup, and the word on how it ended, to
 * whoever wants to know: the hooks, the state folder, the monitoring.
 */
final class AgentRun {

  private final String file;
  private final Configuration configuration;
  private final String runId;
  private final ZonedDateTime time;
  private final boolean resume;
  private final Log log;
  private final Storage storage;
  private final HookFacts facts;
  private Optional<String> summary = Optional.empty();

  /**
   * Prepares to run.
   *
   * @param file canonical path of the configuration
   * @param resume whether it may go on with an earlier run's upload, and a later one with its own
   */
  AgentRun(
      String file,
      Configuration configuration,
      String runId,
      ZonedDateTime time,
      boolean resume,
      Log log) {
    this.file = file;
    this.configuration = configuration;
    this.runId = runId;
    this.time = time;
    this.resume = resume;
    this.log = log;
    this.storage = new Storage(configuration, log);
    this.facts = new HookFacts(runId, configuration.strategy(), storage.location());
  }

  /** The run for a machine, once it is over; empty if it failed. */
  Optional<String> summary() {
    return summary;
  }

  /**
   * Runs.
   *
   * @throws Failure if there can't be a run at all now; how one fails is logged
   */
  ExitCode run() throws Failure {
    storage.prepare();
    try (StateFolder state = StateFolder.open(Settings.stateFolder(configuration), file);
        HeapWatch _ = HeapWatch.start();
        Interruption interruption = new Interruption()) {
      RunOutcome outcome = new RunOutcome(log);
      BackupRun backup = null;
      Failure failed = null;
      try {
        Planning planning = new Planning(configuration, runId, time);
        Planned planned = planning.plan();
        planned.plan().warnings().forEach(log::warn);
        backup =
            new BackupRun(
                configuration,
                planning,
                planned.plan(),
                state,
                storage,
                interruption,
                outcome,
                facts,
                log,
                resume);
        backup.run();
      } catch (Failure failure) {
        failed = interruption.explain(failure, outcome.archive());
        log.failure(failed);
      } catch (RuntimeException defect) {
        // Whoever wants to know of runs that fail wants to know of this one.
        var _ =
            end(
                state,
                outcome,
                new Failure(
                    ExitCode.INTERNAL, "internal error, please report it: " + defect, defect),
                stored(backup));
        throw defect;
      }
      return end(state, outcome, failed, stored(backup));
    }
  }

  private static Optional<Published> stored(@Nullable BackupRun backup) {
    return backup == null ? Optional.empty() : backup.stored();
  }

  private ExitCode end(
      StateFolder state, RunOutcome outcome, @Nullable Failure failed, Optional<Published> stored) {
    // It has done its work: what is still to be done takes a moment, and is not to be cut short.
    boolean interrupted = Thread.interrupted();
    try {
      ExitCode soFar = failed != null ? failed.exitCode() : outcome.exitCode();
      String message = failed != null ? failed.getMessage() : problem(soFar);
      if (!tellHooks(stored, soFar, message) && soFar == ExitCode.OK) {
        outcome.note(ExitCode.AFTER_HOOK);
      }
      if (failed == null && stored.isPresent()) {
        summary = Optional.of(RunJson.of(runId, stored.get(), storage.location(), outcome));
      }
      ExitCode exitCode = failed != null ? failed.exitCode() : outcome.exitCode();
      RunResult result =
          new RunResult(
              runId,
              time.toInstant(),
              Instant.now(),
              exitCode.number(),
              failed != null ? failed.getMessage() : problem(exitCode),
              storage.location(),
              stored.map(AgentRun::result));
      log.doing("over: " + (message.isEmpty() ? "stored" : message));
      return note(state, result, exitCode);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String problem(ExitCode exitCode) {
    return exitCode == ExitCode.OK ? "" : exitCode.meaning();
  }

  private boolean tellHooks(Optional<Published> stored, ExitCode exitCode, String message) {
    Map<String, String> environment = facts.over(stored, exitCode, message);
    Hooks hooks = new Hooks(log);
    try {
      boolean succeeded =
          exitCode == ExitCode.OK
              || hooks.all("executeOnFailure", configuration.executeOnFailure(), environment, "");
      return hooks.all("executeAlways", configuration.executeAlways(), environment, "")
          && succeeded;
    } catch (Failure interrupted) {
      log.failure(interrupted);
      return false;
    }
  }

  /**
   * For those who look later.
   *
   * @return how the run ends after that
   */
  private ExitCode note(StateFolder state, RunResult result, ExitCode soFar) {
    try {
      RunResults results = state.note(result);
      Optional<String> metrics = configuration.metricsFile();
      if (metrics.isPresent()) {
        MetricsFile.write(Path.of(metrics.get()), file, results);
      }
      return soFar;
    } catch (Failure failure) {
      // That nobody hears of a backup doesn't undo it.
      log.failure(failure);
      return soFar == ExitCode.OK ? ExitCode.CLEANUP : soFar;
    }
  }

  private static RunResult.Stored result(Published published) {
    var summary = published.summary();
    return new RunResult.Stored(
        published.name().fileName(),
        summary.storedBytes(),
        summary.tarBytes(),
        summary.members(),
        summary.work().readBytes(),
        summary.work().sentBytes());
  }
}
