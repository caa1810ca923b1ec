package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.snapshot.SnapshotSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Read-only snapshots of subvolumes that nobody writes to: by the agent, with all that it prepares
 * and checks, and by btrfs-progs, as a script would; with and without deleting them again.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(1)
public class SnapshotCreation {

  /** How many subvolumes. */
  @Param({"1", "10", "100"})
  public int count;

  private final List<SnapshotPlan> plans = new ArrayList<>();
  private @Nullable SnapshotSet made;
  private boolean madeByProgs;

  @Setup
  public void createSubvolumes() throws IOException {
    // Private, as the agent demands it of a directory that is there already.
    Path folder = Files.createTempDirectory(Fixture.subvolumes(), "snapshots");
    for (int i = 0; i < count; i++) {
      Path subvolume = Fixture.subvolumes().resolve("source" + i);
      Programs.run("btrfs", "subvolume", "create", subvolume.toString());
      RawPath path = RawPath.of(subvolume.toString());
      try (Fd root = Fd.openDirectory(path)) {
        plans.add(
            new SnapshotPlan(
                path,
                Subvolumes.info(root).id(),
                Subvolumes.info(root).uuid(),
                RawPath.of(folder.toString()),
                RawPath.of("snapshot" + i)));
      }
    }
  }

  @TearDown
  public void deleteSubvolumes() throws IOException {
    for (SnapshotPlan plan : plans) {
      Programs.run("btrfs", "subvolume", "delete", plan.subvolume().toString());
    }
    Files.delete(home());
  }

  private Path home() {
    return Path.of(plans.getFirst().home().toString());
  }

  @TearDown(Level.Iteration)
  public void deleteSnapshots() throws Failure, IOException {
    if (made != null) {
      delete(made);
      made = null;
    }
    if (madeByProgs) {
      deleteByProgs();
      madeByProgs = false;
    }
    // A filesystem is quiet when the kernel has cleaned up behind them, which a sync makes it
    // begin.
    Programs.run("btrfs", "filesystem", "sync", home().toString());
    Programs.run("btrfs", "subvolume", "sync", home().toString());
    Programs.run("btrfs", "filesystem", "sync", home().toString());
  }

  /**
   * The time between the first snapshot and the last, which preparing and checking is no part of.
   */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Skew {
    public double skewMillis;
  }

  @Benchmark
  public void plasma(Skew skew) throws Failure {
    SnapshotSet snapshots = SnapshotSet.create(plans);
    made = snapshots;
    skew.skewMillis += snapshots.skew().toNanos() / 1e6;
  }

  @Benchmark
  public void btrfsProgs() throws IOException {
    madeByProgs = true;
    createByProgs();
  }

  /** When this returns, the deletion is on the disk. */
  @Benchmark
  public void plasmaWithDelete() throws Failure {
    delete(SnapshotSet.create(plans));
  }

  /** Without waiting for the disk. */
  @Benchmark
  public void btrfsProgsWithDelete() throws IOException {
    createByProgs();
    deleteByProgs();
  }

  private static void delete(SnapshotSet snapshots) throws Failure {
    for (Failure failure : snapshots.delete()) {
      throw failure;
    }
  }

  private void deleteByProgs() throws IOException {
    for (SnapshotPlan plan : plans) {
      Programs.run(
          "btrfs", "subvolume", "delete", home().resolve(plan.name().toString()).toString());
    }
  }

  private void createByProgs() throws IOException {
    for (SnapshotPlan plan : plans) {
      Programs.run(
          "btrfs",
          "subvolume",
          "snapshot",
          "-r",
          plan.subvolume().toString(),
          home().resolve(plan.name().toString()).toString());
    }
  }
}
