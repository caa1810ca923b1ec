package io.plasmabackup.extract;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes tars that no program would: with any names, of any type, in any order. */
final class TarBytes {

  private static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  TarBytes file(String name, String content) {
    return member(name, '0', "", content.getBytes(StandardCharsets.UTF_8));
  }

  TarBytes directory(String name) {
    return member(name, '5', "", new byte[0]);
  }

  TarBytes symbolicLink(String name, String target) {
    return member(name, '2', target, new byte[0]);
  }

  TarBytes hardLink(String name, String target) {
    return member(name, '1', target, new byte[0]);
  }

  TarBytes fifo(String name) {
    return member(name, '6', "", new byte[0]);
  }

  /** /dev/null's number. */
  TarBytes device(String name) {
    return member(name, '3', "", new byte[0]);
  }

  TarBytes of(char type, String name) {
    return switch (type) {
      case '0' -> file(name, "planted");
      case '1' -> hardLink(name, "harmless");
      case '2' -> symbolicLink(name, "harmless");
      case '3' -> device(name);
      case '5' -> directory(name);
      default -> fifo(name);
    };
  }

  /** A name, or a link's target, that the next member has instead of its own. */
  TarBytes pax(String key, String value) {
    String rest = " " + key + "=" + value + "\n";
    int length = rest.getBytes(StandardCharsets.ISO_8859_1).length;
    int digits = 1;
    while (Integer.toString(length + digits).length() > digits) {
      digits++;
    }
    return records('x', (length + digits) + rest);
  }

  /** The same of all members that follow. */
  TarBytes forAll(String key, String value) {
    TarBytes one = new TarBytes().pax(key, value);
    byte[] header = one.out.toByteArray();
    header[156] = 'g';
    out.writeBytes(sealed(header));
    return this;
  }

  /** A header with data that may not even be records. */
  TarBytes records(char type, String records) {
    return member("PaxHeaders/x", type, "", records.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Of a type that may not even exist. */
  TarBytes member(char type, String name, String link, String data) {
    return member(name, type, link, data.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A header of which some bytes are others; its checksum is right. */
  TarBytes altered(char type, String name, int offset, byte... bytes) {
    TarBytes one = new TarBytes().member(name, type, "", new byte[0]);
    byte[] header = one.out.toByteArray();
    System.arraycopy(bytes, 0, header, offset, bytes.length);
    out.writeBytes(sealed(header));
    return this;
  }

  /** Anything. */
  TarBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  private TarBytes member(String name, char type, String link, byte[] data) {
    byte[] header = new byte[BLOCK];
    put(header, 0, 100, name);
    put(header, 100, 8, "0006755");
    put(header, 108, 8, "0000000");
    put(header, 116, 8, "0000000");
    put(header, 124, 12, "%011o".formatted(data.length));
    put(header, 136, 12, "14000000000");
    header[156] = (byte) type;
    put(header, 157, 100, link);
    put(header, 257, 8, "ustar\00000");
    put(header, 329, 8, "0000001");
    put(header, 337, 8, "0000003");
    out.writeBytes(sealed(header));
    out.writeBytes(data);
    out.writeBytes(new byte[(BLOCK - data.length % BLOCK) % BLOCK]);
    return this;
  }

  /** With its checksum. */
  private static byte[] sealed(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += header[i] & 0xff;
    }
    put(header, 148, 7, "%06o\0".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int offset, int length, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, header, offset, Math.min(bytes.length, length));
  }

  byte[] toBytes() {
    byte[] bytes = out.toByteArray();
    return Arrays.copyOf(bytes, bytes.length + 2 * BLOCK);
  }
}
