package io.plasmabackup.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** A JSON object that has been read: its values are asked for by key and kind. */
final class JsonObject {

  /** Of texts, whole numbers, objects and lists of these. */
  private final Map<String, Object> values;

  private JsonObject(Map<String, Object> values) {
    this.values = values;
  }

  /** One object out of one of the others. */
  interface Reader<T> {
    T read(JsonObject object) throws MalformedRecordException;
  }

  static JsonObject parse(byte[] json) throws MalformedRecordException {
    try (JsonParser parser =
        JsonFactory.builder().build().createParser(ObjectReadContext.empty(), json)) {
      if (value(parser, parser.nextToken()) instanceof JsonObject object) {
        return object;
      }
      throw new MalformedRecordException("no object");
    } catch (JacksonException e) {
      throw new MalformedRecordException("not JSON", e);
    }
  }

  private static Object value(JsonParser parser, JsonToken token) throws MalformedRecordException {
    return switch (token) {
      case START_OBJECT -> {
        Map<String, Object> values = new HashMap<>();
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
          values.put(key, value(parser, parser.nextToken()));
        }
        yield new JsonObject(values);
      }
      case START_ARRAY -> {
        List<Object> values = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          values.add(value(parser, next));
        }
        yield values;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case null, default -> throw new MalformedRecordException("unexpected " + token);
    };
  }

  private <T> Optional<T> optional(String key, Class<T> type) throws MalformedRecordException {
    Object value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (type.isInstance(value)) {
      return Optional.of(type.cast(value));
    }
    throw new MalformedRecordException(key + " is not of the type " + type.getSimpleName());
  }

  private static <T> T required(String key, Optional<T> value) throws MalformedRecordException {
    return value.orElseThrow(() -> new MalformedRecordException(key + " is missing"));
  }

  Optional<String> optionalText(String key) throws MalformedRecordException {
    return optional(key, String.class);
  }

  String text(String key) throws MalformedRecordException {
    return required(key, optionalText(key));
  }

  Optional<Long> optionalNumber(String key) throws MalformedRecordException {
    return optional(key, Long.class);
  }

  long number(String key) throws MalformedRecordException {
    return required(key, optionalNumber(key));
  }

  List<String> texts(String key) throws MalformedRecordException {
    List<String> texts = new ArrayList<>();
    for (Object value : required(key, optional(key, List.class))) {
      if (!(value instanceof String text)) {
        throw new MalformedRecordException(key + " holds something that is no text");
      }
      texts.add(text);
    }
    return texts;
  }

  <T> List<T> objects(String key, Reader<T> reader) throws MalformedRecordException {
    List<T> read = new ArrayList<>();
    for (Object value : required(key, optional(key, List.class))) {
      if (!(value instanceof JsonObject object)) {
        throw new MalformedRecordException(key + " holds something that is no object");
      }
      read.add(reader.read(object));
    }
    return read;
  }
}
