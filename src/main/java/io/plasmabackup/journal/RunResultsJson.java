package io.plasmabackup.journal;

import java.io.ByteArrayOutputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** {@link RunResults} ⇄ JSON. */
final class RunResultsJson {

  /** Raised when older programs couldn't make sense of it any more. */
  private static final int VERSION = 1;

  private RunResultsJson() {}

  static byte[] write(RunResults results) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json =
        JsonFactory.builder().build().createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeNumberProperty("version", VERSION);
      json.writeNumberProperty("without", results.without());
      json.writeArrayPropertyStart("runs");
      write(json, results.last());
      if (results.lastStored().isPresent() && results.without() > 0) {
        write(json, results.lastStored().get());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, RunResult run) {
    json.writeStartObject();
    json.writeStringProperty("run", run.run());
    json.writeStringProperty("began", run.began().toString());
    json.writeStringProperty("ended", run.ended().toString());
    json.writeNumberProperty("exitStatus", run.exitStatus());
    json.writeStringProperty("message", run.message());
    json.writeStringProperty("location", run.location());
    run.stored()
        .ifPresent(stored -> {
          json.writeStringProperty("archive", stored.archive());
          json.writeNumberProperty("bytes", stored.bytes());
          json.writeNumberProperty("tarBytes", stored.tarBytes());
          json.writeNumberProperty("entries", stored.entries());
          json.writeNumberProperty("readBytes", stored.readBytes());
          json.writeNumberProperty("sentBytes", stored.sentBytes());
        });
    json.writeEndObject();
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @return empty if it isn't that, or of another version
   */
  static Optional<RunResults> read(byte[] json) {
    try {
      JsonObject object = JsonObject.parse(json);
      if (object.number("version") != VERSION) {
        return Optional.empty();
      }
      List<RunResult> runs = object.objects("runs", RunResultsJson::run);
      return runs.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new RunResults(
                  runs.getFirst(),
                  runs.stream().filter(run -> run.stored().isPresent()).findFirst(),
                  object.number("without")));
    } catch (MalformedRecordException | DateTimeException malformed) {
      return Optional.empty();
    }
  }

  private static RunResult run(JsonObject object) throws MalformedRecordException {
    Optional<String> archive = object.optionalText("archive");
    return new RunResult(
        object.text("run"),
        Instant.parse(object.text("began")),
        Instant.parse(object.text("ended")),
        (int) object.number("exitStatus"),
        object.text("message"),
        object.text("location"),
        archive.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new RunResult.Stored(
                    archive.get(),
                    object.number("bytes"),
                    object.number("tarBytes"),
                    object.number("entries"),
                    object.number("readBytes"),
                    object.number("sentBytes"))));
  }
}
