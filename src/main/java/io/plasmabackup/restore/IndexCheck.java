package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.IndexReader;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import java.io.IOException;
import java.util.Optional;

/** Whether an archive has an index that can be relied on, as far as the index alone tells. */
final class IndexCheck {

  private IndexCheck() {}

  /**
   * Reads all of the index, and nothing of the archive.
   *
   * @param archive its file name
   * @param size its bytes
   * @return what is wrong, for people; empty if nothing is
   * @throws Failure of the store
   */
  static Optional<String> problem(Store store, String archive, long size) throws Failure {
    String file = archive + ArchiveName.INDEX_SUFFIX;
    Optional<StoredBytes> opened = store.open(file);
    if (opened.isEmpty()) {
      return Optional.of(store.location() + "/" + archive + " has no index");
    }
    try (StoredBytes bytes = opened.get()) {
      StoredIndex index = StoredIndex.of(bytes, store.location() + "/" + file);
      index.requireOf(archive, size);
      index.directory();
      readAll(index);
      return Optional.empty();
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      return Optional.ofNullable(e.getMessage());
    }
  }

  /** What was damaged since it was written is found, by its digest or by its frames' checksums. */
  private static void readAll(StoredIndex index) throws Failure {
    long segments = 0;
    long members = 0;
    IndexLine last = null;
    SealedStream all = index.sealed();
    try (IndexReader lines = index.lines(all)) {
      for (IndexLine line = lines.next(); line != null; line = lines.next()) {
        segments += line instanceof IndexLine.Segment ? 1 : 0;
        members += line instanceof IndexLine.Member ? 1 : 0;
        last = line;
      }
    } catch (IOException e) {
      throw index.failure(e);
    }
    if (!(last instanceof IndexLine.End end)
        || end.segments() != segments
        || end.members() != members) {
      throw index.failure(new IOException("it has not as many lines as its last one says"));
    }
    index.checkSeal(all);
  }
}
