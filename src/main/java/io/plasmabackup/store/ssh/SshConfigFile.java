package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads {@code ssh_config} where OpenSSH's client isn't there to do it: {@code Host} blocks, the
 * first value of a keyword counts. {@code Match} and {@code Include} are refused rather than
 * misread.
 */
final class SshConfigFile {

  private SshConfigFile() {}

  /** Keywords in lower case and their values for {@code host}, of all {@code files} in order. */
  static Map<String, List<String>> effective(List<Path> files, String host) throws Failure {
    Map<String, List<String>> settings = new LinkedHashMap<>();
    for (Path file : files) {
      List<String> lines;
      try {
        lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
      } catch (NoSuchFileException none) {
        continue;
      } catch (IOException e) {
        throw new Failure(ExitCode.CONFIGURATION, "cannot read " + file + ": " + e.getMessage(), e);
      }
      boolean applies = true;
      for (int number = 1; number <= lines.size(); number++) {
        String line = lines.get(number - 1);
        if (line.indexOf('\0') >= 0) {
          throw new Failure(
              ExitCode.CONFIGURATION,
              file + ":" + number + ": has a NUL, which no setting can; write the line anew");
        }
        List<String> words = words(line.strip().replaceFirst("\\s*=\\s*|\\s+", " "));
        if (words.isEmpty()) {
          continue;
        }
        String keyword = words.getFirst().toLowerCase(Locale.ROOT);
        List<String> values = words.subList(1, words.size());
        switch (keyword) {
          case "match", "include" ->
              throw new Failure(
                  ExitCode.CONFIGURATION,
                  file
                      + ":"
                      + number
                      + ": "
                      + words.getFirst()
                      + " is understood only with OpenSSH's ssh on the PATH: install it"
                      + " (openssh-client), or write the settings into a Host block");
          case "host" -> applies = HostPatterns.match(values, host);
          default -> {
            if (applies && !values.isEmpty()) {
              boolean several = keyword.endsWith("knownhostsfile");
              add(settings, keyword, String.join(" ", several ? quoted(values) : values));
            }
          }
        }
      }
    }
    settings.computeIfPresent(
        "hostname",
        (keyword, values) -> List.of(values.getFirst().replace("%h", host).replace("%%", "%")));
    return settings;
  }

  /** The output of {@code ssh -G}. */
  static Map<String, List<String>> parseEffective(String output) {
    Map<String, List<String>> settings = new LinkedHashMap<>();
    for (String line : output.lines().toList()) {
      int space = line.indexOf(' ');
      if (space > 0) {
        add(settings, line.substring(0, space), line.substring(space + 1).strip());
      }
    }
    return settings;
  }

  private static void add(Map<String, List<String>> settings, String keyword, String value) {
    List<String> values = settings.computeIfAbsent(keyword, k -> new ArrayList<>());
    if (values.isEmpty() || keyword.equals("identityfile")) {
      values.add(value);
    }
  }

  private static List<String> quoted(List<String> values) {
    return values.stream().map(value -> '"' + value + '"').toList();
  }

  /** The words of a line, up to a comment; double quotes keep spaces. */
  static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    boolean inQuotes = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        inQuotes = !inQuotes;
        inWord = true;
      } else if (!inQuotes && (c == ' ' || c == '\t')) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
        }
        inWord = false;
      } else if (!inQuotes && !inWord && c == '#') {
        break;
      } else {
        word.append(c);
        inWord = true;
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }
}
