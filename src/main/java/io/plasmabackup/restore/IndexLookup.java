package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
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
final class IndexLookup implements Members {

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
  record Found(IndexLine.Segment segment, Member member) {}

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

  /** What this looks things up in. */
  StoredIndex index() {
    return index;
  }

  /** The order of all members; empty if there is none, or nobody knows. */
  Optional<MemberOrder> order() {
    return isOrdered() ? Optional.of(order) : Optional.empty();
  }

  /** Whether a directory is followed by all that is in it, and that in ascending order. */
  boolean isOrdered() {
    return !frames.isEmpty();
  }

  /**
   * {@inheritDoc} Where the index says where its frames are, no member of a damaged one is visited,
   * and all that are before it are.
   */
  @Override
  public void visit(Visitor visitor) throws Failure {
    Optional<IndexDirectory> directory = index.directory();
    if (directory.isEmpty()) {
      visit(index.lines(), visitor);
      return;
    }
    for (Frame frame : directory.get().frames()) {
      List<Found> members = new ArrayList<>();
      visit(index.lines(frame), members::add);
      for (Found found : members) {
        if (!visitor.visit(found)) {
          return;
        }
      }
    }
  }

  @Override
  public Optional<Found> find(RawPath name) throws Failure {
    if (frames.isEmpty()) {
      return Members.super.find(name);
    }
    List<Found> found = new ArrayList<>();
    visit(
        index.lines(frames.get(frameOf(name))),
        candidate -> {
          if (candidate.member().name().equals(name)) {
            found.add(candidate);
          }
          return found.isEmpty();
        });
    return found.stream().findFirst();
  }

  @Override
  public List<Member> at(RawPath path) throws Failure {
    if (frames.isEmpty()) {
      return Members.super.at(path);
    }
    Optional<Member> member = find(path).map(Found::member);
    if (member.isPresent()) {
      return member.get().type() == Member.Type.DIRECTORY ? children(path) : List.of(member.get());
    }
    if (order.folders().isEmpty()) {
      return Members.super.at(path);
    }
    List<Member> folders = new ArrayList<>();
    for (RawPath folder : order.folders()) {
      if (folder.startsWith(path)) {
        find(folder).map(Found::member).ifPresent(folders::add);
      }
    }
    return folders;
  }

  /** What is directly in a directory that is a member, in the archive's order. */
  private List<Member> children(RawPath directory) throws Failure {
    List<Member> children = new ArrayList<>();
    LineFilter filter = LineFilter.directlyIn(directory);
    FramesAhead stored = new FramesAhead(index, frames);
    int first = frameOf(directory);
    int at = first;
    try (FrameSieve sieve = new FrameSieve()) {
      while (at == first
          || (at < frames.size() && frames.get(at).first().orElseThrow().startsWith(directory))) {
        if (!FrameSieve.takes(frames.get(at))) {
          return Members.super.at(directory);
        }
        for (IndexLine line :
            sieve.wanted(frames.get(at), stored.bytes(at), stored.offset(at), filter)) {
          if (line instanceof Member member && isDirectlyIn(directory, member.name())) {
            children.add(member);
          }
        }
        // What a subdirectory fills is passed over.
        int next = at + 1;
        if (!children.isEmpty()) {
          next = Math.max(next, frameOf(MemberOrder.behind(children.getLast().name())));
        }
        at = next;
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
    return children;
  }

  private static boolean isDirectlyIn(RawPath directory, RawPath name) {
    return !name.isEmpty() && name.parent().equals(directory);
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
        } else if (line instanceof Member member
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
