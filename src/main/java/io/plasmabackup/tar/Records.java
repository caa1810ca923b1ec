package io.plasmabackup.tar;

import io.plasmabackup.linux.RawPath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What pax headers say of the next member, those for all members and those for it alone. */
final class Records {

  private static final String XATTR = "SCHILY.xattr.";
  private static final String LIBARCHIVE_XATTR = "LIBARCHIVE.xattr.";
  private static final String SPARSE_OFFSET = "GNU.sparse.offset";
  private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";

  private final Map<String, byte[]> values;
  private final Map<RawPath, byte[]> attributes;

  /** Of GNU's sparse format 0.0: offsets and lengths in turns. */
  private final List<String> sparse = new ArrayList<>();

  private boolean malformed;

  /** Of nothing. */
  Records() {
    values = new HashMap<>();
    attributes = new HashMap<>();
  }

  private Records(Records all) {
    values = new HashMap<>(all.values);
    attributes = new HashMap<>(all.attributes);
  }

  /** For one member, to which what is said of all applies. */
  Records forOne() {
    return new Records(this);
  }

  /**
   * Adds a header's records; the last of a keyword counts, and one without a value takes back what
   * was said before.
   *
   * @return false if it isn't a pax header
   */
  boolean add(byte[] header) {
    return PaxHeader.parse(header, this::add) && !malformed;
  }

  private void add(String keyword, byte[] value) {
    if (keyword.startsWith(XATTR)) {
      attribute(unescaped(keyword.substring(XATTR.length())), value);
    } else if (keyword.startsWith(LIBARCHIVE_XATTR)) {
      libarchive(keyword.substring(LIBARCHIVE_XATTR.length()), value);
    } else if (keyword.equals(SPARSE_OFFSET) || keyword.equals(SPARSE_LENGTH)) {
      malformed |= keyword.equals(SPARSE_OFFSET) != (sparse.size() % 2 == 0);
      sparse.add(new String(value, StandardCharsets.US_ASCII));
    } else if (value.length == 0) {
      values.remove(keyword);
    } else {
      values.put(keyword, value);
    }
  }

  private void attribute(byte[] name, byte[] value) {
    for (byte b : name) {
      malformed |= b == 0;
    }
    if (!malformed) {
      attributes.put(RawPath.copyOf(name), value);
    }
  }

  /** bsdtar writes both sorts; the value of this one is in base64, often without padding. */
  private void libarchive(String name, byte[] value) {
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(value);
    } catch (IllegalArgumentException notBase64) {
      malformed = true;
      return;
    }
    attribute(unescaped(name), decoded);
  }

  /** {@code %} and two hexadecimal digits are a byte: GNU tar so writes {@code =} and {@code %}. */
  private static byte[] unescaped(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = 0;
    for (int i = 0; i < bytes.length; i++) {
      int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
      int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
      if (bytes[i] == '%' && high >= 0 && low >= 0) {
        bytes[length++] = (byte) ((high << 4) | low);
        i += 2;
      } else {
        bytes[length++] = bytes[i];
      }
    }
    return Arrays.copyOf(bytes, length);
  }

  /** A record's value; null if there is none. */
  byte @Nullable [] value(String keyword) {
    return values.get(keyword);
  }

  /** A record's value, a byte a character; null if there is none. */
  @Nullable String text(String keyword) {
    byte[] value = values.get(keyword);
    return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
  }

  Map<RawPath, byte[]> attributes() {
    return attributes;
  }

  /** Of GNU's sparse format 0.0; empty if it isn't used. */
  List<String> sparse() {
    return sparse;
  }
}
