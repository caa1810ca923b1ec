package io.plasmabackup.benchmarks;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** How much a benchmark has got done, so that the report can tell rates, and what a MiB cost. */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Amount {
  public long bytes;
  public long entries;
}
