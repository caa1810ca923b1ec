package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import java.time.Instant;
import java.util.HexFormat;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;

/**
 * Writes the index of an archive that was read, of any tar: docs/format.md, "A rebuilt index". It
 * has what an archive tells of itself, and none of what only its maker knew.
 */
public final class RebuiltIndexWriter {

  private final IndexLines lines;
  private final JsonGenerator json;

  /** Writes to {@code sink}, which takes the compressed bytes. */
  public RebuiltIndexWriter(ArchiveSink sink) throws Failure {
    lines = new IndexLines(sink);
    json = lines.json();
  }

  /**
   * Writes the first line.
   *
   * @param archive the archive's file name
   * @param rebuilt when the archive was read
   * @param tool name and version of the program that reads it
   */
  public void header(String archive, boolean compressed, Instant rebuilt, String tool)
      throws Failure {
    lines.write(() -> {
      json.writeStringProperty("format", "plasma-index");
      json.writeNumberProperty("version", Format.VERSION);
      json.writeStringProperty("tool", tool);
      json.writeStringProperty("archive", archive);
      json.writeStringProperty("rebuilt", rebuilt.toString());
      json.writeStringProperty("compression", compressed ? "zstd" : "none");
      json.writeBooleanProperty("sealed", true);
    });
  }

  /** Writes a segment's line, which comes before those of the members that begin in it. */
  public void segment(IndexLine.Segment segment) throws Failure {
    lines.beforeSegment();
    lines.write(() -> {
      json.writeNumberProperty("segment", segment.number());
      json.writeNumberProperty("offset", segment.offset());
      json.writeNumberProperty("stored", segment.stored());
      json.writeNumberProperty("tar", segment.tar());
      segment.sha256().ifPresent(sha256 -> json.writeStringProperty("sha256", sha256));
      segment.continues().ifPresent(name -> name("continues", name));
      if (segment.frame() != segment.offset()) {
        json.writeNumberProperty("frame", segment.frame());
        json.writeNumberProperty("skip", segment.skip());
      }
    });
  }

  /**
   * Writes a member's line.
   *
   * @param dataLength of a file with holes, bytes without them
   */
  public void member(IndexLine.Member member, OptionalLong dataLength) throws Failure {
    lines.member(member::name);
    lines.write(() -> {
      name("name", member.name());
      json.writeStringProperty("type", member.type().text());
      if (member.type() == IndexLine.Member.Type.FILE) {
        json.writeNumberProperty("size", member.size());
      }
      dataLength.ifPresent(length -> json.writeNumberProperty("dataLength", length));
      member.link().ifPresent(link -> name("link", link));
      member.node().ifPresent(node -> json.writeStringProperty("node", node));
      json.writeStringProperty("mode", IndexJson.octal(member.permissions()));
      json.writeNumberProperty("uid", member.uid());
      json.writeNumberProperty("gid", member.gid());
      if (!member.user().isEmpty()) {
        json.writeStringProperty("user", member.user());
      }
      if (!member.group().isEmpty()) {
        json.writeStringProperty("group", member.group());
      }
      IndexJson.time(json, "mtime", member.modified());
      json.writeNumberProperty("at", member.at());
      json.writeNumberProperty("data", member.data());
    });
  }

  /**
   * Writes the last line, and out all that is still held back.
   *
   * @param digestOfDigests SHA-256 over the segments' digests, in order
   * @param ordered whether the members' names ascend, as {@link IndexDirectory} needs it for
   *     looking them up
   */
  public void end(IndexLine.End end, byte[] digestOfDigests, boolean ordered) throws Failure {
    lines.end(
        () -> {
          json.writeNumberProperty("archiveSize", end.archiveSize());
          json.writeNumberProperty("segments", end.segments());
          json.writeNumberProperty("members", end.members());
          json.writeStringProperty("digest", HexFormat.of().formatHex(digestOfDigests));
          end.sha256().ifPresent(sha256 -> json.writeStringProperty("sha256", sha256));
        },
        ordered);
  }

  /** Digest of the whole index as it was handed to the sink; to be asked for once, at the end. */
  public byte[] sha256() {
    return lines.sha256();
  }

  private void name(String key, RawPath name) {
    IndexJson.name(json, key, name);
  }
}
