package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.PartialLost;
import io.plasmabackup.store.Upload;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Keeps a run's journal of what the storage has confirmed. Where an earlier run had come further,
 * it sees that what is made now is the same, byte for byte.
 */
final class ConfirmedSegments implements SegmentListener {

  private final Upload upload;
  private final RunJournal journal;
  private final Log log;

  /** What the storage has already. */
  private final Deque<Chunk> stored = new ArrayDeque<>();

  /** What was handed on and may not be confirmed yet. */
  private final Deque<Chunk> underWay = new ArrayDeque<>();

  private boolean journalFailed;

  /**
   * Begins the journal of an upload.
   *
   * @param known what an earlier run had stored, as far as it has been found again
   */
  ConfirmedSegments(Upload upload, RunJournal journal, List<Chunk> known, Log log) throws Failure {
    this.upload = upload;
    this.journal = journal;
    this.log = log;
    known.stream().filter(chunk -> chunk.end() <= upload.resumedAt()).forEach(stored::add);
    journal.logFrom(List.copyOf(stored));
  }

  @Override
  public void stored(long offset, int length, byte[] sha256) throws Failure {
    Chunk chunk = new Chunk(offset, length, sha256);
    Chunk expected = stored.poll();
    if (expected == null) {
      underWay.add(chunk);
      noteConfirmed();
    } else if (!expected.equals(chunk)) {
      throw new PartialLost(
          "what is read now is not what an earlier run had read: its upload cannot be gone on with");
    }
  }

  /** Notes in the journal what the storage has confirmed. */
  void noteConfirmed() {
    long confirmed = upload.acknowledged();
    for (Chunk next = underWay.peek();
        next != null && next.end() <= confirmed;
        next = underWay.peek()) {
      if (!journalFailed) {
        try {
          journal.acknowledged(next);
        } catch (Failure failure) {
          // The backup goes on: should it be cut off, more is sent again, and that is all.
          log.warn(failure.getMessage());
          journalFailed = true;
        }
      }
      underWay.remove();
    }
  }
}
