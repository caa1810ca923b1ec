package io.plasmabackup.setup;

import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/** A new machine's configuration, with comments. ASCII, whatever the values hold. */
public final class ConfigurationText {

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private ConfigurationText() {}

  /** The whole file. */
  public static String of(Choices choices) {
    StringBuilder text = new StringBuilder("{\n");
    text.append("    // What to back up\n");
    key(text, "folders", strings(choices.folders()));
    text.append("    // What of it to leave out: patterns as in .gitignore, such as \"*.o\"\n");
    key(text, "exclude", strings(choices.exclude()));
    text.append("    // Read-only snapshots (\"btrfs-snapshot\"), the live folders (\"tar\"), or");
    text.append(" nothing (\"noop\", to try the way to the server)\n");
    key(text, "strategy", string(choices.strategy()));
    text.append("    // \"zstd\": .tar.zst; what btrfs keeps compressed is not compressed again. ");
    text.append("\"none\": .tar\n");
    key(text, "compression", string(choices.compression()));
    text.append("    // Where to\n");
    text.append("    \"ssh\": {\n");
    key(text, "    host", string(choices.host()));
    key(text, "    login", string(choices.login()));
    choices.port().ifPresent(port -> key(text, "    port", Integer.toString(port)));
    choices.identityFile().ifPresent(file -> key(text, "    identityFile", string(file)));
    text.append("    },\n");
    key(text, "remoteFolder", string(choices.remoteFolder()));
    text.append(
        "    // Commands to run before, such as \"pg_dumpall ...\"; if one fails, there is no");
    text.append(" backup\n");
    key(text, "executeBefore", "[]");
    text.append("    // Commands to run after a successful backup\n");
    key(text, "executeAfter", "[]");
    return text.append("}\n").toString();
  }

  private static void key(StringBuilder text, String key, String json) {
    text.append(
        String.format(
            Locale.ROOT,
            "    %s\"%s\": %s,\n",
            " ".repeat(key.length() - key.strip().length()),
            key.strip(),
            json));
  }

  private static String strings(List<String> values) {
    return values.stream()
        .map(ConfigurationText::string)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** As a JSON string. */
  static String string(String value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeString(value);
    }
    return text.toString();
  }
}
