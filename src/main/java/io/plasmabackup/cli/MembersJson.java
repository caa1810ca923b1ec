package io.plasmabackup.cli;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/**
 * What {@code plasma-restore ls --json} writes; its {@code --help} describes it. Keys may be added,
 * and are neither removed nor given another meaning.
 */
final class MembersJson {

  private MembersJson() {}

  /** One line of ASCII, whatever the encoding of the terminal. */
  static String of(String archive, List<Member> members) {
    StringWriter text = new StringWriter();
    JsonFactory factory = JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    try (JsonGenerator json = factory.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeStringProperty("archive", archive);
      json.writeArrayPropertyStart("members");
      members.forEach(member -> write(json, member));
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Member member) {
    json.writeStartObject();
    name(json, "name", member.name());
    json.writeStringProperty("type", member.type().text());
    json.writeStringProperty("mode", "%04o".formatted(member.permissions()));
    json.writeNumberProperty("uid", member.uid());
    json.writeNumberProperty("gid", member.gid());
    json.writeStringProperty("user", member.user());
    json.writeStringProperty("group", member.group());
    json.writeNumberProperty("size", member.size());
    json.writeStringProperty(
        "mtime",
        Instant.ofEpochSecond(member.modified().seconds(), member.modified().nanos()).toString());
    member.link().ifPresent(link -> name(json, "link", link));
    member.node().ifPresent(node -> json.writeStringProperty("node", node));
    json.writeEndObject();
  }

  private static void name(JsonGenerator json, String key, RawPath name) {
    if (name.isUtf8()) {
      json.writeStringProperty(key, new String(name.toBytes(), StandardCharsets.UTF_8));
    } else {
      json.writeBinaryProperty(key + "Base64", name.toBytes());
    }
  }
}
