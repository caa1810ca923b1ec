package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.Changes;
import io.plasmabackup.archive.EarlierMembers;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Goes through an earlier index beside a new archive, whose members have the same order. Of that
 * index it reads those frames alone that have something else than segments which are the same.
 */
final class MemberChanges implements EarlierMembers {

  private final StoredIndex index;
  private final MemberOrder order;
  private final List<Frame> frames;
  private final SegmentPlaces segments;

  /** The segment that is being read, or would be next. */
  private int segment;

  /** The frame whose lines are being read, and them; null before the first. */
  private int frame = -1;

  private @Nullable IndexReader lines;

  /** The segment whose line came last among them. */
  private int lineSegment = -1;

  /** Not yet passed by, of the segment; null if it hasn't been looked for. */
  private @Nullable Member next;

  private boolean lost;
  private long added;
  private long changed;
  private long removed;

  /**
   * Begins at the start.
   *
   * @param index stays open until the end
   * @param frames of the index
   * @param segments where in it its segments are
   */
  MemberChanges(StoredIndex index, MemberOrder order, List<Frame> frames, SegmentPlaces segments) {
    this.index = index;
    this.order = order;
    this.frames = frames;
    this.segments = segments;
  }

  @Override
  public void same(long offset) throws Failure {
    if (lost) {
      return;
    }
    int same = segments.at(offset);
    if (same < segment) {
      // In no order; nobody but this counts on it.
      lost = true;
      return;
    }
    while (segment < same) {
      removed += rest();
    }
    next = null;
    segment = same + 1;
  }

  /** Passes by what is left of the segment. */
  private long rest() throws Failure {
    long count = 0;
    for (Member member = peek(); member != null; member = peek()) {
      count++;
      next = null;
    }
    segment++;
    return count;
  }

  @Override
  public void next(Member found) throws Failure {
    while (!lost && segment < segments.count()) {
      Member member = peek();
      if (member == null) {
        segment++;
        continue;
      }
      int compared = order.compare(member.name(), found.name());
      if (compared > 0) {
        break;
      }
      next = null;
      if (compared == 0) {
        changed += isSame(member, found) ? 0 : 1;
        return;
      }
      removed++;
    }
    added++;
  }

  /** The segment's next member; null if there are no more. */
  private @Nullable Member peek() throws Failure {
    if (next == null) {
      next = read();
    }
    return next;
  }

  private @Nullable Member read() throws Failure {
    if (lineSegment > segment) {
      return null;
    }
    if (frame != segments.frame(segment)) {
      frame = segments.frame(segment);
      closeLines();
      lines = index.lines(frames.get(frame));
      lineSegment = segments.firstOf(frame) - 1;
    }
    while (lines != null) {
      IndexLine line = index.next(lines);
      switch (line) {
        case IndexLine.Segment _ -> {
          if (++lineSegment > segment) {
            return null;
          }
        }
        case Member member -> {
          if (lineSegment == segment) {
            return member;
          }
        }
        case null -> {
          lineSegment = segments.firstOf(frame + 1);
          return null;
        }
        default -> {
          // Says nothing about members.
        }
      }
    }
    return null;
  }

  private void closeLines() throws Failure {
    if (lines != null) {
      try {
        lines.close();
      } catch (IOException e) {
        throw index.failure(e);
      }
    }
  }

  @Override
  public Optional<Changes> end() throws Failure {
    while (!lost && segment < segments.count()) {
      removed += rest();
    }
    closeLines();
    return lost ? Optional.empty() : Optional.of(new Changes(added, changed, removed));
  }

  /** Whether nothing is known that tells them apart. */
  private static boolean isSame(Member one, Member other) {
    return one.inode().equals(other.inode())
        && one.changed().equals(other.changed())
        && one.modified().equals(other.modified())
        && one.type() == other.type()
        && one.size() == other.size()
        && one.permissions() == other.permissions()
        && one.uid() == other.uid()
        && one.gid() == other.gid()
        && one.link().equals(other.link())
        && one.node().equals(other.node());
  }
}
