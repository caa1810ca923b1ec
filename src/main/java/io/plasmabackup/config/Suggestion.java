package io.plasmabackup.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Finds the word that somebody probably meant. */
final class Suggestion {

  private Suggestion() {}

  /**
   * The end of a message, {@code ; did you mean "…"?}, or nothing if no known word is near: one
   * slip away from a word of up to four letters, two from a longer one. A slip is a letter too
   * many, too few, wrong, or swapped with its neighbour; the case of letters doesn't count.
   */
  static String of(String word, Collection<String> known) {
    int slips = word.length() <= 4 ? 1 : 2;
    return known.stream()
        .filter(candidate -> Math.abs(candidate.length() - word.length()) <= slips)
        .filter(candidate -> slips(word, candidate) <= slips)
        .min(
            Comparator.<String>comparingInt(candidate -> slips(word, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .map(nearest -> "; did you mean \"" + nearest + "\"?")
        .orElse("");
  }

  /** The optimal string alignment distance, ignoring case. */
  private static int slips(String one, String other) {
    String a = one.toLowerCase(Locale.ROOT);
    String b = other.toLowerCase(Locale.ROOT);
    int[][] distance = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          distance[i][j] = i + j;
          continue;
        }
        int wrong = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least =
            Math.min(
                distance[i - 1][j - 1] + wrong,
                1 + Math.min(distance[i - 1][j], distance[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, distance[i - 2][j - 2] + 1);
        }
        distance[i][j] = least;
      }
    }
    return distance[a.length()][b.length()];
  }
}
