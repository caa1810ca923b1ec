package io.plasmabackup.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a zstd frame ends, and whether it may stand in an archive: found from its headers alone
 * (RFC 8878, 3.1.1), without decompressing it. Trusts nothing of what it looks at.
 */
final class ZstdFrame {

  private static final int MAGIC = 0xFD2FB528;
  private static final int BLOCK_HEADER = 3;
  private static final int MAX_BLOCK = 128 * 1024;

  private ZstdFrame() {}

  /**
   * Moves the buffer's position past the frame that begins there; what follows it is of no
   * interest.
   *
   * @param frame what remains in it is looked at; moved only if the frame is usable
   * @param contentSize which the frame must name, and no more may be needed to decompress it
   * @return whether the frame is usable: whole, with its content's size, and without a dictionary
   */
  static boolean trim(ByteBuffer frame, int contentSize) {
    ByteBuffer reader = frame.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (reader.remaining() < Integer.BYTES + 1 || reader.getInt() != MAGIC) {
      return false;
    }
    int descriptor = Byte.toUnsignedInt(reader.get());
    boolean singleSegment = (descriptor & 0x20) != 0;
    boolean reserved = (descriptor & 0x08) != 0;
    boolean checksum = (descriptor & 0x04) != 0;
    boolean dictionary = (descriptor & 0x03) != 0;
    if (!singleSegment || reserved || dictionary || namedSize(reader, descriptor) != contentSize) {
      return false;
    }
    for (boolean last = false; !last; ) {
      if (reader.remaining() < BLOCK_HEADER) {
        return false;
      }
      int header =
          Short.toUnsignedInt(reader.getShort()) | Byte.toUnsignedInt(reader.get()) << Short.SIZE;
      last = (header & 1) != 0;
      int size = header >> 3;
      int type = header >> 1 & 3;
      int inFrame = type == 1 ? 1 : size;
      if (type == 3 || size > MAX_BLOCK || inFrame > reader.remaining()) {
        return false;
      }
      reader.position(reader.position() + inFrame);
    }
    int end = reader.position() + (checksum ? Integer.BYTES : 0);
    if (end > reader.limit()) {
      return false;
    }
    frame.position(frame.position() + end);
    return true;
  }

  /** The content's size that a single-segment frame names; -1 if it isn't there. */
  private static long namedSize(ByteBuffer reader, int descriptor) {
    int bytes = 1 << (descriptor >> 6);
    if (reader.remaining() < bytes) {
      return -1;
    }
    return switch (bytes) {
      case Byte.BYTES -> Byte.toUnsignedInt(reader.get());
      case Short.BYTES -> Short.toUnsignedInt(reader.getShort()) + 256;
      case Integer.BYTES -> Integer.toUnsignedLong(reader.getInt());
      default -> reader.getLong();
    };
  }
}
