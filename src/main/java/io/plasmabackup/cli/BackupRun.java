package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.journal.StatePart;
import io.plasmabackup.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One backup, from the pre-commands to the post-commands: one set of snapshots, and an archive of
 * it for each target, one after the other; what becomes of one doesn't matter to the next. Whatever
 * fails, what was made on the way is taken away again, unless a later run can go on with it:
 * snapshots, partial files, the tempfile.
 */
final class BackupRun {

  private final Configuration configuration;
  private final Planning planning;
  private final StateFolder state;
  private final List<TargetRun> targets;
  private final HookFacts facts;
  private final Log log;

  /** All targets' that there are, and those of targets that there are no more. */
  private final List<Recovery> recoveries = new ArrayList<>();

  /**
   * Prepares a run.
   *
   * @param targets what is done for each of the configuration's
   */
  BackupRun(
      Configuration configuration,
      Planning planning,
      StateFolder state,
      List<TargetRun> targets,
      HookFacts facts,
      Log log) {
    this.configuration = configuration;
    this.planning = planning;
    this.state = state;
    this.targets = List.copyOf(targets);
    this.facts = facts;
    this.log = log;
  }

  /**
   * Runs; what becomes of the targets, these know.
   *
   * @return how else it ends
   * @throws Failure that concerns all targets
   */
  ExitCode run() throws Failure {
    Plan plan = planning.plan().plan();
    plan.warnings().forEach(log::warn);
    try {
      lookAround();
      new Hooks(log).before(configuration.executeBefore(), facts.beforehand());
      backUp(plan);
    } finally {
      recoveries.forEach(Recovery::release);
    }
    boolean succeeded = runPostCommands();
    if (!succeeded) {
      return ExitCode.AFTER_HOOK;
    }
    return recoveries.stream().allMatch(Recovery::isComplete) ? ExitCode.OK : ExitCode.CLEANUP;
  }

  private void lookAround() throws Failure {
    List<Recovery> former = new ArrayList<>();
    Set<StatePart> present = targets.stream().map(TargetRun::part).collect(Collectors.toSet());
    for (StatePart part : state.parts()) {
      if (!present.contains(part)) {
        former.add(
            new Recovery(
                state,
                part,
                planning,
                "",
                "the storage",
                Optional.of("its target is not in the configuration any more"),
                log));
      }
    }
    recoveries.addAll(former);
    targets.forEach(target -> recoveries.add(target.recovery()));
    for (Recovery recovery : recoveries) {
      recovery.look();
    }
    for (Recovery recovery : recoveries) {
      recovery.takeAwayLocal();
    }
    for (Recovery recovery : former) {
      recovery.abandon();
    }
  }

  private void backUp(Plan plan) {
    RunSnapshots snapshots =
        RunSnapshots.of(
            new SnapshotTaker(planning, log, plan.warnings()),
            configuration.options().keepLastSnapshot(),
            log);
    try {
      targets.stream().skip(1).forEach(target -> target.outcome().stages().pause());
      for (TargetRun target : targets) {
        boolean isLast = target.equals(targets.getLast());
        target.run(snapshots, isLast ? snapshots::end : () -> {});
        target.outcome().stages().pause();
      }
    } finally {
      snapshots.end();
    }
  }

  /**
   * If there is anything to be told.
   *
   * @return whether all of them succeeded
   */
  private boolean runPostCommands() throws Failure {
    if (RunEnd.isStopped(RunEnd.of(targets).exitCode())
        || targets.stream().allMatch(target -> target.stored().isEmpty())) {
      return true;
    }
    targets.forEach(target -> target.outcome().stages().enter(Stages.Stage.AFTER));
    return new Hooks(log)
        .all(
            "executeAfter",
            configuration.executeAfter(),
            facts.stored(targets),
            TargetRun.STORED_ALL_THE_SAME);
  }
}
