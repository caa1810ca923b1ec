package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.ArchiveWriter;
import io.plasmabackup.archive.EarlierArchive;
import io.plasmabackup.archive.IndexHeader;
import io.plasmabackup.archive.IndexWriter;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.walk.EntryStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Archives with an index, which goes nowhere. */
final class Archives {

  private Archives() {}

  static Packing packing(boolean zstd, int workers) {
    return zstd
        ? new Packing(OptionalInt.of(1), Packing.PASS_THROUGH_FROM, workers)
        : Packing.plain(workers);
  }

  static ArchiveSummary write(EntryStream entries, Packing packing, ArchiveSink sink)
      throws Failure {
    IndexHeader header =
        new IndexHeader(
            "benchmark.tar",
            "benchmark",
            "localhost",
            Instant.EPOCH,
            ZoneOffset.UTC,
            "tar",
            List.of("/tree"),
            List.of(),
            Duration.ZERO,
            Instant.EPOCH,
            Optional.empty(),
            "benchmark");
    IndexWriter index = new IndexWriter(bytes -> {});
    return ArchiveWriter.write(
        entries,
        OpenTree.NOTES,
        header,
        packing,
        EarlierArchive.NONE,
        sink,
        index,
        SegmentListener.NONE,
        bytes -> {});
  }
}
