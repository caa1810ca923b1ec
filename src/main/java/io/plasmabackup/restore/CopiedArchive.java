package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.EarlierArchive;
import io.plasmabackup.archive.EarlierMembers;
import io.plasmabackup.archive.IndexDirectory;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.restore.IndexScan.LineVisitor;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ReadingRefused;
import io.plasmabackup.store.SpooledBytes;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * An archive of which a new one has copies: it is whole as far as anybody knows, and its index says
 * what its segments are. The archive is open until this is closed.
 *
 * @param index its index, on this machine
 * @param places where in the index its segments are; empty if its members can't be looked up
 * @param members how many it has
 * @param folders the target folders in it
 * @param read when the run began that read everything in it
 * @param transactions of each subvolume that it has, the last transaction in it
 */
public record CopiedArchive(
    ArchiveName name,
    StoredBytes bytes,
    StoredBytes index,
    EarlierArchive segments,
    Optional<SegmentPlaces> places,
    List<String> folders,
    long members,
    Instant read,
    Map<UUID, Long> transactions)
    implements AutoCloseable {

  /** If so many can't be used, there is more to look at than a run should do by itself. */
  private static final int MOST_TRIED = 3;

  /** What else is to be so. */
  @FunctionalInterface
  public interface Suitable {
    boolean test(IndexLine.Header header) throws Failure;
  }

  public CopiedArchive {
    transactions = Map.copyOf(transactions);
    folders = List.copyOf(folders);
  }

  /**
   * The newest one of a store that can be used; empty if there is none.
   *
   * @param scratch a folder of this machine for its index
   * @param suits what else its index must say, before all of that is read
   * @param notes told one line about each index that makes no sense
   */
  public static Optional<CopiedArchive> newest(
      Store store, Path scratch, Suitable suits, Consumer<String> notes) throws Failure {
    Map<String, StoredFile> files = new HashMap<>();
    store.list().forEach(file -> files.put(file.name(), file));
    List<ArchiveName> newest =
        files.keySet().stream()
            .map(ArchiveName::parse)
            .flatMap(Optional::stream)
            .filter(name -> files.containsKey(name.indexName()))
            // Of those nothing can be read, nor copied.
            .filter(name -> !ArchiveName.isEncrypted(name.fileName()))
            .sorted(Comparator.reverseOrder())
            .limit(MOST_TRIED)
            .toList();
    for (ArchiveName name : newest) {
      try {
        Optional<CopiedArchive> archive = open(store, name, files, scratch, suits);
        if (archive.isPresent()) {
          return archive;
        }
      } catch (ReadingRefused e) {
        // Nor would it be another one.
        notes.accept(
            e.getMessage()
                + "; everything is read and sent (options.changeDetection \"full\" doesn't try)");
        return Optional.empty();
      } catch (Failure e) {
        boolean ofTheFile = e.exitCode() == ExitCode.DAMAGED || e.exitCode() == ExitCode.STORAGE;
        if (!ofTheFile || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        notes.accept(e.getMessage());
      }
    }
    return Optional.empty();
  }

  private static Optional<CopiedArchive> open(
      Store store, ArchiveName name, Map<String, StoredFile> files, Path scratch, Suitable suits)
      throws Failure {
    Optional<StoredBytes> opened = store.open(name.indexName());
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    boolean suitable = false;
    try {
      IndexLine.Header header =
          StoredIndex.of(opened.get(), store.location() + "/" + name.indexName()).header();
      suitable =
          header.time().filter(time -> time.isAfter(Instant.EPOCH)).isPresent()
              && suits.test(header);
    } finally {
      if (!suitable) {
        opened.get().close();
      }
    }
    if (!suitable) {
      return Optional.empty();
    }
    StoredBytes index = SpooledBytes.of(opened.get(), scratch);
    Optional<CopiedArchive> used = Optional.empty();
    try {
      used = open(store, name, files, index);
      return used;
    } finally {
      if (used.isEmpty()) {
        index.close();
      }
    }
  }

  /** Takes over {@code index} if it gives something. */
  private static Optional<CopiedArchive> open(
      Store store, ArchiveName name, Map<String, StoredFile> files, StoredBytes index)
      throws Failure {
    Optional<StoredBytes> archive = store.open(name.fileName());
    if (archive.isEmpty()) {
      return Optional.empty();
    }
    Optional<CopiedArchive> used = Optional.empty();
    try {
      used = open(store, name, files, index, archive.get());
      return used;
    } finally {
      if (used.isEmpty()) {
        archive.get().close();
      }
    }
  }

  /** Takes over both if they give something. */
  private static Optional<CopiedArchive> open(
      Store store,
      ArchiveName name,
      Map<String, StoredFile> files,
      StoredBytes indexBytes,
      StoredBytes archive)
      throws Failure {
    StoredIndex index = StoredIndex.of(indexBytes, store.location() + "/" + name.indexName());
    index.requireOf(name.fileName(), archive.size());
    IndexLine.Header header = index.header();
    IndexLine.End end = index.end();
    if (isDamaged(store, name, files, end)) {
      return Optional.empty();
    }
    SegmentPlaces places = new SegmentPlaces();
    EarlierArchive segments = segments(index, header.time().orElseThrow(), archive.size(), places);
    return segments.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new CopiedArchive(
                name,
                archive,
                indexBytes,
                segments,
                places.isAscending() ? Optional.of(places) : Optional.empty(),
                header.folders(),
                end.members(),
                header.read().orElse(Instant.EPOCH),
                transactions(header)));
  }

  private static boolean isDamaged(
      Store store, ArchiveName name, Map<String, StoredFile> files, IndexLine.End end)
      throws Failure {
    StoredFile file = files.get(name.fileName());
    return file != null
        && files.containsKey(name.recordName())
        && VerificationRecords.read(store, ArchiveList.identity(file, Optional.of(end)))
            .filter(verification -> !verification.isRight())
            .isPresent();
  }

  private static EarlierArchive segments(
      StoredIndex index, Instant begun, long size, SegmentPlaces places) throws Failure {
    EarlierArchive segments = new EarlierArchive(begun);
    new IndexScan(index)
        .lines(
            LineFilter.noMembers(),
            new LineVisitor() {
              private int frame;

              @Override
              public void visit(IndexLine line) {
                if (line instanceof IndexLine.Segment segment) {
                  places.add(frame, segment.offset());
                  if (segment.stored() <= size && segment.offset() <= size - segment.stored()) {
                    segments.add(segment);
                  }
                }
              }

              @Override
              public void frame(int number) {
                frame = number;
              }
            });
    return segments;
  }

  /**
   * To count against them the members of one new archive; empty if that can't be done.
   *
   * @param others the target folders of the new one
   */
  public EarlierMembers counted(List<String> others) throws Failure {
    if (places.isEmpty() || !folders.equals(others)) {
      return EarlierMembers.NONE;
    }
    StoredIndex lines = StoredIndex.of(index, name.indexName());
    Optional<IndexDirectory> directory = lines.directory();
    return directory.isEmpty()
        ? EarlierMembers.NONE
        : new MemberChanges(
            lines, new MemberOrder(folders), directory.get().frames(), places.get());
  }

  private static Map<UUID, Long> transactions(IndexLine.Header header) {
    Map<UUID, Long> transactions = new HashMap<>();
    for (IndexLine.Subvolume subvolume : header.subvolumes()) {
      // Shown in several places, it has the same in all of them; a lie is not to make it later.
      subvolume
          .uuid()
          .ifPresent(uuid -> transactions.merge(uuid, subvolume.transaction(), Math::min));
    }
    return transactions;
  }

  /** The last transaction that it has of a subvolume; empty if it has none. */
  public OptionalLong transaction(UUID subvolume) {
    Long transaction = transactions.get(subvolume);
    return transaction == null ? OptionalLong.empty() : OptionalLong.of(transaction);
  }

  @Override
  public void close() throws Failure {
    try (index) {
      bytes.close();
    }
  }
}
