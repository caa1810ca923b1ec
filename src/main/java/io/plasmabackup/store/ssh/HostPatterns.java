package io.plasmabackup.store.ssh;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The pattern lists of {@code ssh_config} and {@code known_hosts}. */
final class HostPatterns {

  private HostPatterns() {}

  /**
   * Whether one of {@code patterns} matches {@code host}, and none with an exclamation mark does.
   */
  static boolean match(List<String> patterns, String host) {
    boolean matched = false;
    for (String pattern : patterns) {
      boolean negated = pattern.startsWith("!");
      if (wildcard(negated ? pattern.substring(1) : pattern).matcher(host).matches()) {
        if (negated) {
          return false;
        }
        matched = true;
      }
    }
    return matched;
  }

  private static Pattern wildcard(String pattern) {
    String regex =
        pattern
            .chars()
            .mapToObj(c -> c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString(c)))
            .collect(Collectors.joining());
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
  }
}
