package io.plasmabackup.journal;

import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * {@link RunRecord} ⇄ JSON. Paths stand there with one character for each byte (Latin-1), so that
 * names of any bytes survive.
 */
final class RunRecordJson {

  /** Raised when older programs couldn't make sense of it any more. */
  private static final int VERSION = 1;

  private RunRecordJson() {}

  static byte[] write(RunRecord record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json =
        JsonFactory.builder().build().createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeNumberProperty("version", VERSION);
      json.writeStringProperty("run", record.run());
      json.writeStringProperty("time", record.time().toString());
      json.writeStringProperty("zone", record.zone().getId());
      json.writeStringProperty("settings", record.settings());
      json.writeStringProperty("location", record.location());
      json.writeStringProperty("archive", record.archive());
      json.writeStringProperty("stage", record.stage().name());
      json.writeArrayPropertyStart("tempfiles");
      record.tempfiles().forEach(file -> write(json, file));
      json.writeEndArray();
      json.writeNumberProperty("skewNanos", record.skew().toNanos());
      json.writeArrayPropertyStart("snapshots");
      record.snapshots().forEach(snapshot -> write(json, snapshot));
      json.writeEndArray();
      json.writeArrayPropertyStart("trees");
      record.trees().forEach(tree -> write(json, tree));
      json.writeEndArray();
      json.writeArrayPropertyStart("leftOut");
      record.leftOut().forEach(leftOut -> write(json, leftOut));
      json.writeEndArray();
      write(json, "hidden", record.hidden());
      write(json, "untouched", record.untouched());
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, RunRecord.LocalFile file) {
    json.writeStartObject();
    json.writeStringProperty("path", file.path());
    if (file.identity().isPresent()) {
      json.writeStringProperty("identity", file.identity().get());
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, RunRecord.Snapshot snapshot) {
    json.writeStartObject();
    json.writeStringProperty("subvolume", text(snapshot.subvolume()));
    json.writeNumberProperty("subvolumeId", snapshot.subvolumeId());
    json.writeStringProperty("subvolumeUuid", snapshot.subvolumeUuid().toString());
    json.writeStringProperty("home", text(snapshot.home()));
    json.writeStringProperty("name", text(snapshot.name()));
    snapshot.uuid().ifPresent(uuid -> json.writeStringProperty("uuid", uuid.toString()));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, RunRecord.Tree tree) {
    json.writeStartObject();
    tree.snapshot().ifPresent(number -> json.writeNumberProperty("snapshot", number));
    json.writeStringProperty("path", text(tree.path()));
    json.writeStringProperty("name", text(tree.name()));
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, RunRecord.LeftOut leftOut) {
    json.writeStartObject();
    json.writeStringProperty("name", text(leftOut.name()));
    json.writeStringProperty("reason", leftOut.reason());
    json.writeStringProperty("why", leftOut.why());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String key, Collection<RawPath> paths) {
    json.writeArrayPropertyStart(key);
    paths.forEach(path -> json.writeString(text(path)));
    json.writeEndArray();
  }

  private static String text(RawPath path) {
    return new String(path.toBytes(), StandardCharsets.ISO_8859_1);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @return empty if it isn't that, or of another version
   */
  static Optional<RunRecord> read(byte[] json) {
    try {
      JsonObject object = JsonObject.parse(json);
      return object.number("version") == VERSION ? Optional.of(read(object)) : Optional.empty();
    } catch (MalformedRecordException | IllegalArgumentException | DateTimeException malformed) {
      return Optional.empty();
    }
  }

  private static RunRecord read(JsonObject object) throws MalformedRecordException {
    List<RunRecord.Snapshot> snapshots = object.objects("snapshots", RunRecordJson::snapshot);
    return new RunRecord(
        object.text("run"),
        Instant.parse(object.text("time")),
        ZoneId.of(object.text("zone")),
        object.text("settings"),
        object.text("location"),
        object.text("archive"),
        Stage.valueOf(object.text("stage")),
        object.objects("tempfiles", RunRecordJson::localFile),
        Duration.ofNanos(object.number("skewNanos")),
        snapshots,
        object.objects("trees", tree -> tree(tree, snapshots.size())),
        object.objects("leftOut", RunRecordJson::leftOut),
        paths(object, "hidden"),
        paths(object, "untouched"));
  }

  private static RunRecord.LocalFile localFile(JsonObject object) throws MalformedRecordException {
    return new RunRecord.LocalFile(object.text("path"), object.optionalText("identity"));
  }

  private static RunRecord.Snapshot snapshot(JsonObject object) throws MalformedRecordException {
    return new RunRecord.Snapshot(
        path(object.text("subvolume")),
        object.number("subvolumeId"),
        UUID.fromString(object.text("subvolumeUuid")),
        path(object.text("home")),
        path(object.text("name")),
        object.optionalText("uuid").map(UUID::fromString));
  }

  private static RunRecord.Tree tree(JsonObject object, int snapshots)
      throws MalformedRecordException {
    Optional<Long> snapshot = object.optionalNumber("snapshot");
    if (snapshot.filter(number -> number < 0 || number >= snapshots).isPresent()) {
      throw new MalformedRecordException("a tree of snapshot " + snapshot.get());
    }
    return new RunRecord.Tree(
        snapshot.map(Math::toIntExact), path(object.text("path")), path(object.text("name")));
  }

  private static RunRecord.LeftOut leftOut(JsonObject object) throws MalformedRecordException {
    return new RunRecord.LeftOut(
        path(object.text("name")), object.text("reason"), object.text("why"));
  }

  private static List<RawPath> paths(JsonObject object, String key)
      throws MalformedRecordException {
    return object.texts(key).stream().map(RunRecordJson::path).toList();
  }

  private static RawPath path(String text) {
    return RawPath.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
