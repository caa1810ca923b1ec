package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Metadata.Flag;
import io.plasmabackup.walk.OpenContent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of which a packed segment lacks ranges, as the archive is to share their blocks. Open
 * until that is done. Used by one thread at a time.
 */
final class SharedFile implements AutoCloseable {

  /** Below that, sharing costs more than it saves. */
  static final int SHARE_FROM = 16 * 1024;

  private final RawPath shown;
  private final OpenContent content;
  private final Fd file;
  private final Runnable release;
  private final List<Range> ranges = new ArrayList<>();

  /**
   * What the segment lacks.
   *
   * @param position in the file
   * @param at in the segment
   * @param length in bytes; all three are multiples of {@link Format#ALIGNMENT}
   */
  record Range(long position, int at, int length) {}

  /**
   * @param shown its path, for messages
   * @param file that of {@code content}
   * @param release called once, to close the content when it has been used
   */
  SharedFile(RawPath shown, OpenContent content, Fd file, Runnable release) {
    this.shown = shown;
    this.content = content;
    this.file = file;
    this.release = release;
  }

  /**
   * Whether an entry is a file whose blocks could be shared, as far as can be told from the entry.
   * What is written in place has no checksums, and shares no blocks with what has.
   */
  static boolean mayBe(Entry entry) {
    return entry.kind() instanceof Kind.RegularFile file
        && file.dataLength() >= Format.ALIGN_FROM
        && !file.content().isLive()
        && !entry.metadata().flags().contains(Flag.NO_COPY_ON_WRITE);
  }

  /**
   * Leaves a range's whole blocks out of the segment if that is worth it; ranges come in ascending
   * order.
   *
   * @return how many bytes, from its start, are left out
   */
  int leaveOut(long position, int at, int length) {
    int whole = length - length % Format.ALIGNMENT;
    if (whole < SHARE_FROM || position % Format.ALIGNMENT != 0 || at % Format.ALIGNMENT != 0) {
      return 0;
    }
    ranges.add(new Range(position, at, whole));
    return whole;
  }

  /** What was left out, in ascending order. */
  List<Range> ranges() {
    return ranges;
  }

  Fd file() {
    return file;
  }

  /** Puts a range into the segment after all. */
  void read(Range range, ByteBuffer segment) throws Failure {
    ByteBuffer into = segment.slice(range.at(), range.length());
    try {
      content.read(range.position(), into);
    } catch (ErrnoException e) {
      throw Unreadable.because(shown, e);
    }
    if (into.hasRemaining()) {
      throw Unreadable.endsAt(shown, range.position() + into.position());
    }
  }

  @Override
  public void close() {
    release.run();
  }
}
