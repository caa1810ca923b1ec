package io.plasmabackup.config;

import io.plasmabackup.Failure;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands at {@code compression}: a word, or an object with the details. */
final class CompressionReader {

  private static final String KEY = "compression";
  private static final String TYPE = "type";
  private static final String NONE = "none";
  private static final String ZSTD = "zstd";
  private static final SortedSet<String> KEYS =
      new TreeSet<>(List.of(TYPE, "level", "threads", "passThrough"));
  private static final List<String> ZSTD_KEYS = List.of("level", "passThrough");
  private static final String EXAMPLE = "{\"level\": 3}";

  /** What other programs call a level: {@code 3}, {@code zstd:3}, {@code zstd -3}. */
  private static final Pattern LEVEL = Pattern.compile("(?:zstd)?[ :=-]*([0-9]{1,2})");

  private CompressionReader() {}

  static Compression read(Source source, Section top) throws Failure {
    Optional<Json> value = top.value(KEY);
    if (value.isEmpty()) {
      return Compression.NONE;
    }
    return switch (value.get()) {
      case Json.Members members -> detailed(Section.of(source, KEY, members, KEYS));
      case Json.Text text when text.value().equals(NONE) -> Compression.NONE;
      case Json.Text text when text.value().equals(ZSTD) -> Compression.ZSTD;
      case Json.Text text ->
          throw top.refusal(
              KEY,
              text,
              " is not a compression; allowed: none, zstd, or an object such as "
                  + EXAMPLE
                  + meant(text.value()));
      case Json.Whole number ->
          throw top.failure(KEY, number, expected(number) + meant(number.digits()));
      case Json other -> throw top.failure(KEY, other, expected(other));
    };
  }

  private static String expected(Json found) {
    return "expected \"none\", \"zstd\", or an object such as "
        + EXAMPLE
        + ", found "
        + found.kind();
  }

  /** The end of a message: what was probably meant, or nothing. */
  private static String meant(String text) {
    Matcher level = LEVEL.matcher(text);
    OptionalInt number = level.matches() ? Zstd.LEVELS.parse(level.group(1)) : OptionalInt.empty();
    return number.isPresent()
        ? "; did you mean {\"level\": " + number.getAsInt() + "}?"
        : Suggestion.of(text, List.of(NONE, ZSTD));
  }

  private static Compression detailed(Section section) throws Failure {
    OptionalInt threads = section.number("threads", Compression.THREADS);
    String type =
        section
            .choice(TYPE, "a compression", new String[] {NONE, ZSTD}, Function.identity())
            .orElse(ZSTD);
    if (type.equals(ZSTD)) {
      return new Compression(Optional.of(zstd(section)), threads);
    }
    for (String key : ZSTD_KEYS) {
      if (section.value(key).isPresent()) {
        throw section.failure(key, "only zstd has this; leave it out, or write \"type\": \"zstd\"");
      }
    }
    return new Compression(Optional.empty(), threads);
  }

  private static Zstd zstd(Section section) throws Failure {
    return new Zstd(
        section.number("level", Zstd.LEVELS).orElse(Zstd.DEFAULTS.level()),
        section
            .choice("passThrough", "a choice here", PassThrough.values(), PassThrough::text)
            .orElse(Zstd.DEFAULTS.passThrough()));
  }
}
