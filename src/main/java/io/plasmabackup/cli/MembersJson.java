package io.plasmabackup.cli;

import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code plasma-restore ls --json} and {@code find --json} write; their {@code --help}
 * describes it. Keys may be added, and are neither removed nor given another meaning. One line of
 * ASCII, whatever the encoding of the terminal; complete when it is closed.
 */
final class MembersJson implements AutoCloseable {

  private final JsonGenerator json;

  /**
   * Of an archive's members.
   *
   * @param out stays the caller's
   */
  MembersJson(String archive, OutputStream out) {
    json = AsciiJson.to(out);
    json.writeStartObject();
    json.writeStringProperty("archive", archive);
    json.writeArrayPropertyStart("members");
  }

  static String of(String archive, List<Member> members) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (MembersJson json = new MembersJson(archive, text)) {
      members.forEach(json::add);
    }
    return text.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    json.writeEndArray();
    json.writeEndObject();
    json.close();
  }

  void add(Member member) {
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

  /** As text where the bytes are UTF-8; else in base64, under a key that says so. */
  static void name(JsonGenerator json, String key, RawPath name) {
    if (name.isUtf8()) {
      json.writeStringProperty(key, new String(name.toBytes(), StandardCharsets.UTF_8));
    } else {
      json.writeBinaryProperty(key + "Base64", name.toBytes());
    }
  }
}
