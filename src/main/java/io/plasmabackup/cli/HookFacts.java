package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.config.Strategy;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a run's hooks are told in their environment; the README lists it.
 *
 * @param run its id
 * @param location of the storage
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

  /** When an archive is stored. */
  Map<String, String> stored(Published published, ExitCode soFar) {
    Map<String, String> facts = beforehand();
    ArchiveSummary summary = published.summary();
    facts.put("PLASMA_ARCHIVE", published.name().fileName());
    facts.put("PLASMA_BYTES", Long.toString(summary.storedBytes()));
    summary.storedSha256().ifPresent(sha256 -> facts.put("PLASMA_SHA256", sha256));
    facts.put("PLASMA_RESULT", soFar.name().toLowerCase(Locale.ROOT));
    return facts;
  }

  /**
   * When the run is over, with an archive or without.
   *
   * @param message what went wrong; empty if nothing did
   */
  Map<String, String> over(Optional<Published> published, ExitCode exitCode, String message) {
    Map<String, String> facts =
        published.isPresent() ? stored(published.get(), exitCode) : beforehand();
    facts.put("PLASMA_RESULT", exitCode.name().toLowerCase(Locale.ROOT));
    facts.put("PLASMA_EXIT_STATUS", Integer.toString(exitCode.number()));
    facts.put("PLASMA_MESSAGE", message);
    return facts;
  }
}
