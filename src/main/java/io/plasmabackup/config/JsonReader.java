package io.plasmabackup.config;

import io.plasmabackup.Failure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.io.ContentReference;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/** JSON text with comments and trailing commas → {@link Json}. Knows no key. */
final class JsonReader {

  /** Far more than any configuration needs, far less than the stack holds. */
  private static final int DEEPEST = 16;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
          // The size of the file is the one limit; these two would fail without a position.
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNameLength(TrustedFile.LIMIT)
                  .maxNumberLength(TrustedFile.LIMIT)
                  .build())
          .build();

  /**
   * Our words for what the parser finds, by a part of its own message. Its own can't be shown: they
   * repeat text of the file, which may be secret. The first that fits counts.
   */
  private static final Map<String, String> REASONS = new LinkedHashMap<>();

  static {
    REASONS.put("expecting comma", "a comma is missing before this");
    REASONS.put("start property name", "expected a key in double quotes");
    REASONS.put("expecting a colon", "expected a colon between key and value");
    REASONS.put(
        "Illegal unquoted character",
        "a line break or control character in a string: is the closing quote missing?");
    REASONS.put("character escape", "unknown escape in a string; a backslash is written \\\\");
    REASONS.put("close marker", "this closing bracket doesn't match an opening one");
    REASONS.put(
        "for a comment", "a comment begins with // or /*; a path is written in double quotes");
    REASONS.put("in numeric value", "not a number");
    REASONS.put("Invalid numeric value", "a number must not begin with 0");
    REASONS.put("root-level values", "expected an object in braces around everything");
    REASONS.put("Illegal character", "a control character outside a string");
    REASONS.put("Non-standard token", "expected a value; text is written in double quotes");
    REASONS.put("Unrecognized token", "expected a value; text is written in double quotes");
    REASONS.put("expected a val", "expected a value; text is written in double quotes");
  }

  private final Source source;
  private final JsonParser parser;

  private JsonReader(Source source, JsonParser parser) {
    this.source = source;
    this.parser = parser;
  }

  /**
   * Reads a file that is one object and nothing else.
   *
   * @throws Failure if {@code text} isn't that, or an object has a key twice
   */
  static Json.Members read(Source source, String text) throws Failure {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      return new JsonReader(source, parser).document();
    }
  }

  private Json.Members document() throws Failure {
    boolean complete = false;
    try {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw source.failure(1, "the file is empty; expected an object in braces");
      }
      if (!(value(first, 1) instanceof Json.Members document)) {
        throw source.failure(line(), "expected an object in braces around everything");
      }
      complete = true;
      if (parser.nextToken() != null) {
        throw trailing(parser.currentTokenLocation());
      }
      return document;
    } catch (JacksonException wrong) {
      // Not every end that comes too early is an UnexpectedEndOfInputException.
      if (wrong.getOriginalMessage().contains("end-of-input")) {
        throw endsEarly(wrong);
      }
      throw complete ? trailing(location(wrong)) : syntax(wrong);
    }
  }

  private Json value(JsonToken token, int depth) throws Failure {
    int line = line();
    if (depth > DEEPEST) {
      throw source.failure(line, "nested more than " + DEEPEST + " levels deep");
    }
    return switch (token) {
      case VALUE_STRING -> new Json.Text(line, parser.getString());
      case VALUE_NUMBER_INT -> new Json.Whole(line, parser.getString());
      case VALUE_NUMBER_FLOAT -> new Json.Other(line, "a number with a fraction or exponent");
      case VALUE_TRUE -> new Json.Bool(line, true);
      case VALUE_FALSE -> new Json.Bool(line, false);
      case VALUE_NULL -> new Json.Other(line, "null");
      case START_ARRAY -> items(line, depth);
      case START_OBJECT -> members(line, depth);
      case NOT_AVAILABLE, PROPERTY_NAME, END_OBJECT, END_ARRAY, VALUE_EMBEDDED_OBJECT ->
          throw new IllegalStateException("no value begins with " + token);
    };
  }

  private Json.Items items(int line, int depth) throws Failure {
    List<Json> values = new ArrayList<>();
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      values.add(value(t, depth + 1));
    }
    return new Json.Items(line, values);
  }

  private Json.Members members(int line, int depth) throws Failure {
    Map<String, Json.Member> byKey = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      int keyLine = line();
      String key = parser.currentName();
      Json.Member earlier = byKey.get(key);
      if (earlier != null) {
        throw source.failure(
            keyLine,
            Quoted.of(key) + " is there already, on line " + earlier.line() + "; keep one of them");
      }
      byKey.put(key, new Json.Member(keyLine, value(parser.nextToken(), depth + 1)));
    }
    return new Json.Members(line, byKey);
  }

  /** The line on which the current token begins. */
  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private Failure trailing(TokenStreamLocation place) {
    return failure(place, "only comments may follow the object's closing brace");
  }

  private Failure endsEarly(JacksonException early) {
    TokenStreamLocation end = location(early);
    if (early.getOriginalMessage().contains("in a comment")) {
      return failure(end, "the file ends inside a comment; is */ missing?");
    }
    TokenStreamContext open = parser.streamReadContext();
    if (open.inRoot()) {
      return failure(end, "the file ends too early; expected an object in braces");
    }
    int line = open.startLocation(ContentReference.unknown()).getLineNr();
    String bracket = open.inArray() ? "[" : "{";
    return failure(
        end, "the file ends too early: the " + bracket + " of line " + line + " is never closed");
  }

  private Failure syntax(JacksonException wrong) {
    String found = wrong.getOriginalMessage();
    String reason =
        REASONS.entrySet().stream()
            .filter(known -> found.contains(known.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse("not JSON");
    return failure(location(wrong), reason);
  }

  private TokenStreamLocation location(JacksonException wrong) {
    TokenStreamLocation place = wrong.getLocation();
    return place != null ? place : parser.currentLocation();
  }

  private Failure failure(TokenStreamLocation place, String problem) {
    return source.failure(place.getLineNr(), place.getColumnNr(), problem);
  }
}
