package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.walk.Item;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Entries to stored segments, by one worker and the thread that stores them, without a file being
 * read or written: layout, headers, one copy of each byte, both digests, the index.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SegmentPacking {

  private static final int BYTES = 256 << 20;

  @Param({"false", "true"})
  public boolean zstd;

  /** Of each file. */
  @Param({"16384", "1048576"})
  public int fileBytes;

  @Benchmark
  public ArchiveSummary pack(Files files, Amount amount) throws Failure {
    ArchiveSummary summary =
        Archives.write(
            new Listed(files.all(fileBytes).iterator()), Archives.packing(zstd, 1), bytes -> {});
    amount.bytes += summary.tarBytes();
    return summary;
  }

  /** Made once. */
  @State(Scope.Benchmark)
  public static class Files {

    private List<Item> files = List.of();

    private List<Item> all(int bytes) {
      if (files.isEmpty()) {
        files = MemoryEntries.files(BYTES / bytes, bytes);
      }
      return files;
    }
  }
}
