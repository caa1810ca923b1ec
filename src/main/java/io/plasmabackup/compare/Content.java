package io.plasmabackup.compare;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarMember.Extent;
import io.plasmabackup.tar.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;

/** A member's data, which is read from an archive once. */
public final class Content {

  private static final int BUFFER_BYTES = 256 * 1024;

  private final byte[] archived = new byte[BUFFER_BYTES];
  private final byte[] present = new byte[BUFFER_BYTES];
  private final TarMember member;
  private final TarReader data;

  /**
   * The data of a reader's current member.
   *
   * @param member of which nothing was read yet
   */
  public Content(TarMember member, TarReader data) {
    this.member = member;
    this.data = data;
  }

  /**
   * Whether an open file of the same size has the same bytes. Stops reading at the first that
   * differs.
   *
   * @throws io.plasmabackup.linux.ErrnoException if the file can't be read
   * @throws IOException if the archive can't be
   */
  boolean equalsThatOf(Fd file) throws IOException {
    long at = 0;
    for (Extent extent : member.extents()) {
      if (!isZero(file, at, extent.offset())) {
        return false;
      }
      at = extent.offset();
      while (at < extent.end()) {
        int count = data.read(archived, 0, (int) Math.min(BUFFER_BYTES, extent.end() - at));
        if (count < 0) {
          throw new EOFException("the data of " + member.name() + " is missing");
        }
        if (file.read(at, present, 0, count) < count
            || !Arrays.equals(archived, 0, count, present, 0, count)) {
          return false;
        }
        at += count;
      }
    }
    return isZero(file, at, member.size());
  }

  /** What is a hole in the archive may be zeros in the file. */
  private boolean isZero(Fd file, long from, long to) throws IOException {
    long at = from;
    while (at < to) {
      long data = file.nextData(at);
      if (data < 0 || data >= to) {
        return true;
      }
      int count = file.read(data, present, 0, (int) Math.min(BUFFER_BYTES, to - data));
      for (int i = 0; i < count; i++) {
        if (present[i] != 0) {
          return false;
        }
      }
      if (count == 0) {
        return false;
      }
      at = data + count;
    }
    return true;
  }
}
