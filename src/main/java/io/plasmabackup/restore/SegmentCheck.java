package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/**
 * Compares one segment with what the index says of it. Used by one thread for one segment after the
 * other; to be closed.
 */
final class SegmentCheck implements AutoCloseable {

  private static final int LEAST_ROOM = 64 * 1024;

  private final boolean compressed;
  private final MessageDigest sha256 = Digests.sha256();
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();

  /** Of a compressed one, the tar. */
  private byte[] unpacked = new byte[0];

  SegmentCheck(boolean compressed) {
    this.compressed = compressed;
  }

  /**
   * A segment, as it is stored.
   *
   * @param bytes the first {@link Segment#stored} of these
   * @param members that begin in it, by the index
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Stored(Segment segment, byte[] bytes, List<Member> members) {

    int length() {
      return (int) segment.stored();
    }

    /** For people: where it is, and what is in it. */
    String shown() {
      String place =
          "segment %d, at bytes %,d to %,d,"
              .formatted(segment.number(), segment.offset(), segment.offset() + segment.stored());
      if (segment.continues().isPresent()) {
        return place + " with a part of " + shown(segment.continues().get().toString());
      }
      if (members.isEmpty()) {
        return place;
      }
      String first = shown(members.getFirst().name().toString());
      return members.size() == 1
          ? place + " with " + first
          : place
              + " with %s to %s (%,d members)"
                  .formatted(first, shown(members.getLast().name().toString()), members.size());
    }

    private static String shown(String name) {
      return FileNames.shown(name.isEmpty() ? "/" : name);
    }
  }

  /** How large a buffer is that is used again and again: not much too large, and soon enough. */
  static int roomFor(int length) {
    return Integer.highestOneBit(Math.max(length, LEAST_ROOM) - 1) << 1;
  }

  /** Something is not as it should be. The message says what, and goes on "it is damaged: ". */
  static final class Damage extends Exception {

    private static final long serialVersionUID = 1;

    Damage(String what) {
      super(what);
    }
  }

  /**
   * Looks at all of it.
   *
   * @return how many bytes of its last member's data, and padding, are in the segments that follow
   */
  long check(Stored stored) throws Damage {
    Segment segment = stored.segment();
    if (segment.sha256().isPresent()) {
      sha256.update(stored.bytes(), 0, stored.length());
      if (!HexFormat.of().formatHex(sha256.digest()).equals(segment.sha256().get())) {
        throw new Damage(stored.shown() + " is not what was stored");
      }
    }
    byte[] tar = compressed ? unpack(stored) : stored.bytes();
    return segment.continues().isPresent() ? 0 : members(stored, tar);
  }

  private byte[] unpack(Stored stored) throws Damage {
    int tar = (int) stored.segment().tar();
    if (unpacked.length < tar) {
      unpacked = new byte[roomFor(tar)];
    }
    try {
      int length = zstd.decompressByteArray(unpacked, 0, tar, stored.bytes(), 0, stored.length());
      if (length != tar) {
        throw new Damage(stored.shown() + " has %,d bytes of tar, not %,d".formatted(length, tar));
      }
    } catch (ZstdException e) {
      throw new Damage(stored.shown() + " cannot be decompressed: " + e.getMessage());
    }
    return unpacked;
  }

  private static long members(Stored stored, byte[] tar) throws Damage {
    int length = (int) stored.segment().tar();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar, 0, length));
    try {
      for (Member expected : stored.members()) {
        TarMember found = reader.next();
        if (found == null) {
          throw new Damage("a member is missing: " + expected.name());
        }
        String difference = MemberComparison.difference(expected, found);
        if (difference == null && found.at() != expected.at()) {
          difference = "where it is";
        }
        if (difference != null) {
          throw new Damage(expected.name() + " is not as its index says: " + difference);
        }
      }
      long further = reader.left() - (length - reader.position());
      if (further > 0) {
        return further;
      }
      TarMember unknown = reader.next();
      if (unknown != null) {
        throw new Damage("it has a member that its index doesn't know: " + unknown.name());
      }
      if (reader.position() != length) {
        throw new Damage(stored.shown() + " has something behind its members");
      }
      return 0;
    } catch (IOException e) {
      throw new Damage(stored.shown() + " is no tar: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    zstd.close();
  }
}
