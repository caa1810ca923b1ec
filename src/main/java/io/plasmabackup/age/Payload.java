package io.plasmabackup.age;

import java.util.OptionalLong;

/** How long an age file's payload is, which has chunks of 64 KiB, each with 16 bytes of its own. */
public final class Payload {

  /** Bytes of content in every chunk but the last, which has 1 or more, or is alone. */
  public static final int CHUNK = 64 * 1024;

  /** Bytes that are added to each chunk. */
  public static final int TAG = 16;

  /** Bytes of an encrypted chunk that is not the last. */
  public static final int STORED_CHUNK = CHUNK + TAG;

  private Payload() {}

  /**
   * Bytes of the payload, its nonce not counted.
   *
   * @param content bytes, not negative
   */
  public static long stored(long content) {
    return content + Math.max(1, Math.ceilDiv(content, CHUNK)) * TAG;
  }

  /**
   * Bytes of content; empty if no payload has this length.
   *
   * @param stored as {@link #stored} says
   */
  public static OptionalLong content(long stored) {
    long chunks = Math.ceilDiv(stored, STORED_CHUNK);
    long content = stored - chunks * TAG;
    return chunks > 0 && content >= 0 && stored(content) == stored
        ? OptionalLong.of(content)
        : OptionalLong.empty();
  }
}
