package io.plasmabackup.config;

import java.util.List;
import java.util.Map;

/** A JSON value that knows on which line of its file it begins (from 1). */
sealed interface Json {

  int line();

  /** For messages: what this is, with its article. */
  String kind();

  /** A string. */
  record Text(int line, String value) implements Json {
    @Override
    public String kind() {
      return value.isEmpty() ? "an empty string" : "a string";
    }
  }

  /** A number without fraction and exponent, of any length, as it is written. */
  record Whole(int line, String digits) implements Json {
    @Override
    public String kind() {
      return "a number";
    }
  }

  /** True or false. */
  record Bool(int line, boolean value) implements Json {
    @Override
    public String kind() {
      return Boolean.toString(value);
    }
  }

  /** Any value that no key of ours takes: null, a fraction. */
  record Other(int line, String kind) implements Json {}

  /** A list. */
  record Items(int line, List<Json> values) implements Json {
    @Override
    public String kind() {
      return values.isEmpty() ? "an empty list" : "a list";
    }
  }

  /** An object, its keys in the order of the file. */
  record Members(int line, Map<String, Member> byKey) implements Json {
    @Override
    public String kind() {
      return "an object";
    }
  }

  /** A key's line, and its value, which may stand on a later one. */
  record Member(int line, Json value) {}
}
