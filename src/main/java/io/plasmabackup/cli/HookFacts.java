package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.config.Strategy;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a run's hooks are told in their environment; the README lists it.
 *
 * @param run its id
 * @param location of the storage, or of all
 */
record HookFacts(String run, Strategy strategy, String location) {

  /** Before the backup. */
  Map<String, String> beforehand() {
    Map<String, String> facts = new HashMap<>();
    facts.put("PLASMA_RUN", run);
    facts.put("PLASMA_STRATEGY", strategy.text());
    facts.put("PLASMA_STORAGE", location);
    return facts;
  }

  /** When a target has its archive. */
  Map<String, String> stored(List<TargetRun> targets) {
    Map<String, String> facts = beforehand();
    Optional<Published> first =
        targets.stream().flatMap(target -> target.stored().stream()).findFirst();
    first.ifPresent(published -> {
      ArchiveSummary summary = published.summary();
      facts.put("PLASMA_ARCHIVE", published.name().fileName());
      facts.put("PLASMA_BYTES", Long.toString(summary.storedBytes()));
      summary.storedSha256().ifPresent(sha256 -> facts.put("PLASMA_SHA256", sha256));
    });
    facts.put("PLASMA_RESULT", word(RunEnd.of(targets).exitCode()));
    String named =
        targets.stream()
            .filter(target -> target.name().isPresent())
            .map(target -> target.name().get() + "=" + word(target.outcome().exitCode()))
            .collect(Collectors.joining(" "));
    if (!named.isEmpty()) {
      facts.put("PLASMA_TARGETS", named);
    }
    return facts;
  }

  /** When the run is over, with an archive or without. */
  Map<String, String> over(List<TargetRun> targets, RunEnd end) {
    Map<String, String> facts = stored(targets);
    facts.put("PLASMA_RESULT", word(end.exitCode()));
    facts.put("PLASMA_EXIT_STATUS", Integer.toString(end.exitCode().number()));
    facts.put("PLASMA_MESSAGE", end.message());
    return facts;
  }

  private static String word(ExitCode exitCode) {
    return exitCode.name().toLowerCase(Locale.ROOT);
  }
}
