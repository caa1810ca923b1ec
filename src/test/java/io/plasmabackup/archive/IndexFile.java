package io.plasmabackup.archive;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** An index as docs/format.md says, read by other means than it was written. */
record IndexFile(List<Line> lines) {

  /** An object: numbers are {@code Long}s, arrays lists, objects maps. */
  record Line(Map<String, Object> values) {

    boolean has(String key) {
      return values.containsKey(key);
    }

    long number(String key) {
      return ((Number) Objects.requireNonNull(values.get(key), key)).longValue();
    }

    String text(String key) {
      return (String) Objects.requireNonNull(values.get(key), key);
    }

    /** A name, which may be in base64. */
    byte[] name(String key) {
      return has(key)
          ? text(key).getBytes(StandardCharsets.UTF_8)
          : Base64.getDecoder().decode(text(key + "Base64"));
    }

    boolean isSegment() {
      return has("segment");
    }

    boolean isLeftOut() {
      return has("leftOut") || has("leftOutBase64");
    }

    boolean isMember() {
      return has("name") || has("nameBase64");
    }
  }

  List<Line> leftOut() {
    return lines.stream().filter(Line::isLeftOut).toList();
  }

  static IndexFile parse(byte[] compressed) throws IOException {
    byte[] json = new ZstdInputStream(new ByteArrayInputStream(compressed)).readAllBytes();
    List<String> text = List.of(new String(json, StandardCharsets.UTF_8).split("\n", -1));
    if (!text.getLast().isEmpty()) {
      throw new IOException("no newline at the end of " + text.getLast());
    }
    List<Line> lines = new ArrayList<>();
    for (String line : text.subList(0, text.size() - 1)) {
      try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), line)) {
        parser.nextToken();
        lines.add(new Line(object(parser)));
        if (parser.nextToken() != null) {
          throw new IOException("two values in " + line);
        }
      }
    }
    return new IndexFile(lines);
  }

  private static Map<String, Object> object(JsonParser parser) {
    Map<String, Object> values = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      if (values.put(key, value(parser)) != null) {
        throw new IllegalArgumentException(key + " twice");
      }
    }
    return values;
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<Object> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          values.add(value(parser));
        }
        yield values;
      }
      case VALUE_NUMBER_INT -> parser.getNumberValue();
      case VALUE_STRING -> parser.getString();
      case VALUE_TRUE -> true;
      default -> throw new IllegalArgumentException("a " + parser.currentToken());
    };
  }

  Line header() {
    return lines.getFirst();
  }

  Line end() {
    return lines.getLast();
  }
}
