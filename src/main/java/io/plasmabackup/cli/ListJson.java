package io.plasmabackup.cli;

import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.VerificationJson;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * What {@code plasma-restore list --json} writes; its {@code --help} describes it. Keys may be
 * added, and are neither removed nor given another meaning. Every key is always there.
 */
final class ListJson {

  private ListJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(String location, List<ListedArchive> archives) {
    StringWriter text = new StringWriter();
    JsonFactory factory = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    try (JsonGenerator json = factory.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("location", location);
      json.writeArrayPropertyStart("archives");
      archives.forEach(archive -> write(json, archive));
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
    text(json, "host", header.map(IndexLine.Header::host));
    text(json, "run", header.map(IndexLine.Header::run));
    text(json, "time", header.map(h -> h.time().toString()));
    text(json, "zone", header.map(IndexLine.Header::zone));
    text(json, "strategy", header.map(IndexLine.Header::strategy));
    text(json, "compression", header.map(IndexLine.Header::compression));
    text(json, "tool", header.map(IndexLine.Header::tool));
    if (archive.end().isPresent()) {
      json.writeNumberProperty("members", archive.end().get().members());
    } else {
      json.writeNullProperty("members");
    }
    text(json, "sha256", archive.end().flatMap(IndexLine.End::sha256));
    texts(json, "folders", header.map(IndexLine.Header::folders));
    texts(json, "subvolumes", header.map(IndexLine.Header::subvolumes));
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
