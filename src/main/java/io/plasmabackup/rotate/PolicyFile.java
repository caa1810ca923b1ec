package io.plasmabackup.rotate;

import io.plasmabackup.DurationForm;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Label;
import io.plasmabackup.store.Store;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * The policy that stands next to the archives: JSON, comments and trailing commas allowed,
 * otherwise strict. What isn't exactly a policy is an error that names file, line and reason, for a
 * guess would delete backups.
 */
public final class PolicyFile {

  /** The file's name in the folder of the archives. */
  public static final String NAME = "plasma-rotate.json";

  /** What to write, for messages and help texts. */
  public static final String EXAMPLE =
      "{\"policy\": {\"daily\": 5, \"weekly\": 3, \"monthly\": 2}}";

  private static final String MINIMUM_AGE = "minimumAge";
  private static final DurationForm AGE =
      new DurationForm("hd", "14d", Duration.ZERO, Duration.ofDays(Policy.MAXIMUM));

  private static final int LIMIT_BYTES = 64 * 1024;
  private static final int LONGEST_QUOTE = 40;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .build();

  private final String file;
  private final JsonParser json;

  private PolicyFile(String file, JsonParser json) {
    this.file = file;
    this.json = json;
  }

  /**
   * The folder's policy, empty where it has no such file.
   *
   * @throws Failure {@link ExitCode#CONFIGURATION} where the file cannot be read or isn't a policy;
   *     as {@link Store#read} where the store is out of reach
   */
  public static Optional<Policy> read(Store store) throws Failure {
    Optional<byte[]> content;
    try {
      content = store.read(NAME, LIMIT_BYTES);
    } catch (Failure unreadable) {
      if (unreadable.exitCode() != ExitCode.STORAGE) {
        throw unreadable;
      }
      throw new Failure(
          ExitCode.CONFIGURATION, unreadable.getMessage() + "; nothing was deleted", unreadable);
    }
    return content.isEmpty() ? Optional.empty() : Optional.of(parse(path(store), content.get()));
  }

  /** For people: where the policy of {@code store} is or should be. */
  static String path(Store store) {
    return store.location() + "/" + NAME;
  }

  /**
   * What a policy file with this content says.
   *
   * @param file what it is called in messages
   */
  static Policy parse(String file, byte[] content) throws Failure {
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), content)) {
      try {
        return new PolicyFile(file, json).document();
      } catch (JacksonException notJson) {
        throw notJson(file, notJson, json.currentLocation());
      }
    } catch (JacksonException unknownEncoding) {
      throw notJson(file, unknownEncoding, TokenStreamLocation.NA);
    }
  }

  private static Failure notJson(String file, JacksonException e, TokenStreamLocation reached) {
    // Not every exception knows its place; what goes wrong before the first token is in line 1.
    TokenStreamLocation place = e.getLocation() != null ? e.getLocation() : reached;
    int line = Math.max(1, place.getLineNr());
    if (e instanceof UnexpectedEndOfInputException) {
      return malformed(file, line, "the file ends too early");
    }
    // Jackson adds in parentheses where an unclosed bracket began, naming its own buffers.
    String reason = e.getOriginalMessage().replaceFirst("(?s) \\(for .*", "");
    return malformed(file, line, "not valid JSON: " + ascii(reason));
  }

  private Policy document() throws Failure {
    JsonToken first = json.nextToken();
    if (first == null) {
      throw malformed("the file is empty; write " + EXAMPLE);
    }
    if (first != JsonToken.START_OBJECT) {
      throw malformed("the file must hold an object like " + EXAMPLE);
    }
    Policy policy = null;
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      if (!json.currentName().equals("policy")) {
        throw malformed(
            "unknown key " + quoted(json.currentName()) + "; only \"policy\" is allowed");
      }
      if (policy != null) {
        throw malformed("\"policy\" is there twice");
      }
      policy = policy();
    }
    if (policy == null) {
      throw malformed("\"policy\" is missing; write " + EXAMPLE);
    }
    if (json.nextToken() != null) {
      throw malformed("something follows the end of the policy");
    }
    return policy;
  }

  private Policy policy() throws Failure {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw malformed("\"policy\" must be an object, as in " + EXAMPLE);
    }
    Map<Label, Integer> numbers = new EnumMap<>(Label.class);
    @Nullable Duration minimumAge = null;
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = json.currentName();
      if (key.equals(MINIMUM_AGE)) {
        if (minimumAge != null) {
          throw malformed("\"" + MINIMUM_AGE + "\" is there twice");
        }
        minimumAge = age();
        continue;
      }
      Label label =
          Arrays.stream(Label.values())
              .filter(l -> l.text().equals(key))
              .findFirst()
              .orElseThrow(() ->
                  malformed(
                      "unknown key "
                          + quoted(key)
                          + "; allowed are \"daily\", \"weekly\", \"monthly\" and \"minimumAge\""));
      if (numbers.containsKey(label)) {
        throw malformed("\"" + label.text() + "\" is there twice");
      }
      numbers.put(label, number(label));
    }
    return new Policy(
        present(numbers, Label.DAILY),
        present(numbers, Label.WEEKLY),
        present(numbers, Label.MONTHLY),
        Optional.ofNullable(minimumAge));
  }

  private Duration age() throws Failure {
    JsonToken token = json.nextToken();
    Optional<Duration> age =
        token == JsonToken.VALUE_STRING ? AGE.parse(json.getString()) : Optional.empty();
    return age.orElseThrow(() ->
        malformed("\"" + MINIMUM_AGE + "\" must be " + AGE.expected() + ", not " + found(token)));
  }

  private int number(Label label) throws Failure {
    JsonToken token = json.nextToken();
    if (token == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() == JsonParser.NumberType.INT
        && json.getIntValue() >= 0
        && json.getIntValue() <= Policy.MAXIMUM) {
      return json.getIntValue();
    }
    throw malformed(
        "\""
            + label.text()
            + "\" must be a whole number from 0 to "
            + Policy.MAXIMUM
            + ", not "
            + found(token));
  }

  private String found(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      case VALUE_STRING -> quoted(json.getString());
      default -> ascii(json.getString());
    };
  }

  private int present(Map<Label, Integer> numbers, Label label) throws Failure {
    Integer number = numbers.get(label);
    if (number == null) {
      throw malformed(
          "\"" + label.text() + "\" is missing; write how many of them stay, 0 for none");
    }
    return number;
  }

  private Failure malformed(String why) {
    return malformed(file, json.currentTokenLocation().getLineNr(), why);
  }

  private static Failure malformed(String file, int line, String why) {
    return new Failure(
        ExitCode.CONFIGURATION, file + ", line " + line + ": " + why + "; nothing was deleted");
  }

  private static String quoted(String fromFile) {
    String shown =
        fromFile.length() > LONGEST_QUOTE ? fromFile.substring(0, LONGEST_QUOTE) + "..." : fromFile;
    return "\"" + ascii(shown) + "\"";
  }

  /** Safe on a terminal and in a log: one line, no control characters. */
  private static String ascii(String fromFile) {
    return fromFile.replaceAll("[^ -~]", "?");
  }
}
