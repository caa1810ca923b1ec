package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Parts of the pipeline alone, over the whole tree, without the files' data. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 8)
@Measurement(iterations = 10)
@Fork(3)
public class Stages {

  private final OpenTree tree = new OpenTree();
  private final List<Item> entries = new ArrayList<>();

  @Setup
  public void listEntries() throws Failure {
    try (EntryStream walk = tree.walk()) {
      for (Item item = walk.next(); item != null; item = walk.next()) {
        entries.add(item);
      }
    }
  }

  @TearDown
  public void close() {
    tree.close();
  }

  /** Listing, status and attributes of everything. */
  @Benchmark
  public long walk() throws Failure {
    try (EntryStream walk = tree.walk()) {
      long count = 0;
      while (walk.next() != null) {
        count++;
      }
      return count;
    }
  }

  /** Headers and the layout of segments, of entries that are in memory. */
  @Benchmark
  public ArchiveSize layOut() throws Failure {
    return ArchiveSize.of(new Listed(entries.iterator()), Packing.plain(1));
  }

  /** Both: what a run does first, to know the archive's exact size. */
  @Benchmark
  public ArchiveSize measure() throws Failure {
    try (EntryStream walk = tree.walk()) {
      return ArchiveSize.of(walk, Packing.plain(1));
    }
  }

  private record Listed(Iterator<Item> entries) implements EntryStream {

    @Override
    public @Nullable Item next() {
      return entries.hasNext() ? entries.next() : null;
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }
}
