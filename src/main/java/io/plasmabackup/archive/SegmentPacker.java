package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Notes;
import io.plasmabackup.walk.OpenContent;
import io.plasmabackup.walk.VanishedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Segments → bytes, several at a time. Each byte of a file is read once, or not at all where the
 * archive can share it. Keeps a large file open from its first piece to its last.
 */
final class SegmentPacker implements AutoCloseable {

  private static final RawPath ROOT = RawPath.of("/");

  private final Predicate<DeviceNumber> shares;
  private final int mostShared;
  private final Notes notes;
  private final Map<RawPath, LargeMember> large = new ConcurrentHashMap<>();
  private final Vanished vanished = new Vanished();

  /** Those of segments that aren't stored yet. */
  private final Set<SharedFile> shared = ConcurrentHashMap.newKeySet();

  /** Whether anything that was announced can vanish. */
  private volatile boolean anyLive;

  /**
   * @param shares files of which devices are shared; asked by several threads
   * @param mostShared how many files of a segment are left open to be shared
   */
  SegmentPacker(Predicate<DeviceNumber> shares, int mostShared, Notes notes) {
    this.shares = shares;
    this.mostShared = mostShared;
    this.notes = notes;
  }

  /** To be called for each segment in order, before any later one is packed. */
  void announce(Segment segment) {
    anyLive |=
        segment.pieces().stream()
            .anyMatch(piece ->
                piece.entry().kind() instanceof Kind.RegularFile file && file.content().isLive());
  }

  /** Whether a segment may have a name of a file that vanishes. */
  boolean mayLinkToVanished(Segment segment) {
    return anyLive
        && segment.pieces().stream()
            .anyMatch(piece -> piece.entry().kind() instanceof Kind.HardLink);
  }

  /**
   * Puts a segment together. Where an entry of a live folder is gone, filler takes its place, so
   * that all others stay where they are; but the segment doesn't end in filler, after which readers
   * expect a member. To be called for every segment that was announced, by several threads in any
   * order, as long as a segment is not left waiting for a thread by later ones.
   *
   * @param number of the segment, counted from 0
   * @param assembly for this thread alone; a segment has begun there, and is ended
   * @param left gets the files of which ranges are not in the assembly, as they are to be shared;
   *     to be {@linkplain #release released}
   * @return the segment as packed: without the entries that are gone, which have been noted
   */
  Segment pack(long number, Segment segment, Assembly assembly, List<SharedFile> left)
      throws Failure, InterruptedException {
    List<Piece> packed = new ArrayList<>(segment.pieces().size());
    for (Piece piece : segment.pieces()) {
      if (pack(number, piece, assembly, left)) {
        packed.add(piece);
      } else if (segment.pieces().size() > 1) {
        assembly.put(piece.at(), Gap.of(piece.end() - piece.at()));
      }
    }
    int length = packed.isEmpty() ? 0 : packed.getLast().end();
    assembly.end(length);
    vanished.packed(number);
    return new Segment(packed, length, segment.leftOut());
  }

  /** Returns false if there is nothing to pack: the file is gone, which has been noted. */
  private boolean pack(long number, Piece piece, Assembly assembly, List<SharedFile> left)
      throws Failure, InterruptedException {
    if (isLinkToVanished(number, piece)) {
      return false;
    }
    if (!piece.continuesMember()) {
      assembly.put(piece.at(), piece.header());
    }
    if (piece.dataLength() > 0 && !packData(piece, assembly, left)) {
      return false;
    }
    assembly.zero(piece.dataAt() + piece.dataLength(), piece.end());
    return true;
  }

  /** A link to a member that isn't in the archive would make extraction fail. */
  private boolean isLinkToVanished(long number, Piece piece) throws InterruptedException {
    if (anyLive
        && piece.entry().kind() instanceof Kind.HardLink link
        && vanished.contains(link.first(), number)) {
      notes.changed(
          shown(piece),
          "was a second name of "
              + ROOT.resolve(link.first())
              + ", which vanished before it was read; it is not in the archive");
      return true;
    }
    return false;
  }

  private boolean packData(Piece piece, Assembly assembly, List<SharedFile> left) throws Failure {
    Kind.RegularFile file = (Kind.RegularFile) piece.entry().kind();
    try {
      if (piece.dataLength() == file.dataLength()) {
        packWhole(piece, file, assembly, left);
        return true;
      }
      return packPart(piece, file, assembly, left);
    } catch (VanishedException e) {
      if (!file.content().isLive()) {
        throw new Failure(
            ExitCode.READ,
            "cannot read " + shown(piece) + ": it is not the file that was listed",
            e);
      }
      vanished.add(piece.entry().name());
      notes.changed(shown(piece), "vanished before it was read; it is not in the archive");
      return false;
    } catch (ErrnoException e) {
      throw Unreadable.because(shown(piece), e);
    }
  }

  private void packWhole(
      Piece piece, Kind.RegularFile file, Assembly assembly, List<SharedFile> left)
      throws Failure, ErrnoException, VanishedException {
    OpenContent content = file.content().open();
    boolean isLeft = false;
    try {
      isLeft = copy(piece, file, content, assembly, content::close, left);
      noteChange(piece, file, content);
    } finally {
      if (!isLeft) {
        content.close();
      }
    }
  }

  private boolean packPart(
      Piece piece, Kind.RegularFile file, Assembly assembly, List<SharedFile> left)
      throws Failure, ErrnoException, VanishedException {
    Entry entry = piece.entry();
    LargeMember member =
        large.computeIfAbsent(
            entry.name(), name -> new LargeMember(file.content(), file.dataLength()));
    OpenContent content = member.open();
    boolean isLeft =
        content != null
            && copy(piece, file, content, assembly, () -> released(piece, member), left);
    if (!isLeft && member.isCompleteWith(piece.dataLength())) {
      if (content != null) {
        noteChange(piece, file, content);
      }
      forget(piece, member);
    }
    return content != null;
  }

  private void released(Piece piece, LargeMember member) {
    if (member.isCompleteWith(piece.dataLength())) {
      forget(piece, member);
    }
  }

  private void forget(Piece piece, LargeMember member) {
    large.remove(piece.entry().name());
    member.close();
  }

  /** Lets go of files that have been shared, or read. */
  void release(List<SharedFile> files) {
    for (SharedFile file : files) {
      if (shared.remove(file)) {
        file.close();
      }
    }
  }

  private void noteChange(Piece piece, Kind.RegularFile file, OpenContent content)
      throws ErrnoException {
    if (file.content().isLive() && content.hasChanged()) {
      notes.changed(shown(piece), "changed while it was read");
    }
  }

  /**
   * Copies what isn't to be shared.
   *
   * @param release what is to be done when the rest has been shared
   * @return whether there is a rest, and so {@code left} has the file
   */
  private boolean copy(
      Piece piece,
      Kind.RegularFile file,
      OpenContent content,
      Assembly assembly,
      Runnable release,
      List<SharedFile> left)
      throws ErrnoException, Failure {
    Optional<Fd> source =
        left.size() < mostShared
                && SharedFile.mayBe(piece.entry())
                && shares.test(piece.entry().id().device())
            ? content.frozen()
            : Optional.empty();
    if (source.isEmpty()) {
      copy(piece, file, content, assembly, (position, at, length) -> 0);
      return false;
    }
    SharedFile rest = new SharedFile(shown(piece), content, source.get(), release);
    copy(piece, file, content, assembly, rest::leaveOut);
    if (rest.ranges().isEmpty()) {
      return false;
    }
    shared.add(rest);
    left.add(rest);
    return true;
  }

  /** What becomes of a range before it is read. */
  private interface Filter {
    /** Says how many bytes, from its start, are not to be read. */
    int leaveOut(long position, int at, int length);
  }

  private static void copy(
      Piece piece, Kind.RegularFile file, OpenContent content, Assembly assembly, Filter filter)
      throws ErrnoException, Failure {
    int at = piece.dataAt();
    long extentStart = 0;
    for (Extent extent : file.extents()) {
      long from = Math.max(piece.dataFrom() - extentStart, 0);
      long to = Math.min(piece.dataTo() - extentStart, extent.length());
      if (from < to) {
        int wanted = (int) (to - from);
        long position = extent.offset() + from;
        int out = filter.leaveOut(position, at, wanted);
        int got = out + assembly.copy(content, position + out, at + out, wanted - out);
        if (got < wanted) {
          if (!file.content().isLive()) {
            throw Unreadable.endsAt(shown(piece), position + got);
          }
          // As GNU tar does; the file's status says that it changed.
          assembly.zero(at + got, at + wanted);
        }
        at += wanted;
      }
      extentStart += extent.length();
    }
  }

  private static RawPath shown(Piece piece) {
    return ROOT.resolve(piece.entry().name());
  }

  /** To be called when nobody packs any more. */
  @Override
  public void close() {
    release(List.copyOf(shared));
    large.values().forEach(LargeMember::close);
  }
}
