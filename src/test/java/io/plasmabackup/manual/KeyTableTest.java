package io.plasmabackup.manual;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.config.ConfigurationFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's table has just the keys that a configuration may have. */
class KeyTableTest {

  private static final String NO_KEY = "{\"noSuchKey\": 1}";
  private static final String NEEDED =
      "{\"folders\": [\"/etc\"], \"strategy\": \"tar\", \"remoteFolder\": \"/backup\"";

  @TempDir private Path folder;

  @Test
  void hasTheKeysThatAreRead() throws IOException {
    Set<String> required = new TreeSet<>();
    Set<String> allowed = new TreeSet<>();
    for (String key : keysIn(refusal(NO_KEY), "a key here")) {
      // The last of several equal keys counts, or the file is refused for them: then there is no
      // section either.
      List<String> below = sectionKeys(key);
      allowed.add(key);
      if (below.isEmpty()) {
        required.add(key);
      }
      below.forEach(name -> {
        required.add(key + "." + name);
        allowed.add(key + "." + name);
      });
    }
    assertThat(required).contains("folders", "ssh.host", "options.reflink", "compression.level");

    Set<String> told = new TreeSet<>();
    new Texts(Made.REPOSITORY).keys().entries().forEach(entry -> told.addAll(entry.keys()));

    assertThat(told).as("keys in README.md that the agent knows").isSubsetOf(allowed);
    assertThat(told).as("keys in README.md, for all that the agent knows").containsAll(required);
  }

  /** Of the object that may stand at {@code key}, or in a list there; empty if none may. */
  private List<String> sectionKeys(String key) throws IOException {
    for (String value : List.of(NO_KEY, "[" + NO_KEY + "]")) {
      String refusal = refusal(with(key, value));
      if (refusal.contains("is not a key in \"" + key + "\"")) {
        return keysIn(refusal, "a key in \"" + key + "\"");
      }
    }
    return List.of();
  }

  private static String with(String key, String value) {
    String member = "\"" + key + "\": " + value;
    Matcher needed = Pattern.compile("\"" + key + "\": [^,]*").matcher(NEEDED);
    return needed.find()
        ? NEEDED.replace(needed.group(), member) + "}"
        : NEEDED + ", " + member + "}";
  }

  private static List<String> keysIn(String refusal, String place) {
    Matcher list = Pattern.compile(" is not " + place + "; allowed: ([\\w, ]+)").matcher(refusal);
    assertThat(list.find()).as(refusal).isTrue();
    return Arrays.asList(list.group(1).split(", "));
  }

  private String refusal(String configuration) throws IOException {
    Path file = folder.resolve("plasma-agent.conf");
    Files.writeString(file, configuration);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    try {
      ConfigurationFile.read(file);
    } catch (Failure refused) {
      return refused.getMessage();
    }
    throw new AssertionError("not refused: " + configuration);
  }
}
