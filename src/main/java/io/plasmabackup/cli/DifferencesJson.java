package io.plasmabackup.cli;

import io.plasmabackup.compare.Difference;
import io.plasmabackup.compare.Difference.Detail;
import java.io.OutputStream;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-restore diff --json} writes; its {@code --help} describes it. Keys may be
 * added, and are neither removed nor given another meaning. One line of ASCII, whatever the
 * encoding of the terminal.
 */
final class DifferencesJson {

  private final JsonGenerator json;

  /**
   * Of an archive.
   *
   * @param out stays the caller's
   */
  DifferencesJson(String archive, OutputStream out) {
    json = AsciiJson.to(out);
    json.writeStartObject();
    json.writeStringProperty("archive", archive);
    json.writeArrayPropertyStart("differences");
  }

  void add(Difference difference) {
    json.writeStartObject();
    json.writeStringProperty("change", difference.change().text());
    MembersJson.name(json, "name", difference.name());
    json.writeArrayPropertyStart("details");
    for (Detail detail : difference.details()) {
      json.writeStartObject();
      json.writeStringProperty("what", detail.what());
      json.writeStringProperty("archived", detail.archived());
      json.writeStringProperty("present", detail.present());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** Completes the document. */
  void finish(long members) {
    json.writeEndArray();
    json.writeNumberProperty("members", members);
    json.writeEndObject();
    json.close();
  }
}
