package io.plasmabackup.restore;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.Digests;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.restore.Verified.Extent;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
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

  private String location(String file) {
    return store.location() + "/" + file;
  }

  private Optional<StoredBytes> openIndex() throws Failure {
    return store.open(name + ArchiveName.INDEX_SUFFIX);
  }

  private StoredBytes openArchive() throws Failure {
    return store
        .open(name)
        .orElseThrow(
            () -> new Failure(ExitCode.NOT_FOUND, location(name) + " has just been deleted"));
  }

  private Failure damaged(String why) {
    return new Failure(
        ExitCode.DAMAGED,
        location(name) + " is damaged: " + why + "; rely on another archive, and check the disk");
  }

  private boolean compressed() {
    return name.endsWith(ArchiveName.Suffix.TAR_ZST.text());
  }

  // Samples

  /**
   * Compares size, and the digests of some segments.
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
      StoredIndex index = StoredIndex.of(indexBytes, location(name + ArchiveName.INDEX_SUFFIX));
      IndexLine.End end = checkedEnd(index, archive);
      List<Segment> segments = digested(index);
      Collections.shuffle(segments, random);
      long bytes = 0;
      for (Segment segment : segments.subList(0, Math.min(SAMPLES, segments.size()))) {
        check(archive, segment);
        bytes += segment.stored();
      }
      return new Verified(name, Extent.SAMPLES, bytes, end.members(), 0);
    }
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

  private List<Segment> digested(StoredIndex index) throws Failure {
    List<Segment> segments = new ArrayList<>();
    try (IndexReader lines = index.lines()) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        if (line instanceof Segment segment && segment.sha256().isPresent()) {
          segments.add(segment);
        }
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
    return segments;
  }

  private void check(StoredBytes archive, Segment segment) throws Failure {
    MessageDigest sha256 = Digests.sha256();
    long at = segment.offset();
    long end = at + segment.stored();
    while (at < end) {
      int count = archive.read(at, buffer, 0, (int) Math.min(buffer.length, end - at));
      if (count == 0) {
        throw damaged("segment %d ends at byte %,d".formatted(segment.number(), at));
      }
      sha256.update(buffer, 0, count);
      at += count;
    }
    if (!HexFormat.of().formatHex(sha256.digest()).equals(segment.sha256().orElseThrow())) {
      throw damaged(
          "segment %d, at bytes %,d to %,d, is not what was stored"
              .formatted(segment.number(), segment.offset(), end));
    }
  }

  // Everything

  /**
   * Reads all of it: compares every byte, by its digest, and every member with the index. Without
   * an index it only sees whether it is a tar from its start to its end.
   */
  public Verified full() throws Failure {
    Optional<StoredBytes> opened = openIndex();
    if (opened.isEmpty()) {
      try (StoredBytes archive = openArchive()) {
        return structure(archive);
      }
    }
    try (StoredBytes archive = openArchive();
        StoredBytes indexBytes = opened.get()) {
      StoredIndex index = StoredIndex.of(indexBytes, location(name + ArchiveName.INDEX_SUFFIX));
      IndexLine.End end = checkedEnd(index, archive);
      try (DigestingStream stored = new DigestingStream(archive.stream(0));
          IndexReader lines = index.lines()) {
        long members = compare(new TarReader(unpacked(stored)), lines, end);
        String sha256 = HexFormat.of().formatHex(stored.finish());
        if (end.sha256().isPresent() && end.sha256().get().equals(sha256)) {
          return new Verified(name, Extent.ALL, archive.size(), members, 0);
        }
      } catch (IOException e) {
        throw failure(e);
      }
      // It isn't known as a whole, or it is known to be damaged somewhere.
      return bySegments(archive, index, end);
    }
  }

  private InputStream unpacked(InputStream stored) throws IOException {
    return compressed() ? new ZstdInputStream(stored) : stored;
  }

  private Verified structure(StoredBytes archive) throws Failure {
    try {
      TarReader reader = new TarReader(unpacked(archive.stream(0)));
      long members = 0;
      while (reader.next() != null) {
        members++;
      }
      return new Verified(name, Extent.STRUCTURE, archive.size(), members, archive.size());
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** How many members there are, all of them as the index says. */
  private long compare(TarReader tar, IndexReader lines, IndexLine.End end)
      throws IOException, Failure {
    long count = 0;
    while (true) {
      Member expected = nextMember(lines);
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
      String difference = difference(expected, found);
      if (difference != null) {
        throw damaged(expected.name() + " is not as its index says: " + difference);
      }
      count++;
    }
  }

  private static @Nullable Member nextMember(IndexReader lines) throws IOException {
    for (IndexLine line = lines.next(); line != null; line = lines.next()) {
      if (line instanceof Member member) {
        return member;
      }
    }
    return null;
  }

  private static @Nullable String difference(Member expected, TarMember found) {
    if (!MemberNames.normalized(found.name()).equals(expected.name())) {
      return "there is " + found.name() + " in its place";
    }
    if (type(found) != expected.type()) {
      return "its type";
    }
    if (expected.type() == Member.Type.FILE && found.size() != expected.size()) {
      return "its size";
    }
    if (expected.type() != Member.Type.HARDLINK
        && (found.permissions() != expected.permissions()
            || found.uid() != expected.uid()
            || found.gid() != expected.gid()
            || !found.modified().equals(expected.modified()))) {
      return "its owner, permissions or time";
    }
    return expected.link().isPresent() && !expected.link().get().equals(found.link())
        ? "where it leads"
        : null;
  }

  private static Member.Type type(TarMember member) {
    return switch (member.type()) {
      case FILE -> Member.Type.FILE;
      case DIRECTORY -> Member.Type.DIRECTORY;
      case SYMBOLIC_LINK -> Member.Type.SYMLINK;
      case HARD_LINK -> Member.Type.HARDLINK;
      case CHARACTER_DEVICE -> Member.Type.CHARACTER;
      case BLOCK_DEVICE -> Member.Type.BLOCK;
      case FIFO -> Member.Type.FIFO;
    };
  }

  private Verified bySegments(StoredBytes archive, StoredIndex index, IndexLine.End end)
      throws Failure {
    long digested = 0;
    for (Segment segment : digested(index)) {
      check(archive, segment);
      digested += segment.stored();
    }
    if (end.sha256().isPresent()) {
      throw damaged("its digest is not the one that its index has, though each segment's is");
    }
    return new Verified(name, Extent.ALL, archive.size(), end.members(), archive.size() - digested);
  }

  private Failure failure(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof Failure failure) {
        return failure;
      }
    }
    return damaged(e.getMessage() == null ? e.toString() : e.getMessage());
  }
}
