package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.LeftOut;
import io.plasmabackup.walk.Metadata;
import io.plasmabackup.walk.Metadata.Flag;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Writes an archive's index, line by line, as docs/format.md says: JSON Lines, compressed with
 * zstd.
 */
public final class IndexWriter {

  private static final HexFormat HEX = HexFormat.of();

  private final Supplier<Map<String, Duration>> stages;
  private final IndexLines lines;
  private final JsonGenerator json;

  /** Writes to {@code sink}, which takes the compressed bytes. */
  public IndexWriter(ArchiveSink sink) throws Failure {
    this(sink, Map::of);
  }

  /**
   * As {@link #IndexWriter(ArchiveSink)}.
   *
   * @param stages asked in the end: how long each stage of the run has taken so far, by its name
   */
  public IndexWriter(ArchiveSink sink, Supplier<Map<String, Duration>> stages) throws Failure {
    this.stages = stages;
    lines = new IndexLines(sink);
    json = lines.json();
  }

  /**
   * Digest of the whole index as it was handed to the sink; to be asked for once, after the end.
   */
  public byte[] sha256() {
    return lines.sha256();
  }

  /** The first line. */
  void header(IndexHeader header, Container container) throws Failure {
    lines.write(() -> {
      json.writeStringProperty("format", "plasma-index");
      json.writeNumberProperty("version", Format.VERSION);
      json.writeBooleanProperty("sealed", true);
      json.writeStringProperty("tool", header.tool());
      json.writeStringProperty("archive", header.archive());
      json.writeStringProperty("run", header.run());
      json.writeStringProperty("host", header.host());
      json.writeStringProperty("time", header.time().toString());
      json.writeStringProperty("zone", header.zone().getId());
      json.writeStringProperty("strategy", header.strategy());
      json.writeStringProperty("compression", container.name());
      json.writeStringProperty("packing", container.packing());
      json.writeStringProperty("read", header.read().toString());
      header.copiedFrom().ifPresent(name -> json.writeStringProperty("copiedFrom", name));
      json.writeNumberProperty("alignment", Format.ALIGNMENT);
      json.writeNumberProperty("alignFrom", Format.ALIGN_FROM);
      json.writeArrayPropertyStart("folders");
      for (String folder : header.folders()) {
        json.writeString(folder);
      }
      json.writeEndArray();
      json.writeArrayPropertyStart("subvolumes");
      for (IndexHeader.SnapshotRecord snapshot : header.snapshots()) {
        json.writeStartObject();
        json.writeStringProperty("path", snapshot.path());
        json.writeStringProperty("uuid", snapshot.subvolume().toString());
        json.writeStringProperty("snapshot", snapshot.uuid().toString());
        json.writeNumberProperty("generation", snapshot.generation());
        json.writeNumberProperty("transaction", snapshot.transaction());
        json.writeStringProperty("time", snapshot.time().toString());
        json.writeEndObject();
      }
      json.writeEndArray();
      if (!header.snapshots().isEmpty()) {
        json.writeNumberProperty("skewMicros", header.skew().toNanos() / 1000);
      }
    });
  }

  /**
   * A segment's line, one for each member that begins in it, and what was left out between them.
   *
   * @param stored bytes in the archive
   * @param shared bytes of it that nobody has read
   * @param sha256 null if there are such
   */
  void segment(
      long number,
      long offset,
      int stored,
      Segment segment,
      byte[] key,
      long shared,
      byte @Nullable [] sha256)
      throws Failure {
    lines.beforeSegment();
    lines.write(() -> {
      json.writeNumberProperty("segment", number);
      json.writeStringProperty("key", HEX.formatHex(key));
      json.writeNumberProperty("offset", offset);
      json.writeNumberProperty("stored", stored);
      json.writeNumberProperty("tar", segment.length());
      if (sha256 == null) {
        json.writeNumberProperty("shared", shared);
      } else {
        json.writeStringProperty("sha256", HEX.formatHex(sha256));
      }
      if (segment.continuesMember()) {
        Piece piece = segment.pieces().getFirst();
        name("continues", piece.entry().name());
        json.writeNumberProperty("from", piece.dataFrom());
        json.writeNumberProperty("to", piece.dataTo());
      }
    });
    for (Piece piece : segment.pieces()) {
      if (!piece.continuesMember()) {
        member(piece);
      }
    }
    leftOut(segment.leftOut());
  }

  /** A line for each thing that was come upon and isn't archived. */
  void leftOut(List<LeftOut> leftOut) throws Failure {
    for (LeftOut left : leftOut) {
      lines.write(() -> {
        name("leftOut", left.name());
        json.writeStringProperty("reason", left.reason().text());
        json.writeStringProperty("why", left.why());
      });
    }
  }

  private void member(Piece piece) throws Failure {
    Entry entry = piece.entry();
    lines.member(entry::name);
    lines.write(() -> {
      name("name", entry.name());
      kind(entry.kind());
      metadata(entry.metadata());
      json.writeStringProperty("device", entry.id().device().toString());
      unsigned("inode", entry.id().inode());
      json.writeNumberProperty("at", piece.at());
      json.writeNumberProperty("data", piece.dataAt());
    });
  }

  private void kind(Kind kind) {
    switch (kind) {
      case Kind.RegularFile file -> {
        json.writeStringProperty("type", "file");
        json.writeNumberProperty("size", file.size());
        if (file.isSparse()) {
          json.writeNumberProperty("dataLength", file.dataLength());
        }
      }
      case Kind.Directory directory -> json.writeStringProperty("type", "directory");
      case Kind.SymbolicLink link -> {
        json.writeStringProperty("type", "symlink");
        name("link", link.target());
      }
      case Kind.HardLink link -> {
        json.writeStringProperty("type", "hardlink");
        name("link", link.first());
      }
      case Kind.Device device -> {
        json.writeStringProperty("type", device.block() ? "block" : "character");
        json.writeStringProperty("node", device.number().toString());
      }
      case Kind.Fifo fifo -> json.writeStringProperty("type", "fifo");
    }
  }

  private void metadata(Metadata metadata) {
    json.writeStringProperty("mode", IndexJson.octal(metadata.permissions()));
    json.writeNumberProperty("uid", metadata.uid());
    json.writeNumberProperty("gid", metadata.gid());
    if (!metadata.user().isEmpty()) {
      json.writeStringProperty("user", metadata.user());
    }
    if (!metadata.group().isEmpty()) {
      json.writeStringProperty("group", metadata.group());
    }
    IndexJson.time(json, "mtime", metadata.modified());
    IndexJson.time(json, "ctime", metadata.changed());
    if (metadata.flags().contains(Flag.IMMUTABLE)) {
      json.writeBooleanProperty("immutable", true);
    }
    if (metadata.flags().contains(Flag.APPEND_ONLY)) {
      json.writeBooleanProperty("appendOnly", true);
    }
    if (metadata.flags().contains(Flag.NO_COPY_ON_WRITE)) {
      json.writeBooleanProperty("noCow", true);
    }
  }

  private void unsigned(String key, long value) {
    if (value >= 0) {
      json.writeNumberProperty(key, value);
    } else {
      json.writeNumberProperty(key, new BigInteger(Long.toUnsignedString(value)));
    }
  }

  /**
   * The last lines; writes out all that is still held back.
   *
   * @param digestOfDigests null if not all segments have one
   * @param trailer what is stored behind the last segment
   */
  void end(ArchiveSummary archive, byte @Nullable [] digestOfDigests, byte[] trailer)
      throws Failure {
    lines.write(() -> work(archive.members(), archive.work()));
    lines.end(
        () -> {
          json.writeNumberProperty("archiveSize", archive.bytes());
          json.writeNumberProperty("segments", archive.segments());
          json.writeNumberProperty("members", archive.members());
          if (digestOfDigests != null) {
            json.writeStringProperty("digest", HEX.formatHex(digestOfDigests));
          }
          archive.sha256().ifPresent(sha256 -> json.writeStringProperty("sha256", sha256));
          archive
              .encrypted()
              .ifPresent(file -> {
                json.writeNumberProperty("encryptedSize", file.bytes());
                json.writeStringProperty("encryptedSha256", file.sha256());
              });
          if (digestOfDigests != null && archive.sha256().isEmpty()) {
            json.writeStringProperty("trailer", HEX.formatHex(Digests.sha256().digest(trailer)));
          }
        },
        true);
  }

  private void work(long members, Work work) {
    json.writeNumberProperty("scanned", members);
    work.changes().ifPresent(this::changes);
    json.writeNumberProperty("readBytes", work.readBytes());
    json.writeNumberProperty("packedBytes", work.packedBytes());
    json.writeNumberProperty("sentBytes", work.sentBytes());
    json.writeNumberProperty("copiedBytes", work.copiedBytes());
    json.writeNumberProperty("clonedBytes", work.clonedBytes());
    json.writeNumberProperty("sharedBytes", work.sharedBytes());
    stages
        .get()
        .forEach((stage, time) -> json.writeNumberProperty(stage + "Millis", time.toMillis()));
  }

  private void changes(Changes changes) {
    json.writeNumberProperty("added", changes.added());
    json.writeNumberProperty("changed", changes.changed());
    json.writeNumberProperty("removed", changes.removed());
  }

  private void name(String key, RawPath name) {
    IndexJson.name(json, key, name);
  }
}
