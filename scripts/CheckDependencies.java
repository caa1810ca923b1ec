import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Fails unless each library in the product's SBOM has a licence that we take, and is in docs/dependencies.md with it and a reason, and
 * nothing else is there. Called by scripts/build: the SBOM, then the page.
 */
final class CheckDependencies {

  /** Of what is shipped. All of them let it be passed on with Apache-2.0, if their texts go along. */
  private static final Set<String> ALLOWED =
      Set.of("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Bouncy Castle Licence");

  /** "The BSD License" in a POM is taken for another one than the text that it points to. */
  private static final Map<String, String> BY_THEIR_TEXT = Map.of("org.jline", "BSD-3-Clause");

  private static final Pattern ROW = Pattern.compile("\\| `([^`:]+:[^`]+)` \\| ([^|]+) \\| ([^|]+) \\|");

  public static void main(String[] arguments) throws Exception {
    Map<String, String> shipped = licences(Path.of(arguments[0]));
    Map<String, String> told = new TreeMap<>();
    String page = Files.readString(Path.of(arguments[1]));
    Matcher row = ROW.matcher(page.split("\n## ", 3)[1]);
    while (row.find()) {
      told.put(row.group(1), row.group(2).strip());
    }
    List<String> problems = new ArrayList<>();
    shipped.forEach((library, licence) -> {
      if (!ALLOWED.contains(licence)) {
        problems.add(library + " has the licence " + licence + ", which is none of " + ALLOWED);
      }
      if (!told.containsKey(library)) {
        problems.add(library + " is not in " + arguments[1] + "; add | `" + library + "` | " + licence + " | reason |");
      } else if (!licence.equals(told.get(library))) {
        problems.add(arguments[1] + " says " + told.get(library) + " of " + library + ", which has " + licence);
      }
    });
    told.keySet().stream()
        .filter(library -> !shipped.containsKey(library))
        .forEach(library -> problems.add(library + " is in " + arguments[1] + ", but not in the product"));
    problems.forEach(problem -> System.err.println("build: " + problem));
    if (!problems.isEmpty()) {
      System.exit(1);
    }
  }

  private static Map<String, String> licences(Path sbom) throws Exception {
    Map<String, String> licences = new TreeMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), sbom)) {
      parser.nextToken();
      for (Object component : (List<?>) ((Map<?, ?>) value(parser)).get("components")) {
        Map<?, ?> library = (Map<?, ?>) component;
        String group = (String) library.get("group");
        if (!group.equals("io.plasmabackup")) {
          licences.put(group + ":" + library.get("name"), BY_THEIR_TEXT.getOrDefault(group, licence(library)));
        }
      }
    }
    return licences;
  }

  /** Several are one that isn't allowed, until somebody looks at them. */
  private static String licence(Map<?, ?> library) {
    List<String> names = new ArrayList<>();
    for (Object choice : library.get("licenses") instanceof List<?> list ? list : List.of()) {
      Map<?, ?> entry = (Map<?, ?>) choice;
      Map<?, ?> licence = entry.get("license") instanceof Map<?, ?> one ? one : Map.of("name", String.valueOf(entry.get("expression")));
      names.add(String.valueOf(licence.containsKey("id") ? licence.get("id") : licence.get("name")));
    }
    return names.isEmpty() ? "unknown" : String.join(" and ", names);
  }

  private static Object value(JsonParser parser) {
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      List<Object> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        items.add(value(parser));
      }
      return items;
    }
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      Map<String, Object> members = new HashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        members.put(name, value(parser));
      }
      return members;
    }
    return parser.getString();
  }
}
