package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.restore.SegmentCheck.Damage;
import io.plasmabackup.restore.SegmentPass.Unframed;
import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.restore.Verified.Extent;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Compares an archive with what its index says of it. Fails with {@link ExitCode#DAMAGED} where
 * they differ, and tells where.
 */
public final class Verifier {

  private static final int SAMPLES = 16;
  private static final int BUFFER_BYTES = 256 * 1024;

  private final Store store;
  private final String name;
  private final byte[] buffer = new byte[BUFFER_BYTES];

  /**
   * Of one archive.
   *
   * @param wanted its file's name; {@code latest}; or how just one archive's name begins
   */
  public Verifier(Store store, String wanted) throws Failure {
    this.store = store;
    this.name = ArchiveChoice.of(store, wanted);
  }

  /** The archive's file name. */
  public String name() {
    return name;
  }

  private String location(String file) {
    return store.location() + "/" + file;
  }

  private Optional<StoredBytes> openIndex() throws Failure {
    return IndexBytes.open(store, name);
  }

  private StoredIndex index(StoredBytes bytes) throws Failure {
    return StoredIndex.of(bytes, location(name + ArchiveName.INDEX_SUFFIX));
  }

  private StoredBytes openArchive() throws Failure {
    return store.open(name).orElseThrow(this::deleted);
  }

  private Failure deleted() {
    return new Failure(ExitCode.NOT_FOUND, location(name) + " has just been deleted");
  }

  private Failure damaged(String why) {
    return new Failure(
        ExitCode.DAMAGED,
        location(name) + " is damaged: " + why + "; rely on another archive, and check the disk");
  }

  private boolean encrypted() {
    return ArchiveName.isEncrypted(name);
  }

  private boolean compressed() {
    return ArchiveName.isCompressed(name);
  }

  /** The index's last line, after what can be known of the archive without reading it. */
  private IndexLine.End checkedEnd(StoredIndex index, StoredBytes archive) throws Failure {
    IndexLine.Header header = index.header();
    if (!header.archive().equals(name)) {
      throw damaged("its index is that of " + header.archive());
    }
    IndexLine.End end = index.end();
    if (end.archiveSize() != archive.size()) {
      throw damaged(
          "it has %,d bytes, and its index says %,d".formatted(archive.size(), end.archiveSize()));
    }
    return end;
  }

  /**
   * Verifies it, and tells also of damage.
   *
   * @param samples whether only those are to be looked at
   * @param random chooses them
   * @param time now
   * @param tool who does it
   * @throws Failure if that could not be done
   */
  public Verification verify(boolean samples, Random random, Instant time, String tool)
      throws Failure {
    Identity archive = identity();
    try {
      Verified verified = samples ? quick(random) : full();
      return new Verification(
          archive,
          time,
          verified.extent(),
          Optional.empty(),
          verified.bytes(),
          verified.members(),
          verified.undigested(),
          tool);
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      Extent extent = samples ? Extent.SAMPLES : hasIndex() ? Extent.ALL : Extent.STRUCTURE;
      return new Verification(
          archive, time, extent, Optional.of(FileNames.shown(e.getMessage())), 0, 0, 0, tool);
    }
  }

  /** What there is, as far as that is known without reading it. */
  public Identity identity() throws Failure {
    StoredFile file =
        store.list().stream()
            .filter(listed -> listed.name().equals(name))
            .findFirst()
            .orElseThrow(this::deleted);
    return ArchiveList.identity(file, end());
  }

  private Optional<IndexLine.End> end() throws Failure {
    try {
      Optional<StoredBytes> opened = openIndex();
      if (opened.isEmpty()) {
        return Optional.empty();
      }
      try (StoredBytes bytes = opened.get()) {
        StoredIndex index = index(bytes);
        index.header();
        return Optional.of(index.end());
      }
    } catch (IndexDamage e) {
      return Optional.empty();
    }
  }

  private boolean hasIndex() throws Failure {
    return store.list().stream()
        .anyMatch(file -> file.name().equals(name + ArchiveName.INDEX_SUFFIX));
  }

  // Samples

  /**
   * Compares the size, the index with its own digest, and the digests of some segments.
   *
   * @param random chooses them
   * @throws Failure also without an index
   */
  public Verified quick(Random random) throws Failure {
    try (StoredBytes archive = openArchive();
        StoredBytes indexBytes =
            openIndex()
                .orElseThrow(() ->
                    new Failure(
                        ExitCode.NOT_FOUND,
                        location(name)
                            + " has no index, by which alone it can be verified quickly; leave"
                            + " out --quick"))) {
      StoredIndex index = index(indexBytes);
      IndexLine.End end = checkedEnd(index, archive);
      List<Segment> segments = digested(index);
      Collections.shuffle(segments, random);
      long bytes = 0;
      for (Segment segment : segments.subList(0, Math.min(SAMPLES, segments.size()))) {
        check(archive, segment);
        bytes += segment.stored();
      }
      return new Verified(name, Extent.SAMPLES, bytes, end.members(), 0);
    } catch (Failure e) {
      throw e.exitCode() == ExitCode.STORAGE ? unreadable(e) : e;
    }
  }

  private static List<Segment> digested(StoredIndex index) throws Failure {
    List<Segment> segments = new ArrayList<>();
    SealedStream all = index.sealed();
    try (IndexReader lines = index.lines(all)) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        if (line instanceof Segment segment && segment.sha256().isPresent()) {
          segments.add(segment);
        }
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
    index.checkSeal(all);
    return segments;
  }

  private void check(StoredBytes archive, Segment segment) throws Failure {
    String sha256 = sha256(archive, segment.offset(), segment.stored());
    if (!sha256.equals(segment.sha256().orElseThrow())) {
      throw damaged(
          "segment %d, at bytes %,d to %,d, is not what was stored"
              .formatted(segment.number(), segment.offset(), segment.offset() + segment.stored()));
    }
  }

  private String sha256(StoredBytes archive, long offset, long length) throws Failure {
    MessageDigest sha256 = Digests.sha256();
    long at = offset;
    while (at - offset < length) {
      int count =
          archive.read(at, buffer, 0, (int) Math.min(buffer.length, length - (at - offset)));
      if (count == 0) {
        throw damaged("it ends at byte %,d".formatted(at));
      }
      sha256.update(buffer, 0, count);
      at += count;
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  // Everything

  /**
   * Reads all of it: compares every byte, by the segments' digests, and every member with the
   * index, and every byte of the index with its own digest. Without an index it only sees whether
   * it is a tar from its start to its end, and where it is encrypted, whether every byte of it is
   * what was encrypted; so it does where the index is damaged, which it then tells of all the same.
   */
  public Verified full() throws Failure {
    try (StoredBytes archive = openArchive()) {
      try {
        return full(archive);
      } catch (IndexDamage e) {
        throw besides(e, archive);
      }
    } catch (Failure e) {
      throw e.exitCode() == ExitCode.STORAGE ? unreadable(e) : e;
    }
  }

  /**
   * A filesystem that has checksums, and a broken disk, give nothing where others give wrong bytes:
   * if the storage goes on answering, it is the archive that is damaged.
   */
  private Failure unreadable(Failure cause) {
    try {
      store.list();
    } catch (Failure outOfReach) {
      return cause;
    }
    return new Failure(
        ExitCode.DAMAGED,
        cause.getMessage() + "; rely on another archive, and check the disk",
        cause);
  }

  private Verified full(StoredBytes archive) throws Failure {
    Optional<StoredBytes> opened = openIndex();
    if (opened.isEmpty()) {
      return structure(archive);
    }
    try (StoredBytes bytes = opened.get()) {
      return full(archive, index(bytes));
    }
  }

  private Verified full(StoredBytes archive, StoredIndex index) throws Failure {
    IndexLine.End end = checkedEnd(index, archive);
    if (index.header().rebuilt().isPresent()) {
      // Its segments are ranges of any tar, which needn't begin and end with members.
      return asOne(archive, index, end, "its SHA-256 is not the one that its index has");
    }
    try {
      return bySegments(archive, index, end);
    } catch (Unframed e) {
      // It isn't an archive as the agent writes them, or it is damaged between two segments.
      if (end.sha256().isEmpty()) {
        throw damaged(e.getMessage());
      }
      return asOne(archive, index, end, e.getMessage());
    }
  }

  /** Of a damaged index, with what can be known of its archive without it. */
  private Failure besides(IndexDamage index, StoredBytes archive) throws Failure {
    Failure both;
    try {
      both =
          new Failure(
              ExitCode.DAMAGED,
              index.getMessage()
                  + "; it is seen to be a tar of %,d members%s"
                      .formatted(
                          structure(archive).members(),
                          encrypted() ? ", and every byte of it what was encrypted" : ""));
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      both = new Failure(ExitCode.DAMAGED, e.getMessage() + ". " + index.getMessage());
    }
    both.addSuppressed(index);
    return both;
  }

  private Verified structure(StoredBytes archive) throws Failure {
    try (InputStream tar =
        unpacked(encrypted() ? new Unskipped(archive.stream(0)) : archive.stream(0))) {
      TarReader reader = new TarReader(tar);
      long members = 0;
      while (reader.next() != null) {
        members++;
      }
      reader.readEnd();
      return new Verified(name, Extent.STRUCTURE, archive.size(), members, archive.size());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** What is encrypted is authenticated by being read: what is passed over is read as well. */
  private static final class Unskipped extends InputStream {

    private final InputStream in;

    Unskipped(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return in.read(into, offset, length);
    }
  }

  private InputStream unpacked(InputStream stored) throws IOException {
    return compressed() ? new ZstdInputStream(stored) : stored;
  }

  // Segment by segment

  private Verified bySegments(StoredBytes archive, StoredIndex index, IndexLine.End end)
      throws Failure, Unframed {
    SealedStream all = index.sealed();
    long undigested;
    try (IndexReader lines = index.lines(all);
        SegmentPass pass = new SegmentPass(archive, index, compressed())) {
      pass.over(lines, end);
      undigested = pass.undigested();
    } catch (Damage e) {
      throw damaged(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw failure(e);
    }
    index.checkSeal(all);
    if (undigested > 0 && end.sha256().isPresent()) {
      requireDigest(archive, end);
      undigested = 0;
    }
    return new Verified(name, Extent.ALL, archive.size(), end.members(), undigested);
  }

  private void requireDigest(StoredBytes archive, IndexLine.End end) throws Failure {
    if (!sha256(archive, 0, archive.size()).equals(end.sha256().orElseThrow())) {
      throw damaged("its SHA-256 is not the one that its index has");
    }
  }

  // As one

  /**
   * By the digest of the whole, and the members one after the other.
   *
   * @param reason what it is if the digest is another one
   */
  private Verified asOne(StoredBytes archive, StoredIndex index, IndexLine.End end, String reason)
      throws Failure {
    SealedStream all = index.sealed();
    long members;
    // Held until the end: the decompressor, given up to the garbage collector, closes what it
    // reads.
    try (DigestingStream stored = new DigestingStream(archive.stream(0));
        InputStream tar = unpacked(stored);
        IndexReader lines = index.lines(all)) {
      // Before what the digest says: it tells more.
      members = compare(new TarReader(tar), lines, index, end);
      if (!end.sha256().equals(Optional.of(HexFormat.of().formatHex(stored.finish())))) {
        throw damaged(reason);
      }
    } catch (IOException e) {
      throw failure(e);
    }
    index.checkSeal(all);
    return new Verified(name, Extent.ALL, archive.size(), members, 0);
  }

  /** How many members there are, all of them as the index says. */
  private long compare(TarReader tar, IndexReader lines, StoredIndex index, IndexLine.End end)
      throws IOException, Failure {
    long count = 0;
    while (true) {
      Member expected = nextMember(lines, index);
      TarMember found = tar.next();
      if (expected == null || found == null) {
        if (found != null) {
          throw damaged("it has a member that its index doesn't know: " + found.name());
        }
        if (expected != null) {
          throw damaged("a member is missing: " + expected.name());
        }
        if (count != end.members()) {
          throw damaged("it has %,d members, not %,d".formatted(count, end.members()));
        }
        return count;
      }
      String difference = MemberComparison.difference(expected, found);
      if (difference != null) {
        throw damaged(expected.name() + " is not as its index says: " + difference);
      }
      count++;
    }
  }

  private static @Nullable Member nextMember(IndexReader lines, StoredIndex index) throws Failure {
    for (IndexLine line = index.next(lines); line != null; line = index.next(lines)) {
      if (line instanceof Member member) {
        return member;
      }
    }
    return null;
  }

  private Failure failure(IOException e) {
    return Failure.behind(e)
        .orElseGet(() -> damaged(e.getMessage() == null ? e.toString() : e.getMessage()));
  }
}
