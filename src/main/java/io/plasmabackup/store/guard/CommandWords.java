package io.plasmabackup.store.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes a command line apart that was made for a shell, without one: words that mean themselves,
 * and what stands between single quotes. Whatever a shell would make something else of is refused.
 */
final class CommandWords {

  /** More than any of the agent's, in characters. */
  private static final int LONGEST = 16 * 1024;

  private static final String PLAIN = "_./:@%+=,-";

  private CommandWords() {}

  /** Empty if it isn't such a line. */
  static Optional<List<String>> of(String line) {
    if (line.length() > LONGEST || line.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    for (int at = 0; at < line.length(); at++) {
      char c = line.charAt(at);
      if (c == ' ') {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
        continue;
      }
      inWord = true;
      if (c == '\'') {
        int end = line.indexOf('\'', at + 1);
        if (end < 0) {
          return Optional.empty();
        }
        word.append(line, at + 1, end);
        at = end;
      } else if (c == '\\' && line.startsWith("\\'", at)) {
        word.append('\'');
        at++;
      } else if (isPlain(c)) {
        word.append(c);
      } else {
        return Optional.empty();
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return Optional.of(words);
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || PLAIN.indexOf(c) >= 0;
  }
}
