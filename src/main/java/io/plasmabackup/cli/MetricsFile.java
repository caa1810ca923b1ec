package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.journal.RunResult;
import io.plasmabackup.journal.RunResults;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a monitoring system is told of a configuration's runs, in Prometheus's text format, for the
 * node exporter's textfile collector or anything else that reads it. Names may be added, and are
 * neither removed nor given another meaning.
 */
final class MetricsFile {

  private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();

  private MetricsFile() {}

  /**
   * Replaces the file as a whole: who reads it sees this or what was there before.
   *
   * @param configuration what tells these metrics from those of other configurations
   * @param results by target, whose name is empty if it is the only one and has none
   * @throws Failure with {@link ExitCode#CLEANUP}
   */
  static void write(Path file, String configuration, Map<Optional<String>, RunResults> results)
      throws Failure {
    MetricSnapshots metrics = of(configuration, results);
    Path temporary = null;
    try {
      // The name is nobody's to guess, and the collector doesn't read such.
      temporary =
          Files.createTempFile(
              file.resolveSibling(""),
              ".plasma-",
              ".tmp",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try (OutputStream out = Files.newOutputStream(temporary)) {
        PrometheusTextFormatWriter.create().write(out, metrics, EscapingScheme.UNDERSCORE_ESCAPING);
      }
      // The collector is another user.
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Failure failure =
          new Failure(
              ExitCode.CLEANUP,
              "cannot write the metrics %s (%s); make its folder, or choose another \"metricsFile\""
                  .formatted(file, e),
              e);
      if (temporary != null) {
        try {
          Files.deleteIfExists(temporary);
        } catch (IOException again) {
          failure.addSuppressed(again);
        }
      }
      throw failure;
    }
  }

  private static MetricSnapshots of(
      String configuration, Map<Optional<String>, RunResults> results) {
    MetricsFile file = new MetricsFile();
    results.forEach((target, ofTarget) -> {
      Labels labels = Labels.of("configuration", configuration);
      file.add(target.map(name -> labels.add("target", name)).orElse(labels), ofTarget);
    });
    MetricSnapshots.Builder metrics = MetricSnapshots.builder();
    file.gauges.values().forEach(gauge -> metrics.metricSnapshot(gauge.build()));
    return metrics.build();
  }

  private void add(Labels labels, RunResults results) {
    RunResult last = results.last();
    add(labels, "last_run_timestamp_seconds", "When the last run ended.", seconds(last.ended()));
    add(
        labels,
        "last_run_duration_seconds",
        "How long the last run took.",
        Duration.between(last.began(), last.ended()).toMillis() / 1e3);
    add(
        labels,
        "last_run_exit_status",
        "Exit status of the last run; 0: all went well.",
        last.exitStatus());
    add(
        labels,
        "runs_since_last_backup",
        "Runs since the last one that stored an archive.",
        results.without());
    if (results.lastStored().isPresent()) {
      RunResult run = results.lastStored().get();
      RunResult.Stored stored = run.stored().orElseThrow();
      add(
          labels,
          "last_backup_timestamp_seconds",
          "As of when the last archive is.",
          seconds(run.began()));
      add(
          labels,
          "last_backup_bytes",
          "Size of the last archive, as it is stored.",
          stored.bytes());
      add(labels, "last_backup_tar_bytes", "The same before compression.", stored.tarBytes());
      add(labels, "last_backup_entries", "Entries in the last archive.", stored.entries());
      add(
          labels,
          "last_backup_read_bytes",
          "Data of files that were read for the last archive.",
          stored.readBytes());
      add(
          labels,
          "last_backup_sent_bytes",
          "What was handed to the storage for the last archive.",
          stored.sentBytes());
    }
  }

  private void add(Labels labels, String name, String help, long value) {
    // Exact up to 2^53: 8 PiB.
    add(labels, name, help, (double) value);
  }

  private void add(Labels labels, String name, String help, double value) {
    gauges
        .computeIfAbsent(name, plain -> GaugeSnapshot.builder().name("plasma_" + plain).help(help))
        .dataPoint(GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
  }

  private static double seconds(Instant time) {
    return time.toEpochMilli() / 1e3;
  }
}
