package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory.Frame;
import java.util.List;

/**
 * The stored bytes of an index's frames, read ahead as the kernel does it with files: the more at
 * once, the longer one frame after the other has been asked for. A line's round-trip time so costs
 * a few times, and who jumps reads little in vain.
 */
final class FramesAhead {

  private static final int MOST_FRAMES = 64;
  private static final int MOST_BYTES = 4 << 20;

  private final StoredIndex index;
  private final List<Frame> frames;
  private byte[] stored = {};

  /** Of {@link #frames}, those that {@link #stored} has. */
  private int from;

  private int to;

  private int ahead = 1;

  /**
   * Reads frames of an index.
   *
   * @param frames in its order; each follows the one before it
   */
  FramesAhead(StoredIndex index, List<Frame> frames) {
    this.index = index;
    this.frames = frames;
  }

  /** Bytes that have those of a frame; until the next call. */
  byte[] bytes(int frame) throws Failure {
    if (frame >= from && frame < to) {
      return stored;
    }
    ahead = frame == to ? Math.min(2 * ahead, MOST_FRAMES) : 1;
    Frame first = frames.get(frame);
    int end = frame + 1;
    while (end < frames.size()
        && end < frame + ahead
        && frames.get(end).end() - first.at() <= MOST_BYTES) {
      end++;
    }
    stored = index.stored(first.at(), frames.get(end - 1).end());
    from = frame;
    to = end;
    return stored;
  }

  /** Where in {@link #bytes} they start. */
  int offset(int frame) {
    return (int) (frames.get(frame).at() - frames.get(from).at());
  }
}
