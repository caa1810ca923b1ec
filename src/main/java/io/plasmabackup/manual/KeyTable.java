package io.plasmabackup.manual;

import io.plasmabackup.manual.Block.Heading;
import io.plasmabackup.manual.Block.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the README says about the configuration.
 *
 * @param entries the rows of the table of keys
 * @param notes what stands below it, to the next heading
 */
record KeyTable(List<Entry> entries, List<Block> notes) {

  private static final List<String> HEAD = List.of("key", "", "meaning");
  private static final Pattern KEY = Pattern.compile("`([^`]+)`");

  /**
   * A row of it.
   *
   * @param keys one or several, in full, such as {@code ssh.port}
   * @param necessity required, optional, or nothing
   * @param meaning in Markdown
   */
  record Entry(List<String> keys, String necessity, String meaning) {}

  /**
   * @throws IllegalArgumentException if there is no such table
   */
  static KeyTable in(String readme) {
    List<Entry> entries = new ArrayList<>();
    List<Block> notes = new ArrayList<>();
    boolean below = false;
    for (Block block : Markdown.blocks(readme)) {
      if (block instanceof Row row && row.head().equals(HEAD)) {
        entries.add(entry(row.cells()));
        below = true;
      } else if (block instanceof Heading) {
        below = false;
      } else if (below) {
        notes.add(block);
      }
    }
    if (entries.isEmpty()) {
      throw new IllegalArgumentException(
          "README.md has no table that begins with | key | | meaning |");
    }
    return new KeyTable(List.copyOf(entries), List.copyOf(notes));
  }

  private static Entry entry(List<String> cells) {
    List<String> keys = new ArrayList<>();
    Matcher key = KEY.matcher(cells.getFirst());
    String section = "";
    while (key.find()) {
      String name = key.group(1);
      if (name.startsWith(".")) {
        name = section + name;
      }
      int dot = name.lastIndexOf('.');
      section = dot < 0 ? "" : name.substring(0, dot);
      keys.add(name);
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no key between backquotes: " + cells.getFirst());
    }
    return new Entry(List.copyOf(keys), cells.get(1), cells.get(2));
  }
}
