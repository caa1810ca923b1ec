package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/**
 * Shows a checklist to a machine: what {@code plasma-agent check --json} writes, as its help
 * describes it. Keys may be added, and are neither removed nor given another meaning.
 */
final class ChecklistJson {

  private ChecklistJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(List<Finding> findings, ExitCode exitCode) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      json.writeStartObject();
      json.writeNumberProperty("exitStatus", exitCode.number());
      json.writeArrayPropertyStart("checks");
      for (Finding finding : findings) {
        json.writeStartObject();
        finding.target().ifPresent(target -> json.writeStringProperty("target", target));
        json.writeStringProperty("check", finding.check());
        json.writeStringProperty("verdict", finding.verdict().text().toLowerCase(Locale.ROOT));
        json.writeStringProperty("text", finding.text());
        finding.exitCode().ifPresent(code -> json.writeNumberProperty("exitStatus", code.number()));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }
}
