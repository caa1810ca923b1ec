package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.rotate.Policy;
import io.plasmabackup.rotate.RotationReport;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Label;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-rotate --json} writes; {@code plasma-rotate --help} describes it. Keys may be
 * added, and are neither removed nor given another meaning. Every key is always there.
 */
final class RotationJson {

  private RotationJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(boolean dryRun, List<RotatedFolder> folders) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      json.writeStartObject();
      json.writeBooleanProperty("dryRun", dryRun);
      json.writeArrayPropertyStart("folders");
      for (RotatedFolder folder : folders) {
        write(json, folder);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, RotatedFolder folder) {
    json.writeStartObject();
    json.writeStringProperty("folder", folder.folder());
    json.writeNumberProperty("exitCode", folder.exitCode().number());
    json.writeArrayPropertyStart("failures");
    for (Failure failure : folder.failures()) {
      json.writeString(failure.getMessage());
    }
    json.writeEndArray();

    RotationReport report = folder.report();
    if (report == null) {
      json.writeNullProperty("policy");
    } else {
      Policy policy = report.policy();
      json.writeObjectPropertyStart("policy");
      for (Label label : Label.values()) {
        json.writeNumberProperty(label.text(), policy.keep(label));
      }
      json.writeNumberProperty(
          "minimumAgeHours", policy.minimumAge().orElse(Duration.ZERO).toHours());
      json.writeEndObject();
    }
    writeNames(json, "kept", report == null ? List.of() : report.rotation().keep());
    writeNames(json, "recent", report == null ? List.of() : report.rotation().recent());
    writeNames(json, "future", report == null ? List.of() : report.rotation().future());
    json.writeArrayPropertyStart("deleted");
    for (Deletion deletion : report == null ? List.<Deletion>of() : report.deleted()) {
      json.writeStartObject();
      json.writeStringProperty("name", deletion.fileName());
      json.writeNumberProperty("bytes", deletion.bytes());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberProperty("freedBytes", report == null ? 0 : report.freedBytes());
    json.writeEndObject();
  }

  private static void writeNames(JsonGenerator json, String key, List<ArchiveName> names) {
    json.writeArrayPropertyStart(key);
    for (ArchiveName name : names) {
      json.writeString(name.fileName());
    }
    json.writeEndArray();
  }
}
