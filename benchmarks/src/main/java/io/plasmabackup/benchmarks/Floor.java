package io.plasmabackup.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What nothing that touches each byte can be faster than: memcpy of the largest segment. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Floor {

  static final int SEGMENT = 8 * 1024 * 1024;

  private final MemorySegment from = Arena.ofAuto().allocate(SEGMENT);
  private final MemorySegment to = Arena.ofAuto().allocate(SEGMENT);

  @Benchmark
  public MemorySegment copy(Amount amount) {
    MemorySegment.copy(from, 0, to, 0, SEGMENT);
    amount.bytes += SEGMENT;
    return to;
  }
}
