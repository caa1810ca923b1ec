package io.plasmabackup.store.ssh;

import org.jspecify.annotations.Nullable;

/**
 * What is written, or copied, by one request. Belongs to {@link Pieces}, whose lock guards what
 * changes.
 */
final class Piece {

  /** One request: what every OpenSSH accepts in one message (256 KiB), less its header. */
  static final int SIZE = 255 * 1024;

  private static final byte[] NO_BYTES = {};

  private final long offset;
  private final byte[] bytes;
  private final long length;

  /** Null for what is written. */
  private final @Nullable Copied copied;

  private boolean confirmed;
  private boolean reusable = true;

  /**
   * @param offset in the file
   * @param length of {@code bytes}, the first ones, 1 to {@link #SIZE}
   */
  Piece(long offset, byte[] bytes, int length) {
    this(offset, bytes, length, null);
  }

  private Piece(long offset, byte[] bytes, long length, @Nullable Copied copied) {
    this.offset = offset;
    this.bytes = bytes;
    this.length = length;
    this.copied = copied;
  }

  /**
   * A range of another file, which the server has.
   *
   * @param length in bytes; of this, the piece is the beginning
   * @param program that copies it; null: the server's SFTP does
   */
  record Copied(CopySource source, long from, long length, @Nullable StoreProgram program) {}

  /**
   * One that the server copies.
   *
   * @param offset in the file
   * @param length bytes, at least 1
   */
  static Piece copied(long offset, Copied range, long length) {
    return new Piece(offset, NO_BYTES, length, range);
  }

  @Nullable Copied copied() {
    return copied;
  }

  long offset() {
    return offset;
  }

  /** Of what is copied there are none here. */
  byte[] bytes() {
    return bytes;
  }

  long length() {
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
    return reusable && copied == null;
  }

  /** To be sent again, while a lane that was given up may still be sending it. */
  void repeat() {
    confirmed = false;
    reusable = false;
  }
}
