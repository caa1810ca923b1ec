package io.plasmabackup.archive;

import com.github.luben.zstd.Zstd;
import java.util.Arrays;
import java.util.stream.IntStream;

/** What an archive has besides its segments, for those who compare every byte. */
public final class Framing {

  /** The most bytes that a trailer has. */
  public static final int LONGEST_TRAILER = Format.TRAILER;

  /** No segment has more bytes of tar. */
  public static final int LONGEST_SEGMENT = Format.MAX_SEGMENT;

  private static final int HIGHEST_LEVEL = 19;

  private final Container container;

  private Framing(Container container) {
    this.container = container;
  }

  /** Of a plain tar, or of one that is compressed. */
  public static Framing of(boolean compressed) {
    // What is between segments is the same at each level.
    return new Framing(compressed ? new ZstdContainer(1, Integer.MAX_VALUE) : new TarContainer());
  }

  /** All that stands between a segment that ends at {@code position} and the next one. */
  public byte[] filler(long position) {
    return container.filler(position);
  }

  /**
   * Whether an archive is ended by these bytes. False also where they mean the same, but another
   * version of zstd has made them.
   */
  public boolean isTrailer(byte[] bytes) {
    return Arrays.equals(bytes, container.trailer())
        || (container instanceof ZstdContainer && isCompressedTrailer(bytes));
  }

  private static boolean isCompressedTrailer(byte[] bytes) {
    return IntStream.rangeClosed(1, HIGHEST_LEVEL)
        .mapToObj(level -> Zstd.compress(new byte[Format.TRAILER], level))
        .anyMatch(trailer -> Arrays.equals(bytes, trailer));
  }
}
