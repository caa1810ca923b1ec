package io.plasmabackup;

import static io.plasmabackup.ArchitectureTest.ROOT;
import static io.plasmabackup.ArchitectureTest.USES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/architecture.md shows just what {@link ArchitectureTest} holds the code to. */
class ArchitecturePageTest {

  private static final Path PAGE = Path.of("..", "docs", "architecture.md");
  private static final Pattern EDGE = Pattern.compile("(?m)^  ([\\w.]+) --> ([\\w.]+)$");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\S+)` \\| (.*?) \\| (.+?) \\|$");

  @Test
  void pictureHasTheArrowsOfTheTableOfRules() throws IOException {
    Set<String> drawn = new TreeSet<>();
    Matcher edge = EDGE.matcher(part("picture"));
    while (edge.find()) {
      drawn.add(edge.group());
    }
    Set<String> allowed = new TreeSet<>();
    USES.forEach((user, all) -> {
      Set<String> used = new TreeSet<>(all);
      used.remove(ROOT);
      for (String one : used) {
        // What follows from another arrow isn't drawn.
        if (used.stream().noneMatch(other -> reachable(other).contains(one))) {
          allowed.add("  " + user + " --> " + one);
        }
      }
    });

    assertThat(without(allowed, drawn)).as("arrows to add to the picture in %s", PAGE).isEmpty();
    assertThat(without(drawn, allowed)).as("arrows to remove from it").isEmpty();
  }

  @Test
  void tableHasThePackagesAndWhatTheyMayUse() throws IOException {
    List<String> told = new ArrayList<>();
    Matcher row = ROW.matcher(part("packages"));
    while (row.find()) {
      told.add(row(row.group(1), row.group(2)));
    }
    List<String> allowed =
        USES.entrySet().stream().map(entry -> row(entry.getKey(), names(entry))).toList();

    assertThat(without(allowed, told))
        .as("rows to add to the table in %s, or to change, in the order of ArchitectureTest", PAGE)
        .isEmpty();
    assertThat(told).containsExactlyElementsOf(allowed);
  }

  private static Set<String> reachable(String user) {
    Set<String> all = new TreeSet<>();
    for (String used : USES.getOrDefault(user, Set.of())) {
      all.add(used);
      all.addAll(reachable(used));
    }
    return all;
  }

  private static String row(String name, String uses) {
    return "| `" + name + "` | " + uses + " |";
  }

  private static String names(Map.Entry<String, Set<String>> entry) {
    return entry.getValue().isEmpty()
        ? "nothing"
        : entry.getValue().stream()
            .sorted()
            .map(name -> "`" + name + "`")
            .collect(Collectors.joining(", "));
  }

  private static List<String> without(Iterable<String> all, Iterable<String> these) {
    List<String> rest = new ArrayList<>();
    all.forEach(rest::add);
    these.forEach(rest::remove);
    return rest;
  }

  private static String part(String name) throws IOException {
    String page = Files.readString(PAGE);
    String start = "<!-- " + name + " -->";
    String end = "<!-- /" + name + " -->";
    assertThat(page).contains(start, end);
    return page.substring(page.indexOf(start), page.indexOf(end));
  }
}
