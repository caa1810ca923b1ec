package io.plasmabackup.benchmarks;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.archive.ArchiveWriter;
import io.plasmabackup.archive.IndexHeader;
import io.plasmabackup.archive.IndexWriter;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.walk.EntryStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole tree, from the walk to the sink, with digests and index; files in the page cache, code
 * compiled. What a run does besides is in the end-to-end comparison.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4)
@Measurement(iterations = 5)
@Fork(3)
public class TarPipeline {

  private static final int WORKERS = 2;

  @Param({"false", "true"})
  public boolean zstd;

  private final OpenTree tree = new OpenTree();
  private final Path file = Fixture.output().resolve("benchmark.tar");

  /** Dirty pages of the last archive must not slow down the writing of the next. */
  @Setup(Level.Invocation)
  public void deleteArchive() throws IOException {
    Files.deleteIfExists(file);
  }

  @TearDown
  public void close() throws IOException {
    deleteArchive();
    tree.close();
  }

  @Benchmark
  public ArchiveSummary toNothing() throws Failure {
    return write(bytes -> {});
  }

  /** As GNU tar writes: without waiting for the disk. */
  @Benchmark
  public ArchiveSummary toFile() throws IOException, Failure {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      return write(bytes -> writeFully(channel, bytes));
    }
  }

  private ArchiveSummary write(ArchiveSink sink) throws Failure {
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
            "benchmark");
    IndexWriter index = new IndexWriter(bytes -> {});
    try (EntryStream entries = tree.walk()) {
      return ArchiveWriter.write(
          entries,
          OpenTree.NOTES,
          header,
          packing(),
          sink,
          index,
          SegmentListener.NONE,
          bytes -> {});
    }
  }

  private Packing packing() {
    return zstd
        ? new Packing(OptionalInt.of(1), Packing.PASS_THROUGH_FROM, WORKERS)
        : Packing.plain(WORKERS);
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws Failure {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new Failure(ExitCode.STORAGE, "cannot write the archive: " + e.getMessage(), e);
    }
  }
}
