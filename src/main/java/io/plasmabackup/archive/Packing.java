package io.plasmabackup.archive;

import java.util.OptionalInt;

/**
 * How an archive's segments are packed.
 *
 * @param level zstd's, of what is compressed here; empty for a plain tar
 * @param passThroughFrom how many bytes of a file a zstd frame must hold that is taken over from
 *     the filesystem as it is; only where there is a level
 * @param workers how many segments are packed side by side, at least 1; the archive is the same
 *     with any number
 */
public record Packing(OptionalInt level, int passThroughFrom, int workers) {

  /** No frame is taken over. */
  public static final int NO_PASS_THROUGH = Integer.MAX_VALUE;

  /**
   * Smaller extents compress better together with what is around them, and each costs a system
   * call.
   */
  public static final int PASS_THROUGH_FROM = 32 * 1024;

  /**
   * Room for a segment as it is stored: at worst larger than its tar by the frames' headers (zstd
   * adds 1/256 at most), with what the kernel wants for one extent's frame and its padding.
   */
  static final int BUFFER = Format.MAX_SEGMENT + 512 * 1024;

  public Packing {
    if (workers < 1) {
      throw new IllegalArgumentException(workers + " workers");
    }
  }

  /** A plain tar. */
  public static Packing plain(int workers) {
    return new Packing(OptionalInt.empty(), NO_PASS_THROUGH, workers);
  }

  /** On what, beside a segment's tar and the filesystem, its stored bytes depend. */
  public String text() {
    return container().packing();
  }

  Container container() {
    return level.isPresent()
        ? new ZstdContainer(level.getAsInt(), passThroughFrom)
        : new TarContainer();
  }
}
