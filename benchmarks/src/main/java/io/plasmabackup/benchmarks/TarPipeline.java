package io.plasmabackup.benchmarks;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.ArchiveSummary;
import io.plasmabackup.walk.EntryStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class TarPipeline {

  private static final int WORKERS = 2;

  @Param({"false", "true"})
  public boolean zstd;

  private final OpenTree tree = new OpenTree(Fixture.tree());
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
  public ArchiveSummary toNothing(Amount amount) throws Failure {
    return write(bytes -> {}, amount);
  }

  /** As GNU tar writes: without waiting for the disk. */
  @Benchmark
  public ArchiveSummary toFile(Amount amount) throws IOException, Failure {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      return write(bytes -> writeFully(channel, bytes), amount);
    }
  }

  private ArchiveSummary write(ArchiveSink sink, Amount amount) throws Failure {
    try (EntryStream entries = tree.walk()) {
      ArchiveSummary summary = Archives.write(entries, Archives.packing(zstd, WORKERS), sink);
      amount.bytes += summary.tarBytes();
      return summary;
    }
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
