package io.plasmabackup.cli;

import io.plasmabackup.journal.RunResult;
import io.plasmabackup.journal.RunResults;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-agent status --json} writes. Keys may be added, and are neither removed nor
 * given another meaning. Every key is always there.
 */
final class StatusJson {

  private StatusJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(Path configuration, Map<Optional<String>, Optional<RunResults>> targets) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      json.writeStartObject();
      json.writeStringProperty("configuration", configuration.toString());
      if (targets.containsKey(Optional.empty())) {
        runs(json, targets.values().iterator().next());
      } else {
        json.writeArrayPropertyStart("targets");
        targets.forEach((target, results) -> {
          json.writeStartObject();
          json.writeStringProperty("target", target.orElseThrow());
          runs(json, results);
          json.writeEndObject();
        });
        json.writeEndArray();
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void runs(JsonGenerator json, Optional<RunResults> results) {
    json.writeNumberProperty("runsWithoutBackup", results.map(RunResults::without).orElse(0L));
    run(json, "lastRun", results.map(RunResults::last));
    run(json, "lastBackup", results.flatMap(RunResults::lastStored));
  }

  private static void run(JsonGenerator json, String key, Optional<RunResult> run) {
    if (run.isEmpty()) {
      json.writeNullProperty(key);
      return;
    }
    RunResult result = run.get();
    json.writeObjectPropertyStart(key);
    json.writeStringProperty("run", result.run());
    json.writeStringProperty("began", result.began().toString());
    json.writeStringProperty("ended", result.ended().toString());
    json.writeNumberProperty("exitStatus", result.exitStatus());
    json.writeStringProperty("message", result.message());
    json.writeStringProperty("storage", result.location());
    if (result.stored().isPresent()) {
      RunResult.Stored stored = result.stored().get();
      json.writeObjectPropertyStart("stored");
      json.writeStringProperty("archive", stored.archive());
      json.writeNumberProperty("bytes", stored.bytes());
      json.writeNumberProperty("tarBytes", stored.tarBytes());
      json.writeNumberProperty("entries", stored.entries());
      json.writeNumberProperty("readBytes", stored.readBytes());
      json.writeNumberProperty("sentBytes", stored.sentBytes());
      json.writeEndObject();
    } else {
      json.writeNullProperty("stored");
    }
    json.writeEndObject();
  }
}
