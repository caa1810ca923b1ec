package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.store.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Chooses some of an archive's pieces by chance, each as likely as any other, to be read back. */
final class SampledSegments implements SegmentListener {

  private static final int SAMPLES = 8;

  private final SegmentListener next;
  private final SplittableRandom random = new SplittableRandom();
  private final List<Chunk> samples = new ArrayList<>();
  private long seen;

  /** Tells {@code next} of each, too. */
  SampledSegments(SegmentListener next) {
    this.next = next;
  }

  @Override
  public void stored(long offset, int length, byte[] sha256) throws Failure {
    seen++;
    if (samples.size() < SAMPLES) {
      samples.add(new Chunk(offset, length, sha256));
    } else {
      long place = random.nextLong(seen);
      if (place < SAMPLES) {
        samples.set((int) place, new Chunk(offset, length, sha256));
      }
    }
    next.stored(offset, length, sha256);
  }

  List<Chunk> chosen() {
    return List.copyOf(samples);
  }
}
