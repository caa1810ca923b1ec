package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.restore.ListedArchive.State;
import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.KeyMissing;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which archives a store has, and how they are. */
public final class ArchiveList {

  private ArchiveList() {}

  /** All archives and partial ones, the oldest first. Other files are passed over. */
  public static List<ListedArchive> of(Store store) throws Failure {
    Map<String, StoredFile> files = new HashMap<>();
    store.list().forEach(file -> files.put(file.name(), file));
    List<ListedArchive> archives = new ArrayList<>();
    for (StoredFile file : files.values()) {
      Optional<ArchiveName> name = ArchiveName.parse(file.name());
      if (name.isPresent()) {
        ListedArchive archive =
            describe(store, name.get(), file, files.containsKey(name.get().indexName()));
        archives.add(
            files.containsKey(name.get().recordName())
                ? archive.with(VerificationRecords.read(store, identity(file, archive.end())))
                : archive);
      } else {
        FileNames.ofPart(file.name())
            .flatMap(ArchiveName::parse)
            .map(partial -> without(partial, State.PARTIAL, file))
            .ifPresent(archives::add);
      }
    }
    archives.sort(Comparator.comparing(ListedArchive::name));
    return archives;
  }

  /** Tars that have not an archive's name: nobody makes them here, and nothing deletes them. */
  public static List<StoredFile> others(Store store) throws Failure {
    return store.list().stream()
        .filter(file -> ArchiveChoice.isTar(file.name()))
        .filter(file -> ArchiveName.parse(file.name()).isEmpty())
        .sorted(Comparator.comparing(StoredFile::name))
        .toList();
  }

  private static ListedArchive describe(
      Store store, ArchiveName name, StoredFile file, boolean hasIndex) throws Failure {
    if (!hasIndex) {
      return without(name, State.NO_INDEX, file);
    }
    try {
      return described(store, name, file);
    } catch (KeyMissing e) {
      return without(name, State.ENCRYPTED, file);
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      return new ListedArchive(
          name,
          State.BAD_INDEX,
          file.size(),
          Optional.empty(),
          Optional.empty(),
          Optional.of(e.getMessage()),
          Optional.empty());
    }
  }

  private static ListedArchive described(Store store, ArchiveName name, StoredFile file)
      throws Failure {
    Optional<StoredBytes> opened = store.open(name.indexName());
    if (opened.isEmpty()) {
      return without(name, State.NO_INDEX, file);
    }
    try (StoredBytes bytes = opened.get()) {
      StoredIndex index = StoredIndex.of(bytes, store.location() + "/" + name.indexName());
      IndexLine.Header header = index.header();
      IndexLine.End end = index.end();
      Optional<String> problem = problem(name, content(store, name, file), header, end);
      return new ListedArchive(
          name,
          problem.isPresent() ? State.BAD_INDEX : state(header, end),
          file.size(),
          Optional.of(header),
          Optional.of(end),
          problem,
          Optional.empty());
    }
  }

  private static State state(IndexLine.Header header, IndexLine.End end) {
    if (header.rebuilt().isPresent()) {
      return State.REINDEXED;
    }
    return header.copiedFrom().isPresent() && end.sha256().isEmpty()
        ? State.COPIED
        : State.COMPLETE;
  }

  private static Optional<String> problem(
      ArchiveName name, long size, IndexLine.Header header, IndexLine.End end) {
    if (!header.archive().equals(name.fileName())) {
      return Optional.of("its index is that of " + FileNames.shown(header.archive()));
    }
    return end.archiveSize() == size
        ? Optional.empty()
        : Optional.of(
            "it has %,d bytes, and its index says %,d".formatted(size, end.archiveSize()));
  }

  /** Bytes of what is encrypted, or else in the file. */
  private static long content(Store store, ArchiveName name, StoredFile file) throws Failure {
    if (!ArchiveName.isEncrypted(name.fileName())) {
      return file.size();
    }
    Optional<StoredBytes> opened = store.open(name.fileName());
    if (opened.isEmpty()) {
      return file.size();
    }
    try (StoredBytes bytes = opened.get()) {
      return bytes.size();
    }
  }

  private static ListedArchive without(ArchiveName name, State state, StoredFile file) {
    return new ListedArchive(
        name,
        state,
        file.size(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * What tells an archive from others.
   *
   * @param end its index's last line, if that can be read as well as the first
   */
  static Identity identity(StoredFile file, Optional<IndexLine.End> end) {
    return new Identity(
        file.name(),
        file.size(),
        file.modified().truncatedTo(ChronoUnit.SECONDS),
        end.flatMap(IndexLine.End::storedSha256));
  }
}
