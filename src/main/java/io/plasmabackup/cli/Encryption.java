package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.age.PayloadKey;
import io.plasmabackup.age.Recipient;
import io.plasmabackup.age.UnusableKey;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.archive.EncryptingSink;
import io.plasmabackup.archive.SegmentListener;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.store.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How a run encrypts its archive, if it does: with a new key for each file and each attempt. */
final class Encryption {

  private final List<Recipient> recipients;
  private final RunJournal journal;
  private final Log log;

  /** Of the attempt that is under way. */
  private @Nullable SentPieces pieces;

  /**
   * Prepares to encrypt.
   *
   * @param recipients as configured; none: nothing is encrypted
   */
  Encryption(List<String> recipients, RunJournal journal, Log log) {
    this.recipients = new ArrayList<>();
    for (String recipient : recipients) {
      try {
        this.recipients.add(Recipient.parse(recipient));
      } catch (UnusableKey e) {
        throw new IllegalArgumentException(e);
      }
    }
    this.journal = journal;
    this.log = log;
  }

  boolean isOn() {
    return !recipients.isEmpty();
  }

  /** Whether a later run could go on with the archive's upload, as far as this is concerned. */
  boolean canBeGoneOnWith() {
    return pieces == null || pieces.canBeGoneOnWith();
  }

  /**
   * What encrypts the archive.
   *
   * @param goesOn whether an earlier run has stored a part of it, so that it must become the same
   * @param mayBeSuspended whether a later run may go on with it
   * @param listener told of each piece that is stored
   */
  ArchiveSink ofArchive(
      ArchiveSink to, boolean goesOn, boolean mayBeSuspended, SegmentListener listener)
      throws Failure {
    Optional<PayloadKey> kept =
        goesOn ? journal.key().flatMap(PayloadKey::fromBytes) : Optional.empty();
    List<Chunk> earlier = List.of();
    PayloadKey key;
    if (kept.isPresent()) {
      key = kept.get();
      earlier = journal.goOnWithKey();
    } else {
      key = PayloadKey.create(recipients);
      if (mayBeSuspended) {
        journal.encryptWith(key.toBytes());
      }
    }
    SentPieces next =
        new SentPieces(journal, earlier, kept.isPresent() || mayBeSuspended, listener, log);
    pieces = next;
    return EncryptingSink.ofArchive(to, key, next);
  }

  /** What encrypts an archive of which nobody can go on with a part. */
  ArchiveSink ofArchive(ArchiveSink to) {
    return EncryptingSink.ofArchive(
        to, PayloadKey.create(recipients), EncryptingSink.BeforeIt.NOTHING);
  }

  /** What encrypts the index. */
  ArchiveSink ofIndex(ArchiveSink to) {
    return isOn() ? EncryptingSink.ofIndex(to, PayloadKey.create(recipients)) : to;
  }
}
