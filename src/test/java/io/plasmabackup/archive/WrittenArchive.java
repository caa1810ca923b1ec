package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.Tree;
import io.plasmabackup.walk.TreeWalk;
import io.plasmabackup.walk.WalkRules;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * An archive that was written to a file, with its index.
 *
 * @param index as it was handed to its sink
 * @param notes in the form {@code path: note}
 */
@SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
record WrittenArchive(
    Path file, byte[] index, byte[] indexSha256, ArchiveSummary summary, List<String> notes) {

  static final Packing PLAIN = Packing.plain(2);

  static final IndexHeader HEADER =
      new IndexHeader(
          "20260105-0300-weekly.tar",
          "run-1",
          "host",
          Instant.parse("2026-01-05T02:00:00Z"),
          ZoneOffset.ofHours(1),
          "btrfs-snapshot",
          List.of("/tree"),
          List.of(
              new IndexHeader.SnapshotRecord(
                  "/",
                  UUID.fromString("00000000-0000-0001-0000-000000000002"),
                  UUID.fromString("00000000-0000-0003-0000-000000000004"),
                  77,
                  78,
                  Instant.parse("2026-01-05T02:00:01.5Z"))),
          Duration.ofNanos(1_234_567),
          Instant.parse("2026-01-05T02:00:00Z"),
          Optional.empty(),
          "plasma test");

  /** Archives the live folder {@code name} in {@code parent}. */
  static WrittenArchive ofTree(Path parent, String name, Path file) throws Exception {
    List<String> notes = new ArrayList<>();
    try (Fd base = Fd.openDirectory(RawPath.of(parent.toString()));
        EntryStream entries = walk(base, name, true, collecting(notes))) {
      return write(entries, notes, file);
    }
  }

  static TreeWalk walk(Fd base, String name, boolean live, Notes notes) throws IOException {
    Tree tree =
        new Tree(
            base,
            RawPath.of(name),
            RawPath.of(name),
            live ? Tree.Source.LIVE : Tree.Source.SNAPSHOT);
    return new TreeWalk(List.of(tree), MountTable.read(), WalkRules.EVERYTHING, notes);
  }

  static WrittenArchive write(EntryStream entries, List<String> notes, Path file)
      throws Failure, IOException {
    return write(entries, notes, PLAIN, file);
  }

  static WrittenArchive write(EntryStream entries, List<String> notes, Packing packing, Path file)
      throws Failure, IOException {
    try (OutputStream archive = Files.newOutputStream(file)) {
      ByteArrayOutputStream index = new ByteArrayOutputStream();
      IndexWriter indexWriter = new IndexWriter(sink(index));
      ArchiveSummary summary =
          ArchiveWriter.write(
              entries,
              collecting(notes),
              HEADER,
              packing,
              EarlierArchive.NONE,
              sink(archive),
              indexWriter,
              SegmentListener.NONE,
              stored -> {});
      return new WrittenArchive(file, index.toByteArray(), indexWriter.sha256(), summary, notes);
    }
  }

  static ArchiveSink sink(OutputStream stream) {
    return bytes -> {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      try {
        stream.write(copy);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  static Notes collecting(List<String> notes) {
    return (path, how) -> {
      synchronized (notes) {
        notes.add(path + ": " + how);
      }
    };
  }
}
