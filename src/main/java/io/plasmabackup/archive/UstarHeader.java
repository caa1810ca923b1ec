package io.plasmabackup.archive;

import io.plasmabackup.linux.RawPath;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;

/**
 * One header block of a tar, in POSIX's ustar format: POSIX.1-2017, pax, "ustar Interchange
 * Format". Values that do not fit are cut or zero; the pax header before it has them whole.
 *
 * @param name at most 100 bytes are used
 * @param mode 0 to 07777
 * @param uid zero here if above {@link TarConstants#MAXID}
 * @param size zero here if above {@link TarConstants#MAXSIZE}
 * @param seconds zero here if negative or above {@link TarConstants#MAXSIZE}
 * @param type one of {@link TarConstants}' LF_*
 * @param link at most 100 bytes are used
 * @param user left out if it isn't short ASCII
 * @param group likewise
 */
record UstarHeader(
    RawPath name,
    int mode,
    long uid,
    long gid,
    long size,
    long seconds,
    byte type,
    RawPath link,
    String user,
    String group,
    int major,
    int minor) {

  private static final byte[] MAGIC = "ustar\00000".getBytes(StandardCharsets.US_ASCII);
  private static final int MAX_DEVICE = 07777777;

  /** Header of something that is no file: a pax header. */
  static UstarHeader auxiliary(RawPath name, byte type, long size) {
    return new UstarHeader(name, 0644, 0, 0, size, 0, type, RawPath.EMPTY, "", "", 0, 0);
  }

  /**
   * Whether a string can stand in a field of this many bytes, which it may fill, and mean the same
   * to all readers.
   */
  static boolean fits(RawPath value, int length) {
    return value.length() <= length && value.isAscii();
  }

  /** The same for the name of a user or group, whose field ends in a NUL. */
  static boolean fitsAccount(String value) {
    if (value.length() >= TarConstants.UNAMELEN) {
      return false;
    }
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }

  /** Writes the block to {@code block} at {@code offset}, where it expects zeros. */
  void writeTo(byte[] block, int offset) {
    int at = offset;
    at = bytes(name, block, at, TarConstants.NAMELEN);
    at = octal(mode, block, at, TarConstants.MODELEN);
    at = octal(uid <= TarConstants.MAXID ? uid : 0, block, at, TarConstants.UIDLEN);
    at = octal(gid <= TarConstants.MAXID ? gid : 0, block, at, TarConstants.GIDLEN);
    at = octal(size <= TarConstants.MAXSIZE ? size : 0, block, at, TarConstants.SIZELEN);
    at =
        octal(
            seconds >= 0 && seconds <= TarConstants.MAXSIZE ? seconds : 0,
            block,
            at,
            TarConstants.MODTIMELEN);
    int checksum = at;
    Arrays.fill(block, at, at + TarConstants.CHKSUMLEN, (byte) ' ');
    at += TarConstants.CHKSUMLEN;
    block[at++] = type;
    at = bytes(link, block, at, TarConstants.NAMELEN);
    System.arraycopy(MAGIC, 0, block, at, MAGIC.length);
    at += MAGIC.length;
    at = account(user, block, at);
    at = account(group, block, at);
    at = octal(major <= MAX_DEVICE ? major : 0, block, at, TarConstants.DEVLEN);
    octal(minor <= MAX_DEVICE ? minor : 0, block, at, TarConstants.DEVLEN);
    long sum = 0;
    for (int i = offset; i < offset + Format.BLOCK; i++) {
      sum += block[i] & 0xff;
    }
    TarUtils.formatCheckSumOctalBytes(sum, block, checksum, TarConstants.CHKSUMLEN);
  }

  private static int bytes(RawPath value, byte[] block, int at, int length) {
    value.copyTo(block, at, length);
    return at + length;
  }

  /** Left empty where it doesn't fit. */
  private static int account(String value, byte[] block, int at) {
    if (fitsAccount(value)) {
      for (int i = 0; i < value.length(); i++) {
        block[at + i] = (byte) value.charAt(i);
      }
    }
    return at + TarConstants.UNAMELEN;
  }

  /** Octal digits, then a NUL, as pax wants it. */
  private static int octal(long value, byte[] block, int at, int length) {
    TarUtils.formatUnsignedOctalString(value, block, at, length - 1);
    return at + length;
  }
}
