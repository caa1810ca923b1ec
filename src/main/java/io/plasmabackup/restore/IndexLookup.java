package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds members in an archive's index, and reads few of its frames for that: those that can have
 * them by the archive's order. Reads all of an index that has no directory, or another order.
 */
final class IndexLookup {

  private final StoredIndex index;
  private final MemberOrder order;

  /** Those that have members, if they are in order; else empty. */
  private final List<Frame> frames;

  IndexLookup(StoredIndex index) throws Failure {
    this.index = index;
    this.order = new MemberOrder(index.header().folders());
    this.frames = inOrder(index.directory(), order);
  }

  /**
   * A member, and where it is.
   *
   * @param segment the one that it begins in
   */
  record Found(IndexLine.Segment segment, IndexLine.Member member) {}

  private static List<Frame> inOrder(Optional<IndexDirectory> directory, MemberOrder order) {
    if (directory.isEmpty()) {
      return List.of();
    }
    List<Frame> frames = new ArrayList<>();
    for (Frame frame : directory.get().frames()) {
      if (frame.first().isPresent()) {
        if (!frames.isEmpty()
            && order.compare(frames.getLast().first().orElseThrow(), frame.first().get()) >= 0) {
          return List.of();
        }
        frames.add(frame);
      }
    }
    return frames;
  }

  /** The folders that the archive is of, as members are named. */
  List<RawPath> folders() {
    return order.folders();
  }

  /** What is done with a member; false if no more are wanted. */
  @FunctionalInterface
  private interface Visitor {
    boolean visit(Found found);
  }

  /** A member by its name, as the index has it. */
  Optional<Found> find(RawPath name) throws Failure {
    List<Found> found = new ArrayList<>();
    Visitor visitor =
        candidate -> {
          if (candidate.member().name().equals(name)) {
            found.add(candidate);
          }
          return found.isEmpty();
        };
    if (frames.isEmpty()) {
      visit(index.lines(), visitor);
    } else {
      visit(index.lines(frames.get(frameOf(name))), visitor);
    }
    return found.stream().findFirst();
  }

  /** What is directly in a directory that is a member, in the archive's order. */
  List<IndexLine.Member> children(RawPath directory) throws Failure {
    List<IndexLine.Member> children = new ArrayList<>();
    Visitor collector =
        found -> {
          RawPath name = found.member().name();
          if (!name.isEmpty() && name.parent().equals(directory)) {
            children.add(found.member());
          }
          return true;
        };
    if (frames.isEmpty()) {
      visit(index.lines(), collector);
      return children;
    }
    int first = frameOf(directory);
    int at = first;
    while (at == first
        || (at < frames.size() && frames.get(at).first().orElseThrow().startsWith(directory))) {
      visit(index.lines(frames.get(at)), collector);
      // What a subdirectory fills is passed over.
      int next = at + 1;
      if (!children.isEmpty()) {
        next = Math.max(next, frameOf(MemberOrder.behind(children.getLast().name())));
      }
      at = next;
    }
    return children;
  }

  /** The last one whose first member isn't behind {@code name}. */
  private int frameOf(RawPath name) {
    int low = 0;
    int high = frames.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (order.compare(frames.get(middle).first().orElseThrow(), name) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private void visit(IndexReader reader, Visitor visitor) throws Failure {
    try (reader) {
      IndexLine.Segment segment = null;
      for (IndexLine line = reader.next(); line != null; line = reader.next()) {
        if (line instanceof IndexLine.Segment next) {
          segment = next;
        } else if (line instanceof IndexLine.Member member
            && segment != null
            && !visitor.visit(new Found(segment, member))) {
          return;
        }
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
  }
}
