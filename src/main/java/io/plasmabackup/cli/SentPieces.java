package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.EncryptingSink;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.PartialLost;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Sees that no two contents are ever sent that are encrypted alike: each piece of the encrypted
 * archive is in the run's journal before it goes, and where an earlier run may have sent one, only
 * the very same goes again.
 */
final class SentPieces implements EncryptingSink.BeforeIt {

  /** Bytes that have one digest. */
  static final int PIECE = 4 << 20;

  private final RunJournal journal;

  /** What an earlier run may have sent, as far as it has not come again. */
  private final Deque<Chunk> earlier;

  private final SegmentListener listener;
  private final Log log;
  private final MessageDigest sha256;
  private long position;

  /** Whether the journal has the key, and so must have all that is sent. */
  private boolean logged;

  /**
   * Prepares to see what is sent.
   *
   * @param earlier all that an earlier run may have sent, with the same key
   * @param logged whether the journal has the key
   * @param listener told of each piece
   */
  SentPieces(
      RunJournal journal, List<Chunk> earlier, boolean logged, SegmentListener listener, Log log) {
    this.journal = journal;
    this.earlier = new ArrayDeque<>(earlier);
    this.logged = logged;
    this.listener = listener;
    this.log = log;
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
  }

  /** Whether a later run can go on with what was sent. */
  boolean canBeGoneOnWith() {
    return logged;
  }

  @Override
  public void next(ByteBuffer bytes) throws Failure {
    List<Chunk> pieces = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int length = Math.min(PIECE, bytes.remaining());
      sha256.update(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
      pieces.add(new Chunk(position, length, sha256.digest()));
      position += length;
    }
    List<Chunk> unknown = new ArrayList<>();
    for (Chunk piece : pieces) {
      Chunk expected = earlier.poll();
      if (expected == null) {
        unknown.add(piece);
      } else if (!expected.equals(piece)) {
        throw new PartialLost(
            "what is read now is not what an earlier run had read: its upload cannot be gone on"
                + " with, and what is encrypted anew gets another key");
      }
    }
    if (logged && !unknown.isEmpty()) {
      remember(unknown);
    }
    for (Chunk piece : pieces) {
      listener.stored(piece.offset(), (int) piece.length(), piece.sha256());
    }
  }

  private void remember(List<Chunk> pieces) throws Failure {
    try {
      journal.aboutToSend(pieces);
    } catch (Failure failure) {
      // Without the key nobody goes on with it; should that fail, too, nothing may be sent.
      journal.forgetKey();
      log.warn(
          failure.getMessage()
              + "; the backup goes on, but nobody can go on with it if it is cut off");
      logged = false;
    }
  }
}
