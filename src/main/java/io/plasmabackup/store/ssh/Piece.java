package io.plasmabackup.store.ssh;

/** What is written in one request. Belongs to {@link Pieces}, whose lock guards what changes. */
final class Piece {

  /** One request: what every OpenSSH accepts in one message (256 KiB), less its header. */
  static final int SIZE = 255 * 1024;

  private final long offset;
  private final byte[] bytes;
  private final int length;
  private boolean confirmed;
  private boolean reusable = true;

  /**
   * @param offset in the file
   * @param length of {@code bytes}, the first ones, 1 to {@link #SIZE}
   */
  Piece(long offset, byte[] bytes, int length) {
    this.offset = offset;
    this.bytes = bytes;
    this.length = length;
  }

  long offset() {
    return offset;
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Where it ends in the file. */
  long end() {
    return offset + length;
  }

  boolean isConfirmed() {
    return confirmed;
  }

  void confirm() {
    confirmed = true;
  }

  /** Whether nobody can be sending its bytes any more once it is confirmed. */
  boolean isReusable() {
    return reusable;
  }

  /** To be sent again, while a lane that was given up may still be sending it. */
  void repeat() {
    confirmed = false;
    reusable = false;
  }
}
