package io.plasmabackup.benchmarks;

import io.plasmabackup.btrfs.ZstdExtent;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One file that btrfs keeps as zstd, by one thread, a segment at a time: as it is on the disk, as
 * everybody reads it, and from the page cache, where read(2) is a copy and nothing else.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FileReads {

  private static final int SIZE = 16 * Floor.SEGMENT;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(Floor.SEGMENT);
  private final Path path = Fixture.subvolumes().resolve("text");
  private @Nullable Fd file;
  private long inode;

  @Setup
  public void makeFile() throws IOException {
    Files.deleteIfExists(path);
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer text = MemoryEntries.text(SIZE);
      while (text.hasRemaining()) {
        channel.write(text);
      }
      channel.force(true);
    }
    Fd opened = Fd.open(RawPath.of(path.toString()), Fd.Use.READ);
    file = opened;
    inode = opened.status().id().inode();
    // An extent tells of itself once its transaction is on the disk.
    Programs.run("btrfs", "filesystem", "sync", path.toString());
  }

  @TearDown
  public void deleteFile() throws IOException {
    file().close();
    Files.delete(path);
  }

  private Fd file() {
    Fd opened = file;
    if (opened == null) {
      throw new IllegalStateException("not set up");
    }
    return opened;
  }

  /** Before each call nothing is in the page cache, the filesystem's own trees neither. */
  @State(Scope.Benchmark)
  public static class Cold {
    @Setup(Level.Invocation)
    public void dropCaches() throws IOException {
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
    }
  }

  /** Finding the frames, and reading them. */
  @Benchmark
  public int encodedCold(Cold cold, Amount amount) throws ErrnoException {
    int frames = 0;
    for (long at = 0; at < SIZE; at += Floor.SEGMENT) {
      buffer.clear();
      int found = 0;
      for (ZstdExtent extent : ZstdExtent.within(file(), inode, SIZE, at, Floor.SEGMENT)) {
        if (!extent.read(file(), buffer)) {
          throw new IllegalStateException("no frame at byte " + extent.position());
        }
        found += extent.length();
        frames++;
      }
      if (found != Floor.SEGMENT) {
        throw new IllegalStateException(found + " bytes at " + at + " are kept as zstd");
      }
    }
    amount.bytes += SIZE;
    return frames;
  }

  @Benchmark
  public ByteBuffer plainCold(Cold cold, Amount amount) throws ErrnoException {
    return read(amount);
  }

  @Benchmark
  public ByteBuffer plainCached(Amount amount) throws ErrnoException {
    return read(amount);
  }

  private ByteBuffer read(Amount amount) throws ErrnoException {
    for (long at = 0; at < SIZE; at += Floor.SEGMENT) {
      file().read(at, buffer.clear());
    }
    amount.bytes += SIZE;
    return buffer;
  }
}
