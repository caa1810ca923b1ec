package io.plasmabackup.tar;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember.Extent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar's members one after the other: ustar and pax (POSIX.1-2001), with what GNU tar adds
 * (long names, large numbers, sparse files in its old format and 0.0, 0.1, 1.0) and bsdtar. What
 * isn't as these say is a {@link MalformedTarException}; nothing of it is guessed.
 */
public final class TarReader {

  private static final int BLOCK = 512;

  /** More than any header has that a system could have written: of attributes, or of holes. */
  private static final int LONGEST_HEADER = 16 << 20;

  private static final int MOST_EXTENTS = 1_000_000;
  private static final long MOST_ID = 0xffff_fffeL;
  private static final int PERMISSIONS = 07777;

  // Where things stand in a header: pax(1), and tar.h of GNU tar.
  private static final int NAME_LENGTH = 100;
  private static final int MODE = 100;
  private static final int UID = 108;
  private static final int GID = 116;
  private static final int ID_LENGTH = 8;
  private static final int SIZE = 124;
  private static final int MTIME = 136;
  private static final int LONG_LENGTH = 12;
  private static final int CHECKSUM = 148;
  private static final int TYPE = 156;
  private static final int LINK = 157;
  private static final int MAGIC = 257;
  private static final int USER = 265;
  private static final int GROUP = 297;
  private static final int ACCOUNT_LENGTH = 32;
  private static final int MAJOR = 329;
  private static final int MINOR = 337;
  private static final int PREFIX = 345;
  private static final int PREFIX_LENGTH = 155;
  private static final int OLD_SPARSE = 386;
  private static final int OLD_SPARSE_IN_HEADER = 4;
  private static final int OLD_SPARSE_IN_BLOCK = 21;
  private static final int OLD_SPARSE_MORE = 482;
  private static final int OLD_SPARSE_MORE_IN_BLOCK = 504;
  private static final int OLD_SPARSE_SIZE = 483;

  private final Source source;
  private final Records global = new Records();
  private final byte[] header = new byte[BLOCK];

  /** Where the current member's first header starts. */
  private long at;

  /** Of the current member: bytes of data that nobody has read, and the padding behind them. */
  private long rest;

  private int padding;

  /** Whether a block of zeros was read. */
  private boolean ended;

  /** Reads from a stream, which is to begin with a header. */
  public TarReader(InputStream in) {
    this(in, 0);
  }

  /**
   * Reads from a stream that begins in the middle of a tar, with a member's first header.
   *
   * @param position where in the tar that is
   */
  public TarReader(InputStream in, long position) {
    source = new Source(in, position);
  }

  /**
   * Passes over what is left of the last member and reads the headers of the next one.
   *
   * @return null at the end of the tar: at a block of zeros, or where the stream ends
   * @throws MalformedTarException if there is something else
   * @throws IOException of the stream
   */
  public @Nullable TarMember next() throws IOException {
    source.skip(rest + padding);
    rest = 0;
    padding = 0;
    at = source.position();
    Records own = null;
    byte[] longName = null;
    byte[] longLink = null;
    while (true) {
      if (!source.all(header, BLOCK)) {
        if (at != source.position()) {
          throw malformed("it ends after a member's first headers");
        }
        return null;
      }
      if (isZero(header)) {
        ended = true;
        return null;
      }
      checkSum();
      switch (header[TYPE]) {
        case 'x', 'X' -> {
          own = own == null ? global.forOne() : own;
          add(own);
        }
        case 'L' -> longName = text(body());
        case 'K' -> longLink = text(body());
        case 'g', 'V' -> {
          // For all that follow, and the name of the whole: neither is of a member.
          if (header[TYPE] == 'g') {
            add(global);
          }
          if (own == null && longName == null && longLink == null) {
            at = source.position();
          }
        }
        default -> {
          return member(own == null ? global : own, longName, longLink);
        }
      }
    }
  }

  /**
   * Reads on to the stream's end after the last member, for who must know that it was the last one:
   * where a disk has lost some of a tar, zeros may be in its place.
   *
   * @throws MalformedTarException if the tar has no end, or something else than zeros follows it
   */
  public void readEnd() throws IOException {
    if (!ended || !source.all(header, BLOCK)) {
      throw new MalformedTarException(
          "it ends at byte "
              + source.position()
              + ", without the two blocks of zeros that end a tar");
    }
    byte[] buffer = header.clone();
    int count = BLOCK;
    while (count >= 0) {
      for (int i = 0; i < count; i++) {
        if (buffer[i] != 0) {
          throw new MalformedTarException(
              "there is a tar's end at byte %d, and something behind it at byte %d"
                  .formatted(at, source.position() - count + i));
        }
      }
      count = source.some(buffer, 0, buffer.length);
    }
  }

  /**
   * Where in the tar the next byte is that nobody has asked for: after {@link #next}, where the
   * member's data starts.
   */
  public long position() {
    return source.position();
  }

  /**
   * How many bytes of the current member's data, and of the padding behind it, are not read yet.
   */
  public long left() {
    return rest + padding;
  }

  private void add(Records records) throws IOException {
    if (!records.add(body())) {
      throw malformed("its pax header makes no sense");
    }
  }

  /** The data of a header that has some. */
  private byte[] body() throws IOException {
    long size = number(SIZE, LONG_LENGTH, "size");
    if (size < 0 || size > LONGEST_HEADER) {
      throw malformed("it has a header of " + size + " bytes");
    }
    byte[] body = new byte[(int) size];
    if (!source.all(body, body.length) && body.length > 0) {
      throw source.cut();
    }
    source.skip(toBlock(size));
    return body;
  }

  private TarMember member(Records records, byte @Nullable [] longName, byte @Nullable [] longLink)
      throws IOException {
    byte kind = header[TYPE];
    byte[] name = name(records, longName);
    TarMember.Type type = type(kind, name);
    long stored = stored(records, type);
    rest = stored;
    padding = toBlock(stored);
    List<Extent> extents;
    long size = type == TarMember.Type.FILE ? stored : 0;
    if (kind == 'S') {
      size = number(OLD_SPARSE_SIZE, LONG_LENGTH, "real size");
      extents = oldSparse(size, stored);
    } else if (type == TarMember.Type.FILE && isSparse(records)) {
      size = sparseSize(records);
      // Of format 1.0 the map is the data's beginning.
      extents = sparse(records, size);
      stored = rest;
    } else {
      extents = size > 0 ? List.of(new Extent(0, size)) : List.of();
    }
    return new TarMember(
        at,
        path(name, "name"),
        type,
        size,
        stored,
        extents,
        type == TarMember.Type.SYMBOLIC_LINK || type == TarMember.Type.HARD_LINK
            ? link(records, longLink)
            : RawPath.EMPTY,
        isDevice(type) ? device(MAJOR) : 0,
        isDevice(type) ? device(MINOR) : 0,
        (int) number(MODE, ID_LENGTH, "mode") & PERMISSIONS,
        id(records, "uid", UID),
        id(records, "gid", GID),
        account(records, "uname", USER),
        account(records, "gname", GROUP),
        modified(records),
        Map.copyOf(records.attributes()),
        Optional.ofNullable(records.text("SCHILY.acl.access")),
        Optional.ofNullable(records.text("SCHILY.acl.default")));
  }

  private byte[] name(Records records, byte @Nullable [] longName) {
    byte[] sparse = records.value("GNU.sparse.name");
    if (sparse != null) {
      return sparse;
    }
    byte[] path = records.value("path");
    if (path != null) {
      return path;
    }
    if (longName != null) {
      return longName;
    }
    byte[] own = text(header, 0, NAME_LENGTH);
    byte[] prefix = isUstar() ? text(header, PREFIX, PREFIX_LENGTH) : new byte[0];
    if (prefix.length == 0) {
      return own;
    }
    byte[] joined = Arrays.copyOf(prefix, prefix.length + 1 + own.length);
    joined[prefix.length] = '/';
    System.arraycopy(own, 0, joined, prefix.length + 1, own.length);
    return joined;
  }

  /** POSIX's magic; GNU's own has something else where the prefix is. */
  private boolean isUstar() {
    byte[] ustar = {'u', 's', 't', 'a', 'r', 0};
    return Arrays.equals(header, MAGIC, MAGIC + ustar.length, ustar, 0, ustar.length);
  }

  private RawPath link(Records records, byte @Nullable [] longLink) throws MalformedTarException {
    byte[] link = records.value("linkpath");
    if (link == null) {
      link = longLink != null ? longLink : text(header, LINK, NAME_LENGTH);
    }
    return path(link, "link target");
  }

  private RawPath path(byte[] bytes, String what) throws MalformedTarException {
    if (bytes.length == 0) {
      throw malformed("it has an empty " + what);
    }
    for (byte b : bytes) {
      if (b == 0) {
        throw malformed("its " + what + " has a NUL");
      }
    }
    return RawPath.copyOf(bytes);
  }

  private TarMember.Type type(byte kind, byte[] name) throws MalformedTarException {
    return switch (kind) {
      // Before there were types, a directory was what had a slash at its end.
      case 0, '0', '7' ->
          name.length > 0 && name[name.length - 1] == '/'
              ? TarMember.Type.DIRECTORY
              : TarMember.Type.FILE;
      case 'S' -> TarMember.Type.FILE;
      case '1' -> TarMember.Type.HARD_LINK;
      case '2' -> TarMember.Type.SYMBOLIC_LINK;
      case '3' -> TarMember.Type.CHARACTER_DEVICE;
      case '4' -> TarMember.Type.BLOCK_DEVICE;
      case '5', 'D' -> TarMember.Type.DIRECTORY;
      case '6' -> TarMember.Type.FIFO;
      default ->
          throw malformed(
              kind > ' ' && kind < 127
                  ? "it is of the type " + (char) kind + ", which nobody knows"
                  : "it has no type");
    };
  }

  private static boolean isDevice(TarMember.Type type) {
    return type == TarMember.Type.CHARACTER_DEVICE || type == TarMember.Type.BLOCK_DEVICE;
  }

  /** Bytes of data behind the header. */
  private long stored(Records records, TarMember.Type type) throws MalformedTarException {
    long size = decimal(records, "size").orElse(-1);
    if (size < 0) {
      size = number(SIZE, LONG_LENGTH, "size");
    }
    if (size < 0) {
      throw malformed("it has " + size + " bytes");
    }
    // Some give a link the size of what it leads to, and no data; a hard link of pax may have data.
    return switch (type) {
      case FILE -> size;
      case DIRECTORY -> header[TYPE] == 'D' ? size : 0;
      case HARD_LINK, SYMBOLIC_LINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> 0;
    };
  }

  private long id(Records records, String keyword, int field) throws MalformedTarException {
    OptionalLong decimal = decimal(records, keyword);
    long id = decimal.isPresent() ? decimal.getAsLong() : number(field, ID_LENGTH, keyword);
    if (id < 0 || id > MOST_ID) {
      throw malformed("its " + keyword + " is " + id);
    }
    return id;
  }

  private String account(Records records, String keyword, int field) {
    byte[] name = records.value(keyword);
    return new String(
        name == null ? text(header, field, ACCOUNT_LENGTH) : name, StandardCharsets.UTF_8);
  }

  private int device(int field) throws MalformedTarException {
    long number = number(field, ID_LENGTH, "device");
    if (number < 0 || number > 0xffff_ffffL) {
      throw malformed("it is of the device " + number);
    }
    return (int) number;
  }

  private Timestamp modified(Records records) throws MalformedTarException {
    byte[] time = records.value("mtime");
    if (time == null) {
      return new Timestamp(number(MTIME, LONG_LENGTH, "mtime"), 0);
    }
    Timestamp modified = Numbers.time(time);
    if (modified == null) {
      throw malformed("its mtime is no number");
    }
    return modified;
  }

  private OptionalLong decimal(Records records, String keyword) throws MalformedTarException {
    String text = records.text(keyword);
    if (text == null) {
      return OptionalLong.empty();
    }
    OptionalLong number = Numbers.decimal(text);
    if (number.isEmpty()) {
      throw malformed("its " + keyword + " is no number");
    }
    return number;
  }

  private long number(int field, int length, String what) throws MalformedTarException {
    return Numbers.field(header, field, length)
        .orElseThrow(() -> malformed("its " + what + " is no number"));
  }

  // Sparse files

  private static boolean isSparse(Records records) {
    return records.value("GNU.sparse.major") != null
        || records.value("GNU.sparse.map") != null
        || records.value("GNU.sparse.size") != null
        || records.value("GNU.sparse.realsize") != null;
  }

  private long sparseSize(Records records) throws MalformedTarException {
    OptionalLong size = decimal(records, "GNU.sparse.realsize");
    if (size.isEmpty()) {
      size = decimal(records, "GNU.sparse.size");
    }
    return size.orElseThrow(() -> malformed("it has holes and no size"));
  }

  private List<Extent> sparse(Records records, long size) throws IOException {
    String map = records.text("GNU.sparse.map");
    if (records.value("GNU.sparse.major") != null) {
      if (!"1".equals(records.text("GNU.sparse.major"))
          || !"0".equals(records.text("GNU.sparse.minor"))) {
        throw malformed("its holes are in a format that nobody knows");
      }
      return mapInData(size);
    }
    return extents(map != null ? List.of(map.split(",", -1)) : records.sparse(), size);
  }

  private List<Extent> extents(List<String> numbers, long size) throws MalformedTarException {
    Extents extents = new Extents(size);
    if (numbers.size() % 2 != 0) {
      throw malformed("its holes make no sense");
    }
    for (int i = 0; i < numbers.size(); i += 2) {
      extents.add(
          Numbers.decimal(numbers.get(i)).orElse(-1),
          Numbers.decimal(numbers.get(i + 1)).orElse(-1));
    }
    return extents.complete(rest);
  }

  /** Format 1.0: numbers, each in a line, and padding, before the data proper. */
  private List<Extent> mapInData(long size) throws IOException {
    long before = rest;
    Extents extents = new Extents(size);
    MapLines lines = new MapLines();
    long count = lines.next();
    if (count > MOST_EXTENTS) {
      throw malformed("it has " + count + " pieces");
    }
    for (long i = 0; i < count; i++) {
      long offset = lines.next();
      extents.add(offset, lines.next());
    }
    int gap = toBlock(before - rest);
    if (gap > rest) {
      throw malformed("its holes make no sense");
    }
    source.skip(gap);
    rest -= gap;
    return extents.complete(rest);
  }

  /** Numbers in the data, each followed by a newline. */
  private final class MapLines {

    private static final int MOST_DIGITS = 19;
    private final byte[] one = new byte[1];

    long next() throws IOException {
      StringBuilder digits = new StringBuilder();
      while (true) {
        if (rest == 0 || digits.length() > MOST_DIGITS) {
          throw malformed("its holes make no sense");
        }
        if (!source.all(one, 1)) {
          throw source.cut();
        }
        rest--;
        if (one[0] == '\n') {
          return Numbers.decimal(digits.toString())
              .orElseThrow(() -> malformed("its holes make no sense"));
        }
        digits.append((char) (one[0] & 0xff));
      }
    }
  }

  /** The map is in the header and, if need be, in blocks behind it. */
  private List<Extent> oldSparse(long size, long stored) throws IOException {
    Extents extents = new Extents(size);
    byte[] first = header.clone();
    boolean more =
        oldSparse(OLD_SPARSE, OLD_SPARSE_IN_HEADER, extents) && header[OLD_SPARSE_MORE] != 0;
    while (more) {
      if (!source.all(header, BLOCK)) {
        throw source.cut();
      }
      more = oldSparse(0, OLD_SPARSE_IN_BLOCK, extents) && header[OLD_SPARSE_MORE_IN_BLOCK] != 0;
    }
    // What else the member's own header says is yet to be read.
    System.arraycopy(first, 0, header, 0, BLOCK);
    return extents.complete(stored);
  }

  /** False if the map ends there. */
  private boolean oldSparse(int start, int count, Extents extents) throws MalformedTarException {
    for (int i = 0; i < count; i++) {
      int field = start + i * 2 * LONG_LENGTH;
      if (header[field] == 0) {
        return false;
      }
      extents.add(
          number(field, LONG_LENGTH, "map of holes"),
          number(field + LONG_LENGTH, LONG_LENGTH, "map of holes"));
    }
    return true;
  }

  /** Where data is, checked. */
  private final class Extents {

    private final List<Extent> extents = new ArrayList<>();
    private final long size;
    private long end;
    private long stored;

    Extents(long size) throws MalformedTarException {
      if (size < 0) {
        throw malformed("it has " + size + " bytes");
      }
      this.size = size;
    }

    void add(long offset, long length) throws MalformedTarException {
      if (offset < end
          || length < 0
          || offset > size
          || length > size - offset
          || extents.size() >= MOST_EXTENTS) {
        throw malformed("its holes make no sense");
      }
      // Nothing at the end says how long the file is.
      if (length > 0) {
        extents.add(new Extent(offset, length));
      }
      end = offset + length;
      stored += length;
    }

    List<Extent> complete(long data) throws MalformedTarException {
      if (stored != data) {
        throw malformed("it has " + data + " bytes, and " + stored + " have a place");
      }
      return extents;
    }
  }

  // Data

  /**
   * Passes over some of the current member's data.
   *
   * @param length at most what is left of it
   * @throws IOException of the stream, also where it ends before
   */
  public void pass(long length) throws IOException {
    if (length > rest) {
      throw new IllegalArgumentException(length + " of " + rest);
    }
    source.skip(length);
    rest -= length;
  }

  /**
   * Reads some of the current member's stored bytes, at least one if any are left.
   *
   * @return how many; -1 if none are left
   */
  public int read(byte[] into, int offset, int length) throws IOException {
    if (rest == 0) {
      return -1;
    }
    int count = source.some(into, offset, (int) Math.min(length, rest));
    if (count < 0) {
      throw source.cut();
    }
    rest -= count;
    return count;
  }

  // Bytes

  /**
   * Sum of all bytes, those of the sum itself being spaces; some added them up with their signs.
   */
  private void checkSum() throws MalformedTarException {
    long expected = Numbers.field(header, CHECKSUM, ID_LENGTH).orElse(-1);
    if (expected != sum(0xff) && expected != sum(~0)) {
      throw malformed(
          at == 0 && source.position() == BLOCK
              ? "it is no tar"
              : "there is no header, or a damaged one");
    }
  }

  /**
   * Of a header.
   *
   * @param bits what is taken of a byte
   */
  private int sum(int bits) {
    int sum = 0;
    for (byte b : header) {
      sum += b & bits;
    }
    for (int i = CHECKSUM; i < CHECKSUM + ID_LENGTH; i++) {
      sum += ' ' - (header[i] & bits);
    }
    return sum;
  }

  private static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Up to a NUL. */
  private static byte[] text(byte[] bytes) {
    return text(bytes, 0, bytes.length);
  }

  private static byte[] text(byte[] bytes, int offset, int length) {
    int end = offset;
    while (end < offset + length && bytes[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(bytes, offset, end);
  }

  private static int toBlock(long bytes) {
    return (int) ((BLOCK - bytes % BLOCK) % BLOCK);
  }

  private MalformedTarException malformed(String problem) {
    return new MalformedTarException(problem, at);
  }
}
