package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.archive.IndexLine.Segment;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.archive.RebuiltIndexWriter;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.Upload;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds the index of an archive that has none that is of any use, by reading the archive once.
 * Of an archive that is damaged none is made: it would vouch for the damage.
 */
public final class Reindexer {

  private static final int BLOCK = 512;

  private final Store store;
  private final String name;
  private final String tool;

  /**
   * For one archive.
   *
   * @param store where it is
   * @param wanted its file's name; {@code latest}; or how just one archive's name begins
   * @param tool name and version of this program
   */
  public Reindexer(Store store, String wanted, String tool) throws Failure {
    this.store = store;
    this.name = ArchiveChoice.of(store, wanted);
    this.tool = tool;
  }

  /** The archive's file name. */
  public String name() {
    return name;
  }

  private String indexName() {
    return name + ArchiveName.INDEX_SUFFIX;
  }

  private String location(String file) {
    return store.location() + "/" + file;
  }

  /** What is wrong with the index that there is; empty if it can be relied on. */
  public Optional<String> problem() throws Failure {
    try (StoredBytes archive = openArchive()) {
      return IndexCheck.problem(store, name, archive.size());
    }
  }

  private StoredBytes openArchive() throws Failure {
    return store
        .open(name)
        .orElseThrow(
            () -> new Failure(ExitCode.NOT_FOUND, location(name) + " has just been deleted"));
  }

  /**
   * Reads the archive and puts the index in the place of the one that there may be.
   *
   * @param target the same place as the archive's, for the index alone: while something is stored
   *     there, nothing else can be asked
   * @throws Failure with {@link ExitCode#DAMAGED} if the archive isn't a tar from its start to its
   *     end; then nothing has changed. With {@link ExitCode#STORAGE} if there is a good index by
   *     now, or the new one can't be stored
   */
  public Reindexed rebuild(Store target) throws Failure {
    try (Upload upload = target.begin(indexName());
        StoredBytes archive = openArchive()) {
      if (IndexCheck.problem(store, name, archive.size()).isEmpty()) {
        throw new Failure(
            ExitCode.STORAGE,
            location(indexName()) + " has appeared meanwhile; it was left as it is");
      }
      RebuiltIndexWriter index = new RebuiltIndexWriter(upload::write);
      long members = read(archive, index);
      store.delete(indexName());
      upload.publish(index.sha256());
      return new Reindexed(name, archive.size(), members);
    }
  }

  private long read(StoredBytes archive, RebuiltIndexWriter index) throws Failure {
    boolean compressed = ArchiveName.isCompressed(name);
    index.header(name, compressed, Instant.now(), tool);
    try (SegmentedTar tar = SegmentedTar.of(archive.stream(0), compressed)) {
      Lines lines = new Lines(tar, index);
      TarReader reader = new TarReader(tar);
      for (TarMember member = reader.next(); member != null; member = reader.next()) {
        lines.add(member, reader.position());
      }
      reader.readEnd();
      byte[] sha256 = tar.finish();
      if (tar.position() != archive.size()) {
        throw damaged("it has changed while it was read");
      }
      lines.write(Long.MAX_VALUE);
      index.end(
          new IndexLine.End(
              archive.size(),
              tar.segments(),
              lines.members,
              Optional.of(HexFormat.of().formatHex(sha256)),
              Optional.empty()),
          tar.digestOfDigests(),
          lines.ordered);
      return lines.members;
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** A member whose line isn't written yet, because its segment isn't complete. */
  private record Waiting(Member member, OptionalLong dataLength, long end) {}

  /** Brings segments and members together. */
  private final class Lines {

    private final SegmentedTar tar;
    private final RebuiltIndexWriter index;
    private final MemberOrder order = new MemberOrder(List.of());
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private long members;
    private @Nullable RawPath lastName;

    /** Whether the names have ascended so far. */
    private boolean ordered = true;

    /** The one that was written last. */
    private @Nullable Waiting last;

    /** The next one to be written, if it is complete. */
    private @Nullable Segment next;

    /** Where in the tar that one starts. */
    private long start;

    Lines(SegmentedTar tar, RebuiltIndexWriter index) {
      this.tar = tar;
      this.index = index;
    }

    void add(TarMember member, long data) throws Failure {
      check(member);
      Member line = MemberLines.of(member, data);
      write(line.at());
      ordered &= lastName == null || order.compare(lastName, line.name()) < 0;
      lastName = line.name();
      long end = data + (member.stored() + BLOCK - 1) / BLOCK * BLOCK;
      boolean sparse = member.type() == TarMember.Type.FILE && member.stored() != member.size();
      waiting.add(
          new Waiting(line, sparse ? OptionalLong.of(member.stored()) : OptionalLong.empty(), end));
      members++;
    }

    private void check(TarMember member) throws Failure {
      if (member.name().length() > IndexReader.LONGEST_NAME
          || member.link().length() > IndexReader.LONGEST_NAME
          || length(member.user()) > IndexReader.LONGEST_NAME
          || length(member.group()) > IndexReader.LONGEST_NAME) {
        throw damaged("the member at byte " + member.at() + " has a name that no system can have");
      }
    }

    private static int length(String text) {
      return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** Writes the segments that end at {@code position} or before, with their members. */
    void write(long position) throws Failure {
      // Members are known up to there, and the stream is always ahead.
      while (next != null || (next = tar.poll()) != null) {
        long end = start + next.tar();
        if (end > position) {
          return;
        }
        write(next, end);
        start = end;
        next = null;
      }
    }

    private void write(Segment segment, long end) throws Failure {
      Waiting before = last;
      index.segment(
          before != null && before.end() > start
              ? segment.continuing(before.member().name())
              : segment);
      while (!waiting.isEmpty() && waiting.element().member().at() < end) {
        Waiting member = waiting.remove();
        index.member(member.member().inSegmentAt(start), member.dataLength());
        last = member;
      }
    }
  }

  private Failure damaged(String why) {
    return new Failure(
        ExitCode.DAMAGED,
        location(name)
            + " is damaged: "
            + why
            + "; no index was written, as it would vouch for that; rely on another archive, and"
            + " check the disk");
  }

  private Failure failure(IOException e) {
    return Failure.behind(e)
        .orElseGet(() -> damaged(e.getMessage() == null ? e.toString() : e.getMessage()));
  }
}
