package io.plasmabackup.store.ssh;

import java.util.List;
import java.util.Locale;

/** The pattern lists of {@code ssh_config} and {@code known_hosts}. */
final class HostPatterns {

  private HostPatterns() {}

  /**
   * Whether one of {@code patterns} matches {@code host}, and none with an exclamation mark does.
   */
  static boolean match(List<String> patterns, String host) {
    String lowerCase = host.toLowerCase(Locale.ROOT);
    boolean matched = false;
    for (String pattern : patterns) {
      boolean negated = pattern.startsWith("!");
      String wildcard = (negated ? pattern.substring(1) : pattern).toLowerCase(Locale.ROOT);
      if (matches(wildcard, lowerCase)) {
        if (negated) {
          return false;
        }
        matched = true;
      }
    }
    return matched;
  }

  /**
   * On a mismatch the last asterisk takes one character more. Earlier ones needn't be tried again,
   * so that time is bounded by the product of the lengths; a regular expression's isn't.
   */
  private static boolean matches(String pattern, String host) {
    int at = 0;
    int step = 0;
    int afterStar = -1;
    int starEnd = 0;
    while (at < host.length()) {
      if (step < pattern.length() && pattern.charAt(step) == '*') {
        afterStar = ++step;
        starEnd = at;
      } else if (step < pattern.length()
          && (pattern.charAt(step) == '?' || pattern.charAt(step) == host.charAt(at))) {
        step++;
        at++;
      } else if (afterStar >= 0) {
        step = afterStar;
        at = ++starEnd;
      } else {
        return false;
      }
    }
    return pattern.substring(step).chars().allMatch(c -> c == '*');
  }
}
