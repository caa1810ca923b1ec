package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Everything that stands before a member's data: the pax header with what ustar cannot say, the
 * ustar header, and for a sparse file its map (GNU's sparse format 1.0). Depends on the entry and
 * on where in its segment it starts, on nothing else.
 */
final class MemberHeader {

  private static final byte[] NOTHING = {};
  private static final RawPath AUXILIARY_NAME = RawPath.of("PaxHeaders/plasma");
  private static final RawPath ROOT = RawPath.of(".");
  private static final RawPath SPARSE_FOLDER = RawPath.of("GNUSparseFile.0");
  private static final byte[] XATTR = "SCHILY.xattr.".getBytes(StandardCharsets.US_ASCII);
  private static final RawPath ACL_ACCESS = RawPath.of("system.posix_acl_access");
  private static final RawPath ACL_DEFAULT = RawPath.of("system.posix_acl_default");

  private final Entry entry;
  private final RawPath name;
  private final RawPath link;
  private final byte[] sparseMap;
  private final long dataLength;
  private final PaxRecords pax = new PaxRecords();

  private MemberHeader(Entry entry) {
    this.entry = entry;
    this.sparseMap =
        entry.kind() instanceof Kind.RegularFile file && file.isSparse()
            ? sparseMap(file)
            : NOTHING;
    this.dataLength = entry.kind() instanceof Kind.RegularFile file ? file.dataLength() : 0;
    this.link =
        switch (entry.kind()) {
          case Kind.SymbolicLink symbolic -> symbolic.target();
          case Kind.HardLink hard -> hard.first();
          default -> RawPath.EMPTY;
        };
    RawPath realName = memberName(entry);
    this.name = sparseMap.length == 0 ? realName : sparseName(entry.name());
    addRecords(realName);
  }

  /**
   * The header's bytes, whole tar blocks.
   *
   * @param position where in its segment it starts, a multiple of {@link Format#BLOCK}
   * @throws Failure if it is longer than {@link Format#MAX_HEADER}
   */
  static byte[] encode(Entry entry, int position) throws Failure {
    MemberHeader header = new MemberHeader(entry);
    long unpadded = header.length();
    if (header.dataLength >= Format.ALIGN_FROM) {
      int gap = Format.toAlignment(position + unpadded);
      if (gap > 0) {
        // A header block for the pax records themselves, where there were none, is part of the gap.
        int own = header.pax.isEmpty() ? 1 : 0;
        int blocks = gap / Format.BLOCK - own;
        header.pax.pad(blocks > 0 ? blocks : blocks + Format.ALIGNMENT / Format.BLOCK);
      }
    }
    if (header.length() > Format.MAX_HEADER) {
      throw new Failure(
          ExitCode.READ,
          "/"
              + entry.name()
              + " has more attributes or holes than fit into an archive ("
              + header.length()
              + " bytes, at most "
              + Format.MAX_HEADER
              + "); leave it out by \"exclude\"");
    }
    return header.toBytes();
  }

  private long length() {
    long records = pax.isEmpty() ? 0 : Format.BLOCK + Format.toBlocks(pax.length());
    return records + Format.BLOCK + sparseMap.length;
  }

  private byte[] toBytes() {
    byte[] bytes = new byte[(int) length()];
    int at = 0;
    if (!pax.isEmpty()) {
      byte[] records = pax.toBytes();
      UstarHeader.auxiliary(AUXILIARY_NAME, TarConstants.LF_PAX_EXTENDED_HEADER_LC, records.length)
          .writeTo(bytes, 0);
      System.arraycopy(records, 0, bytes, Format.BLOCK, records.length);
      at = Format.BLOCK + (int) Format.toBlocks(records.length);
    }
    ustar().writeTo(bytes, at);
    System.arraycopy(sparseMap, 0, bytes, at + Format.BLOCK, sparseMap.length);
    return bytes;
  }

  private UstarHeader ustar() {
    Metadata metadata = entry.metadata();
    byte type =
        switch (entry.kind()) {
          case Kind.RegularFile file -> TarConstants.LF_NORMAL;
          case Kind.Directory directory -> TarConstants.LF_DIR;
          case Kind.SymbolicLink symbolic -> TarConstants.LF_SYMLINK;
          case Kind.HardLink hard -> TarConstants.LF_LINK;
          case Kind.Device device -> device.block() ? TarConstants.LF_BLK : TarConstants.LF_CHR;
          case Kind.Fifo fifo -> TarConstants.LF_FIFO;
        };
    boolean device = entry.kind() instanceof Kind.Device;
    return new UstarHeader(
        name,
        metadata.permissions(),
        metadata.uid(),
        metadata.gid(),
        sparseMap.length + dataLength,
        metadata.modified().seconds(),
        type,
        link,
        metadata.user(),
        metadata.group(),
        device ? ((Kind.Device) entry.kind()).number().major() : 0,
        device ? ((Kind.Device) entry.kind()).number().minor() : 0);
  }

  private void addRecords(RawPath realName) {
    Metadata metadata = entry.metadata();
    if (!realName.isUtf8() || !link.isUtf8()) {
      // Says that names are bytes without a character set; without it readers may refuse or convert
      // them.
      pax.add("hdrcharset", "BINARY");
    }
    if (!UstarHeader.fits(name, TarConstants.NAMELEN)) {
      pax.add("path", name);
    }
    if (!UstarHeader.fits(link, TarConstants.NAMELEN)) {
      pax.add("linkpath", link);
    }
    if (sparseMap.length + dataLength > TarConstants.MAXSIZE) {
      pax.add("size", Long.toString(sparseMap.length + dataLength));
    }
    Timestamp modified = metadata.modified();
    if (modified.nanos() != 0
        || modified.seconds() < 0
        || modified.seconds() > TarConstants.MAXSIZE) {
      pax.add("mtime", decimal(modified));
    }
    if (metadata.uid() > TarConstants.MAXID) {
      pax.add("uid", Long.toString(metadata.uid()));
    }
    if (metadata.gid() > TarConstants.MAXID) {
      pax.add("gid", Long.toString(metadata.gid()));
    }
    addName("uname", metadata.user());
    addName("gname", metadata.group());
    if (sparseMap.length > 0) {
      // After path and size, which they override: some readers take whatever comes last.
      pax.add("GNU.sparse.major", "1");
      pax.add("GNU.sparse.minor", "0");
      pax.add("GNU.sparse.name", realName);
      pax.add("GNU.sparse.realsize", Long.toString(((Kind.RegularFile) entry.kind()).size()));
    }
    addAttributes(metadata.attributes());
  }

  private void addName(String key, String account) {
    if (!UstarHeader.fitsAccount(account)) {
      pax.add(key, account);
    }
  }

  private void addAttributes(Map<RawPath, byte[]> attributes) {
    attributes.forEach((attribute, value) -> {
      if (attribute.equals(ACL_ACCESS)) {
        AccessControlList.text(value)
            .ifPresentOrElse(
                text -> pax.add("SCHILY.acl.access", text), () -> addRaw(attribute, value));
      } else if (attribute.equals(ACL_DEFAULT)) {
        AccessControlList.text(value)
            .ifPresentOrElse(
                text -> pax.add("SCHILY.acl.default", text), () -> addRaw(attribute, value));
      } else {
        addRaw(attribute, value);
      }
    });
  }

  private void addRaw(RawPath attribute, byte[] value) {
    ByteArrayOutputStream key = new ByteArrayOutputStream(64);
    key.writeBytes(XATTR);
    for (byte b : attribute.toBytes()) {
      // As GNU tar does: "=" would end the key.
      switch (b) {
        case '%' -> key.writeBytes(new byte[] {'%', '2', '5'});
        case '=' -> key.writeBytes(new byte[] {'%', '3', 'D'});
        default -> key.write(b);
      }
    }
    pax.add(key.toByteArray(), value);
  }

  /** Seconds with nine decimals; also before 1970, where the nanoseconds still count forward. */
  private static String decimal(Timestamp time) {
    boolean negative = time.seconds() < 0;
    boolean borrows = negative && time.nanos() > 0;
    long whole = borrows ? time.seconds() + 1 : time.seconds();
    int fraction = borrows ? 1_000_000_000 - time.nanos() : time.nanos();
    String digits = Integer.toString(1_000_000_000 + fraction);
    return (negative ? "-" : "") + Math.abs(whole) + "." + digits.substring(1);
  }

  /** Directories end in a slash; the root directory, which has no name, is {@code ./}. */
  private static RawPath memberName(Entry entry) {
    RawPath name = entry.name().isEmpty() ? ROOT : entry.name();
    return entry.kind() instanceof Kind.Directory ? name.withSlash() : name;
  }

  /**
   * What readers that don't know sparse files see: the map and the data, in a folder that says so.
   */
  private static RawPath sparseName(RawPath name) {
    return name.parent().resolve(SPARSE_FOLDER).resolve(name.fileName());
  }

  /** Number of extents, then offset and length of each, in decimal, a line each; whole blocks. */
  private static byte[] sparseMap(Kind.RegularFile file) {
    StringBuilder map = new StringBuilder();
    boolean endsInHole =
        file.extents().isEmpty()
            || file.extents().getLast().offset() + file.extents().getLast().length() < file.size();
    map.append(file.extents().size() + (endsInHole ? 1 : 0)).append('\n');
    for (Extent extent : file.extents()) {
      map.append(extent.offset()).append('\n').append(extent.length()).append('\n');
    }
    if (endsInHole) {
      map.append(file.size()).append("\n0\n");
    }
    byte[] text = map.toString().getBytes(StandardCharsets.US_ASCII);
    return Arrays.copyOf(text, (int) Format.toBlocks(text.length));
  }
}
