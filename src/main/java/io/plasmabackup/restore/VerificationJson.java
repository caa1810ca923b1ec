package io.plasmabackup.restore;

import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.restore.Verified.Extent;
import io.plasmabackup.store.FileNames;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * A {@link Verification} as docs/format.md describes it: one line of ASCII, in a file beside the
 * archive and on stdout.
 */
public final class VerificationJson {

  private static final String FORMAT = "plasma-verified";
  private static final long VERSION = 1;
  private static final String RIGHT = "right";
  private static final String DAMAGED = "damaged";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private VerificationJson() {}

  /** Without a newline. */
  public static String write(Verification verification) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      Identity archive = verification.archive();
      json.writeStartObject();
      json.writeStringProperty("format", FORMAT);
      json.writeNumberProperty("version", VERSION);
      json.writeStringProperty("tool", verification.tool());
      json.writeStringProperty("archive", archive.name());
      json.writeNumberProperty("archiveSize", archive.size());
      json.writeStringProperty("modified", archive.modified().toString());
      archive.sha256().ifPresent(sha256 -> json.writeStringProperty("sha256", sha256));
      json.writeStringProperty("time", verification.time().toString());
      json.writeStringProperty("extent", verification.extent().text());
      json.writeStringProperty("result", verification.isRight() ? RIGHT : DAMAGED);
      verification.damage().ifPresent(damage -> json.writeStringProperty("reason", damage));
      json.writeNumberProperty("bytes", verification.bytes());
      json.writeNumberProperty("members", verification.members());
      json.writeNumberProperty("undigested", verification.undigested());
      json.writeEndObject();
    }
    return text.toString();
  }

  /**
   * Reads what may be one.
   *
   * @param text untrusted
   * @return empty if it is something else, or of a version that isn't known
   */
  public static Optional<Verification> read(byte[] text) {
    try {
      return Optional.of(verification(values(text)));
    } catch (JacksonException | DateTimeException | NotOne e) {
      return Optional.empty();
    }
  }

  private static final class NotOne extends Exception {

    private static final long serialVersionUID = 1;
  }

  private static Verification verification(Map<String, Object> values) throws NotOne {
    if (!text(values, "format").equals(FORMAT) || number(values, "version") != VERSION) {
      throw new NotOne();
    }
    Optional<String> sha256 = optional(values, "sha256");
    String result = text(values, "result");
    Optional<String> reason = optional(values, "reason").map(FileNames::shown);
    if (sha256.filter(digest -> !SHA256.matcher(digest).matches()).isPresent()
        || !result.equals(reason.isPresent() ? DAMAGED : RIGHT)) {
      throw new NotOne();
    }
    return new Verification(
        new Identity(
            text(values, "archive"),
            number(values, "archiveSize"),
            Instant.parse(text(values, "modified")),
            sha256),
        Instant.parse(text(values, "time")),
        Extent.of(text(values, "extent")).orElseThrow(NotOne::new),
        reason,
        number(values, "bytes"),
        number(values, "members"),
        number(values, "undigested"),
        FileNames.shown(text(values, "tool")));
  }

  private static Map<String, Object> values(byte[] text) throws NotOne {
    // Strict: what this wrote is ASCII.
    String line = new String(text, StandardCharsets.US_ASCII);
    Map<String, Object> values = new HashMap<>();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new NotOne();
      }
      for (String key = json.nextName(); key != null; key = json.nextName()) {
        Object value = value(json);
        if (value != null) {
          values.put(key, value);
        }
      }
      if (json.nextToken() != null) {
        throw new NotOne();
      }
    }
    return values;
  }

  private static @Nullable Object value(JsonParser json) {
    return switch (json.nextToken()) {
      case VALUE_STRING -> json.getString();
      case VALUE_NUMBER_INT ->
          json.getNumberType() == JsonParser.NumberType.BIG_INTEGER ? null : json.getLongValue();
      case null -> null;
      default -> {
        json.skipChildren();
        yield null;
      }
    };
  }

  private static String text(Map<String, Object> values, String key) throws NotOne {
    return optional(values, key).orElseThrow(NotOne::new);
  }

  private static Optional<String> optional(Map<String, Object> values, String key) {
    return values.get(key) instanceof String text ? Optional.of(text) : Optional.empty();
  }

  private static long number(Map<String, Object> values, String key) throws NotOne {
    if (values.get(key) instanceof Long number && number >= 0) {
      return number;
    }
    throw new NotOne();
  }
}
