package io.plasmabackup.archive;

import io.plasmabackup.archive.IndexDirectory.Frame;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads an index's lines. What it reads is untrusted: what isn't as docs/format.md says, as far as
 * a line alone can tell, is a {@link MalformedIndexException}; lines and keys that it doesn't know
 * are passed over.
 */
public final class IndexReader implements AutoCloseable {

  /** A path has 4096 bytes, in practice; the most that is put up with. */
  private static final int LONGEST_TEXT = 1 << 20;

  /** Bytes that a name, or whatever else is text, may have: in base64, too, they are read. */
  public static final int LONGEST_NAME = LONGEST_TEXT / 2;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(LONGEST_TEXT)
                  .maxNameLength(1000)
                  .maxNumberLength(40)
                  .maxNestingDepth(10)
                  .build())
          .build();

  private static final String BASE64 = "Base64";
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final int PERMISSIONS_LENGTH = 4;
  private static final Pattern NODE = Pattern.compile("\\d{1,10}:\\d{1,10}");
  private static final long MOST_ID = 0xffff_ffffL;

  /** Of what no file reaches, the sum of a few is still a number. */
  private static final long MOST_POSITION = 1L << 60;

  private static final int NANOS = 1_000_000_000;

  /** Of a key whose value is of no sort that an index has. */
  private static final Object UNUSABLE = new Object();

  private final JsonParser parser;

  /** Of the current line: texts, numbers, true, or lists of them and of subvolumes. */
  private final Map<String, Object> values = new HashMap<>();

  /**
   * Reads lines.
   *
   * @param text decompressed; closed with this
   * @throws IOException of the stream, of which the first bytes are read
   */
  public IndexReader(InputStream text) throws IOException {
    try {
      parser = JSON.createParser(ObjectReadContext.empty(), text);
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
  }

  /**
   * The next line of a sort that is known; null at the end.
   *
   * @throws MalformedIndexException if there is something else
   * @throws IOException of the stream
   */
  public @Nullable IndexLine next() throws IOException {
    while (line()) {
      IndexLine line = known();
      if (line != null) {
        return line;
      }
    }
    return null;
  }

  private @Nullable IndexLine known() throws IOException {
    if (values.containsKey("name") || values.containsKey("name" + BASE64)) {
      return member();
    } else if (values.containsKey("segment")) {
      return segment();
    } else if (values.containsKey("leftOut") || values.containsKey("leftOut" + BASE64)) {
      return new IndexLine.Left(name("leftOut"), text("reason"), text("why"));
    } else if (values.containsKey("archiveSize")) {
      return new IndexLine.End(
          number("archiveSize"),
          number("segments"),
          number("members"),
          digest("sha256"),
          digest("trailer"),
          digest("encryptedSha256"));
    }
    return values.containsKey("format") ? header() : null;
  }

  private IndexLine.Segment segment() throws IOException {
    long offset = position("offset");
    return new IndexLine.Segment(
        number("segment"),
        digest("key"),
        offset,
        number("stored", 1),
        number("tar", 1),
        digest("sha256"),
        optionalName("continues"),
        values.containsKey("frame") ? position("frame") : offset,
        values.containsKey("skip") ? position("skip") : 0);
  }

  /** The next line of a directory; null at its end. */
  @Nullable Frame frame() throws IOException {
    return line()
        ? new Frame(
            number("at"),
            number("stored", 1),
            number("text"),
            number("members"),
            optionalName("first"))
        : null;
  }

  private IndexLine.Header header() throws IOException {
    if (!text("format").equals("plasma-index")) {
      throw new MalformedIndexException("it says that it is something else");
    }
    if (number("version") != Format.VERSION) {
      throw new MalformedIndexException(
          "it is of version %d of the format, and this program knows version %d only"
              .formatted(number("version"), Format.VERSION));
    }
    boolean rebuilt = values.containsKey("rebuilt");
    return new IndexLine.Header(
        text("archive"),
        text("run", rebuilt),
        text("host", rebuilt),
        instant("time", rebuilt),
        text("zone", rebuilt),
        text("strategy", rebuilt),
        text("compression"),
        optionalText("packing"),
        instant("read", true),
        optionalText("copiedFrom"),
        values.containsKey("sealed"),
        text("tool"),
        rebuilt && !values.containsKey("folders") ? List.of() : texts("folders"),
        rebuilt && !values.containsKey("subvolumes") ? List.of() : subvolumes(),
        instant("rebuilt", !rebuilt));
  }

  private Member member() throws IOException {
    Member.Type type =
        Member.Type.of(text("type"))
            .orElseThrow(() -> new MalformedIndexException("it has a member of an unknown type"));
    Optional<String> node = optionalText("node");
    if (node.isPresent() && !NODE.matcher(node.get()).matches()) {
      throw unexpected("node");
    }
    return new Member(
        name("name"),
        type,
        values.containsKey("size") ? number("size") : 0,
        optionalName("link"),
        node,
        permissions(),
        id("uid"),
        id("gid"),
        optionalText("user").orElse(""),
        optionalText("group").orElse(""),
        time("mtime"),
        values.containsKey("ctime") ? Optional.of(time("ctime")) : Optional.empty(),
        inode(),
        position("at"),
        position("data"));
  }

  // One value

  private Timestamp time(String key) throws MalformedIndexException {
    String further = key + "Nanos";
    long nanos = values.containsKey(further) ? number(further) : 0;
    if (nanos >= NANOS) {
      throw unexpected(further);
    }
    return new Timestamp(value(key, Long.class), (int) nanos);
  }

  /** Unsigned. One that doesn't fit into 64 bits is none. */
  private Optional<Long> inode() {
    return values.get("inode") instanceof Long number ? Optional.of(number) : Optional.empty();
  }

  /** Four octal digits. */
  private int permissions() throws MalformedIndexException {
    String text = text("mode");
    int permissions = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 7) {
        throw unexpected("mode");
      }
      permissions = (permissions << 3) | digit;
    }
    if (text.length() != PERMISSIONS_LENGTH) {
      throw unexpected("mode");
    }
    return permissions;
  }

  private long id(String key) throws MalformedIndexException {
    long id = number(key);
    if (id > MOST_ID) {
      throw unexpected(key);
    }
    return id;
  }

  private long number(String key) throws MalformedIndexException {
    return number(key, 0);
  }

  private long number(String key, long least) throws MalformedIndexException {
    long number = value(key, Long.class);
    if (number < least) {
      throw unexpected(key);
    }
    return number;
  }

  private long position(String key) throws MalformedIndexException {
    long position = number(key);
    if (position > MOST_POSITION) {
      throw unexpected(key);
    }
    return position;
  }

  private String text(String key) throws MalformedIndexException {
    return value(key, String.class);
  }

  private Optional<String> optionalText(String key) throws MalformedIndexException {
    return values.containsKey(key) ? Optional.of(text(key)) : Optional.empty();
  }

  private Optional<String> text(String key, boolean mayBeAbsent) throws MalformedIndexException {
    return mayBeAbsent ? optionalText(key) : Optional.of(text(key));
  }

  private Optional<String> digest(String key) throws MalformedIndexException {
    Optional<String> digest = optionalText(key);
    if (digest.isPresent() && !SHA256.matcher(digest.get()).matches()) {
      throw unexpected(key);
    }
    return digest;
  }

  private List<String> texts(String key) throws MalformedIndexException {
    List<String> texts = new ArrayList<>();
    for (Object text : value(key, List.class)) {
      if (!(text instanceof String string)) {
        throw unexpected(key);
      }
      texts.add(string);
    }
    return texts;
  }

  private List<IndexLine.Subvolume> subvolumes() throws MalformedIndexException {
    List<IndexLine.Subvolume> subvolumes = new ArrayList<>();
    for (Object value : value("subvolumes", List.class)) {
      if (!(value instanceof IndexLine.Subvolume subvolume)) {
        throw unexpected("subvolumes");
      }
      subvolumes.add(subvolume);
    }
    return subvolumes;
  }

  private Optional<Instant> instant(String key, boolean mayBeAbsent)
      throws MalformedIndexException {
    try {
      return text(key, mayBeAbsent).map(Instant::parse);
    } catch (DateTimeException e) {
      throw unexpected(key);
    }
  }

  private Optional<RawPath> optionalName(String key) throws MalformedIndexException {
    return values.containsKey(key) || values.containsKey(key + BASE64)
        ? Optional.of(name(key))
        : Optional.empty();
  }

  /** Bytes that stand there as text, or in base64. */
  private RawPath name(String key) throws MalformedIndexException {
    try {
      if (values.containsKey(key)) {
        return RawPath.copyOf(utf8(text(key)));
      }
      return RawPath.copyOf(Base64.getDecoder().decode(text(key + BASE64)));
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw unexpected(key);
    }
  }

  private static byte[] utf8(String text) throws CharacterCodingException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (!new String(bytes, StandardCharsets.ISO_8859_1).equals(text)) {
      // Not ASCII: half a character, which JSON can have, is not to pass as a question mark.
      var _ = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
    }
    return bytes;
  }

  private <T> T value(String key, Class<T> type) throws MalformedIndexException {
    Object value = values.get(key);
    if (!type.isInstance(value)) {
      throw unexpected(key);
    }
    return type.cast(value);
  }

  private static MalformedIndexException unexpected(String key) {
    return new MalformedIndexException("\"" + key + "\" is missing, or not what it should be");
  }

  // One line

  /** Reads the values of the next line; false at the end. */
  private boolean line() throws IOException {
    values.clear();
    try {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return false;
      }
      if (token != JsonToken.START_OBJECT) {
        throw new MalformedIndexException("it has a line that is no JSON object");
      }
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        Object value = value(parser.nextToken());
        values.put(key, value == null ? UNUSABLE : value);
      }
      return true;
    } catch (JacksonIOException e) {
      throw e.getCause();
    } catch (JacksonException e) {
      throw new MalformedIndexException(
          "it has a line that is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Null for what no key that is known may have. */
  private @Nullable Object value(@Nullable JsonToken token) {
    if (token == null) {
      return null;
    }
    // With a case for null Java would make this switch when it comes here first.
    return switch (token) {
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> integer();
      case VALUE_TRUE -> true;
      case START_ARRAY -> list();
      case START_OBJECT -> subvolume();
      default -> null;
    };
  }

  /** A long; larger ones (inode numbers) as the long with the same bits. */
  private @Nullable Object integer() {
    if (parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return parser.getLongValue();
    }
    BigInteger number = parser.getBigIntegerValue();
    return number.bitLength() <= Long.SIZE ? number.longValue() : null;
  }

  private List<Object> list() {
    List<Object> list = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != null && token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      Object value = value(token);
      if (value != null) {
        list.add(value);
      }
    }
    return list;
  }

  /** No other objects are known. */
  private @Nullable Object subvolume() {
    Object path = null;
    Object uuid = null;
    Object transaction = null;
    for (String key = parser.nextName(); key != null; key = parser.nextName()) {
      Object value = value(parser.nextToken());
      switch (key) {
        case "path" -> path = value;
        case "uuid" -> uuid = value;
        case "transaction" -> transaction = value;
        default -> {
          // Not wanted here.
        }
      }
    }
    return path instanceof String text
        ? new IndexLine.Subvolume(
            text, uuid(uuid), transaction instanceof Long number ? Math.max(number, 0) : 0)
        : null;
  }

  private static Optional<UUID> uuid(@Nullable Object value) {
    try {
      return value instanceof String text ? Optional.of(UUID.fromString(text)) : Optional.empty();
    } catch (IllegalArgumentException nonsense) {
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      parser.close();
    } catch (JacksonIOException e) {
      throw e.getCause();
    }
  }
}
