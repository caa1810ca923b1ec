package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSize;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/** The whole tree without the files' data; what the kernel knows of it is in its caches. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Walks {

  /** A read-only snapshot: inodes come from tree searches, of many at once. */
  @State(Scope.Benchmark)
  public static class Snapshot {
    private final OpenTree tree = new OpenTree(Fixture.snapshot());

    @TearDown
    public void close() {
      tree.close();
    }
  }

  /** A subvolume that can be written to: each file is asked about with system calls. */
  @State(Scope.Benchmark)
  public static class Subvolume {
    private final OpenTree tree = new OpenTree(Fixture.tree());

    @TearDown
    public void close() {
      tree.close();
    }
  }

  /** What a walk gave. */
  @State(Scope.Benchmark)
  public static class Entries {
    private final List<Item> all = new ArrayList<>();

    @Setup
    public void list() throws Failure {
      try (OpenTree tree = new OpenTree(Fixture.snapshot());
          EntryStream walk = tree.walk()) {
        for (Item item = walk.next(); item != null; item = walk.next()) {
          all.add(item);
        }
      }
    }
  }

  /** Listing, status, attributes, flags and extents of everything. */
  @Benchmark
  public void bySearch(Snapshot snapshot, Amount amount) throws Failure {
    amount.entries += walk(snapshot.tree);
  }

  /** The same. */
  @Benchmark
  public void byCalls(Subvolume subvolume, Amount amount) throws Failure {
    amount.entries += walk(subvolume.tree);
  }

  private static long walk(OpenTree tree) throws Failure {
    try (EntryStream walk = tree.walk()) {
      long count = 0;
      while (walk.next() != null) {
        count++;
      }
      return count;
    }
  }

  /** Open each folder, list it, statx of each file in it: no attributes, no extents, no objects. */
  @Benchmark
  public void floor(Amount amount) throws ErrnoException {
    try (Fd root = Fd.openDirectory(Fixture.snapshot())) {
      amount.entries += 1 + below(root);
    }
  }

  private static long below(Fd folder) throws ErrnoException {
    Listing names = folder.list();
    long count = names.size();
    for (int i = 0; i < names.size(); i++) {
      RawPath name = names.name(i);
      if (folder.statusAt(name).type() == FileStatus.Type.DIRECTORY) {
        try (Fd child = folder.openAt(name, Fd.Use.DIRECTORY)) {
          count += below(child);
        }
      }
    }
    return count;
  }

  /** Headers and the layout of segments, of entries that are in memory. */
  @Benchmark
  public void headers(Entries entries, Amount amount) throws Failure {
    ArchiveSize size = ArchiveSize.of(new Listed(entries.all.iterator()), Packing.plain(1));
    amount.bytes += size.bytes() - size.dataBytes();
    amount.entries += size.members();
  }

  /** Walk and headers: what a run does first, to know the archive's exact size. */
  @Benchmark
  public void measure(Snapshot snapshot, Amount amount) throws Failure {
    try (EntryStream walk = snapshot.tree.walk()) {
      amount.entries += ArchiveSize.of(walk, Packing.plain(1)).members();
    }
  }
}
