package io.plasmabackup.config;

import io.plasmabackup.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * One object of the configuration, from which values are taken by key and type. The messages of its
 * failures begin with file, line and key.
 */
final class Section {

  private final Source source;
  private final String name;
  private final Json.Members members;

  private Section(Source source, String name, Json.Members members) {
    this.source = source;
    this.name = name;
    this.members = members;
  }

  /**
   * @param name the key whose value this object is; empty for the outermost
   * @throws Failure if there is a key that isn't {@code allowed}
   */
  static Section of(Source source, String name, Json.Members members, SortedSet<String> allowed)
      throws Failure {
    for (Map.Entry<String, Json.Member> member : members.byKey().entrySet()) {
      String key = member.getKey();
      if (!allowed.contains(key)) {
        throw source.failure(
            member.getValue().line(),
            Quoted.of(key)
                + (name.isEmpty() ? " is not a key here" : " is not a key in \"" + name + "\"")
                + "; allowed: "
                + String.join(", ", allowed)
                + Suggestion.of(key, allowed));
      }
    }
    return new Section(source, name, members);
  }

  /** The string at {@code key}: without NUL and unpaired surrogates, perhaps empty. */
  Optional<Json.Text> text(String key) throws Failure {
    Optional<Json> value = value(key);
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(text(key, value.get(), "expected a string"));
  }

  /** The list of strings at {@code key}, perhaps empty. */
  Optional<List<Json.Text>> texts(String key) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Items items)) {
      throw wrongType(key, value.get(), "expected a list of strings");
    }
    List<Json.Text> texts = new ArrayList<>();
    for (Json item : items.values()) {
      texts.add(text(key, item, "expected only strings in the list"));
    }
    return Optional.of(texts);
  }

  /** The list of objects at {@code key}, perhaps empty. */
  Optional<List<Json.Members>> objects(String key) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Items items)) {
      throw wrongType(key, value.get(), "expected a list of objects in braces");
    }
    List<Json.Members> objects = new ArrayList<>();
    for (Json item : items.values()) {
      if (!(item instanceof Json.Members object)) {
        throw wrongType(key, item, "expected only objects in the list");
      }
      objects.add(object);
    }
    return Optional.of(objects);
  }

  /** The number without fraction at {@code key}. */
  Optional<Json.Whole> whole(String key) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Whole whole)) {
      throw wrongType(key, value.get(), "expected a whole number");
    }
    return Optional.of(whole);
  }

  /** The number at {@code key}, one of those {@code allowed}. */
  OptionalInt number(String key, Range allowed) throws Failure {
    Optional<Json.Whole> whole = whole(key);
    if (whole.isEmpty()) {
      return OptionalInt.empty();
    }
    OptionalInt number = allowed.parse(whole.get().digits());
    if (number.isEmpty()) {
      throw failure(key, whole.get(), "expected a number from " + allowed);
    }
    return number;
  }

  /**
   * The number without fraction at {@code key}; empty also if the string {@code word} is there.
   *
   * @param expected both, for the message
   */
  Optional<Json.Whole> wholeOr(String word, String key, String expected) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty() || (value.get() instanceof Json.Text text && text.value().equals(word))) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Whole whole)) {
      throw wrongType(key, value.get(), expected);
    }
    return Optional.of(whole);
  }

  /** The true or false at {@code key}. */
  Optional<Json.Bool> bool(String key) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Bool bool)) {
      throw wrongType(key, value.get(), "expected true or false");
    }
    return Optional.of(bool);
  }

  /**
   * The one of {@code choices} whose {@code word} stands at {@code key}.
   *
   * @param kind what the choices are, with its article, for the message
   */
  <T> Optional<T> choice(String key, String kind, T[] choices, Function<T, String> word)
      throws Failure {
    Optional<Json.Text> text = text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    SortedMap<String, T> byWord = new TreeMap<>();
    for (T choice : choices) {
      byWord.put(word.apply(choice), choice);
    }
    T chosen = byWord.get(text.get().value());
    if (chosen == null) {
      throw refusal(
          key,
          text.get(),
          " is not "
              + kind
              + "; allowed: "
              + String.join(", ", byWord.keySet())
              + Suggestion.of(text.get().value(), byWord.keySet()));
    }
    return Optional.of(chosen);
  }

  /** The object at {@code key}. */
  Optional<Json.Members> members(String key) throws Failure {
    Optional<Json> value = value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Json.Members object)) {
      throw wrongType(key, value.get(), "expected an object in braces");
    }
    return Optional.of(object);
  }

  /**
   * What {@code value} holds; a failure if it is empty.
   *
   * @param expected what belongs there, for the message
   */
  <T> T required(Optional<T> value, String key, String expected) throws Failure {
    if (value.isEmpty()) {
      throw source.failure(members.line(), label(key) + " is missing; expected " + expected);
    }
    return value.get();
  }

  /** That the value at {@code key}, which exists, is not as it should be. */
  Failure failure(String key, String problem) {
    return failure(key, value(key).orElseThrow(), problem);
  }

  /**
   * That the string at {@code key}, or one of its items, {@code isWrong}; the message repeats it.
   */
  Failure refusal(String key, Json.Text text, String isWrong) {
    return failure(key, text, Quoted.of(text.value()) + isWrong);
  }

  /** That the value at {@code key}, or one of its items, is not as it should be. */
  Failure failure(String key, Json value, String problem) {
    return source.failure(value.line(), label(key) + ": " + problem);
  }

  private Json.Text text(String key, Json value, String expected) throws Failure {
    if (!(value instanceof Json.Text text)) {
      throw wrongType(key, value, expected);
    }
    if (text.value().codePoints().anyMatch(c -> c == 0 || isSurrogate(c))) {
      throw failure(
          key, text, "a NUL or an unpaired surrogate can't be part of a path, a name or a command");
    }
    return text;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private Failure wrongType(String key, Json value, String expected) {
    return failure(key, value, expected + ", found " + value.kind());
  }

  /** Whatever is at {@code key}. */
  Optional<Json> value(String key) {
    return Optional.ofNullable(members.byKey().get(key)).map(Json.Member::value);
  }

  private String label(String key) {
    return '"' + (name.isEmpty() ? key : name + "." + key) + '"';
  }
}
