package io.plasmabackup;

import java.util.List;

/** Letters one of which is to be chosen. */
final class Alternatives {

  private Alternatives() {}

  /** {@code s, m or h}, of {@code smh}. */
  static String of(String letters) {
    List<String> each = letters.chars().mapToObj(Character::toString).toList();
    int last = each.size() - 1;
    return last < 1 ? letters : String.join(", ", each.subList(0, last)) + " or " + each.get(last);
  }
}
