package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Target;
import io.plasmabackup.journal.RunResult;
import io.plasmabackup.journal.RunResults;
import io.plasmabackup.journal.StateFolder;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    this.facts = new HookFacts(runId, configuration.strategy(), Storage.locations(configuration));
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
    Storage.prepare(configuration);
    try (StateFolder state = StateFolder.open(Settings.stateFolder(configuration), file);
        HeapWatch _ = HeapWatch.start();
        Interruption interruption = new Interruption()) {
      Planning planning = new Planning(configuration, runId, time);
      List<TargetRun> targets = new ArrayList<>();
      for (Target target : configuration.targets()) {
        targets.add(
            new TargetRun(
                configuration, target, planning, runId, time, state, interruption, log, resume));
      }
      ExitCode otherwise = ExitCode.OK;
      Failure failed = null;
      try {
        otherwise = new BackupRun(configuration, planning, state, targets, facts, log).run();
      } catch (Failure failure) {
        boolean isStored = targets.stream().anyMatch(target -> target.stored().isPresent());
        failed =
            interruption.explain(
                failure, isStored ? Interruption.Archive.STORED : Interruption.Archive.NOT_STORED);
        log.failure(failed);
      } catch (RuntimeException defect) {
        // Whoever wants to know of runs that fail wants to know of this one.
        var _ =
            end(
                targets,
                ExitCode.OK,
                new Failure(
                    ExitCode.INTERNAL, "internal error, please report it: " + defect, defect));
        throw defect;
      }
      return end(targets, otherwise, failed);
    }
  }

  /**
   * Tells everybody.
   *
   * @param otherwise how it ends if everything went well for all targets
   * @param failed what concerns all targets
   */
  private ExitCode end(List<TargetRun> targets, ExitCode otherwise, @Nullable Failure failed) {
    // It has done its work: what is still to be done takes a moment, and is not to be cut short.
    boolean interrupted = Thread.interrupted();
    try {
      RunEnd whole = failed != null ? RunEnd.of(failed) : RunEnd.of(targets).or(otherwise);
      RunEnd common = failed != null ? whole : new RunEnd(otherwise);
      if (!tellHooks(targets, whole)) {
        whole = whole.or(ExitCode.AFTER_HOOK);
        common = common.or(ExitCode.AFTER_HOOK);
      }
      if (failed == null && targets.stream().anyMatch(target -> target.stored().isPresent())) {
        summary = Optional.of(RunJson.of(runId, targets, whole.exitCode()));
      }
      log.doing("over: " + (whole.message().isEmpty() ? "stored" : whole.message()));
      return note(targets, common) ? whole.exitCode() : whole.or(ExitCode.CLEANUP).exitCode();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean tellHooks(List<TargetRun> targets, RunEnd end) {
    Map<String, String> environment = facts.over(targets, end);
    Hooks hooks = new Hooks(log);
    try {
      boolean succeeded =
          end.exitCode() == ExitCode.OK
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
   * @param common how it ends for targets for which all went well
   * @return whether that succeeded
   */
  private boolean note(List<TargetRun> targets, RunEnd common) {
    try {
      Map<Optional<String>, RunResults> results = new LinkedHashMap<>();
      for (TargetRun target : targets) {
        results.put(target.name(), target.part().note(result(target, common)));
      }
      Optional<String> metrics = configuration.metricsFile();
      if (metrics.isPresent()) {
        MetricsFile.write(Path.of(metrics.get()), file, results);
      }
      return true;
    } catch (Failure failure) {
      // That nobody hears of a backup doesn't undo it.
      log.failure(failure);
      return false;
    }
  }

  private RunResult result(TargetRun target, RunEnd common) {
    RunEnd own = target.outcome().end();
    RunEnd end = own.exitCode() == ExitCode.OK ? common : own;
    return new RunResult(
        runId,
        time.toInstant(),
        Instant.now(),
        end.exitCode().number(),
        end.message(),
        target.location(),
        target.stored().map(AgentRun::result));
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
