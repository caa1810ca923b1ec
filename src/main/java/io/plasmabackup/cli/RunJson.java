package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.Changes;
import io.plasmabackup.archive.Work;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-agent --json} writes when an archive is stored, as the README describes it.
 * Keys may be added, and are neither removed nor given another meaning. Every key is always there,
 * but for those of an archive where there is none.
 */
final class RunJson {

  private RunJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(String runId, List<TargetRun> targets, ExitCode exitCode) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      json.writeStartObject();
      json.writeStringProperty("run", runId);
      json.writeNumberProperty("exitStatus", exitCode.number());
      if (targets.getFirst().name().isEmpty()) {
        target(json, targets.getFirst());
      } else {
        json.writeArrayPropertyStart("targets");
        for (TargetRun target : targets) {
          json.writeStartObject();
          json.writeStringProperty("target", target.name().orElseThrow());
          json.writeNumberProperty("exitStatus", target.outcome().exitCode().number());
          json.writeStringProperty("message", target.outcome().end().message());
          target(json, target);
          json.writeEndObject();
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void target(JsonGenerator json, TargetRun target) {
    json.writeStringProperty("storage", target.location());
    if (target.stored().isEmpty()) {
      json.writeNullProperty("archive");
      return;
    }
    Published published = target.stored().get();
    ArchiveSummary summary = published.summary();
    json.writeStringProperty("archive", published.name().fileName());
    text(json, "sha256", summary.storedSha256().orElse(null));
    text(json, "copiedFrom", published.copiedFrom().map(name -> name.fileName()).orElse(null));
    json.writeNumberProperty("bytes", summary.storedBytes());
    json.writeNumberProperty("tarBytes", summary.tarBytes());
    json.writeNumberProperty("indexBytes", published.indexBytes());
    json.writeNumberProperty("entries", summary.members());
    work(json, summary.work());
    json.writeObjectPropertyStart("seconds");
    for (Map.Entry<String, Duration> stage : target.outcome().stages().times().entrySet()) {
      json.writeNumberProperty(stage.getKey(), stage.getValue().toMillis() / 1e3);
    }
    json.writeEndObject();
  }

  private static void work(JsonGenerator json, Work work) {
    number(json, "added", work.changes().map(Changes::added).orElse(null));
    number(json, "changed", work.changes().map(Changes::changed).orElse(null));
    number(json, "removed", work.changes().map(Changes::removed).orElse(null));
    json.writeNumberProperty("readBytes", work.readBytes());
    json.writeNumberProperty("packedBytes", work.packedBytes());
    json.writeNumberProperty("sentBytes", work.sentBytes());
    json.writeNumberProperty("copiedBytes", work.copiedBytes());
    json.writeNumberProperty("clonedBytes", work.clonedBytes());
    json.writeNumberProperty("sharedBytes", work.sharedBytes());
  }

  private static void text(JsonGenerator json, String key, @Nullable String value) {
    if (value == null) {
      json.writeNullProperty(key);
    } else {
      json.writeStringProperty(key, value);
    }
  }

  private static void number(JsonGenerator json, String key, @Nullable Long value) {
    if (value == null) {
      json.writeNullProperty(key);
    } else {
      json.writeNumberProperty(key, value);
    }
  }
}
