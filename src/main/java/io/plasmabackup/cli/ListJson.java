package io.plasmabackup.cli;

import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.VerificationJson;
import io.plasmabackup.store.StoredFile;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-restore list --json} writes; its {@code --help} describes it. Keys may be
 * added, and are neither removed nor given another meaning. Every key is always there.
 */
final class ListJson {

  private ListJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(String location, List<ListedArchive> archives, List<StoredFile> others) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.to(text)) {
      json.writeStartObject();
      json.writeStringProperty("location", location);
      json.writeArrayPropertyStart("archives");
      archives.forEach(archive -> write(json, archive));
      json.writeEndArray();
      json.writeArrayPropertyStart("others");
      for (StoredFile other : others) {
        json.writeStartObject();
        json.writeStringProperty("name", other.name());
        json.writeNumberProperty("bytes", other.size());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, ListedArchive archive) {
    Optional<IndexLine.Header> header = archive.header();
    json.writeStartObject();
    json.writeStringProperty("name", archive.name().fileName());
    json.writeStringProperty("label", archive.name().label().text());
    json.writeStringProperty("localTime", archive.name().time().toString());
    json.writeStringProperty("state", archive.state().text());
    json.writeNumberProperty("bytes", archive.size());
    text(json, "problem", archive.problem());
    json.writeName("verified");
    json.writeRawValue(archive.verified().map(VerificationJson::write).orElse("null"));
    text(json, "rebuilt", header.flatMap(IndexLine.Header::rebuilt).map(Instant::toString));
    text(json, "host", header.flatMap(IndexLine.Header::host));
    text(json, "run", header.flatMap(IndexLine.Header::run));
    text(json, "time", header.flatMap(IndexLine.Header::time).map(Instant::toString));
    text(json, "zone", header.flatMap(IndexLine.Header::zone));
    text(json, "strategy", header.flatMap(IndexLine.Header::strategy));
    text(json, "compression", header.map(IndexLine.Header::compression));
    text(json, "copiedFrom", header.flatMap(IndexLine.Header::copiedFrom));
    text(json, "read", header.flatMap(IndexLine.Header::read).map(Instant::toString));
    text(json, "tool", header.map(IndexLine.Header::tool));
    if (archive.end().isPresent()) {
      json.writeNumberProperty("members", archive.end().get().members());
    } else {
      json.writeNullProperty("members");
    }
    text(json, "sha256", archive.end().flatMap(IndexLine.End::storedSha256));
    // A rebuilt index doesn't know them.
    Optional<IndexLine.Header> made = header.filter(h -> h.rebuilt().isEmpty());
    texts(json, "folders", made.map(IndexLine.Header::folders));
    texts(json, "subvolumes", made.map(IndexLine.Header::subvolumePaths));
    json.writeEndObject();
  }

  private static void text(JsonGenerator json, String key, Optional<String> text) {
    if (text.isPresent()) {
      json.writeStringProperty(key, text.get());
    } else {
      json.writeNullProperty(key);
    }
  }

  private static void texts(JsonGenerator json, String key, Optional<List<String>> texts) {
    if (texts.isEmpty()) {
      json.writeNullProperty(key);
      return;
    }
    json.writeArrayPropertyStart(key);
    texts.get().forEach(json::writeString);
    json.writeEndArray();
  }
}
