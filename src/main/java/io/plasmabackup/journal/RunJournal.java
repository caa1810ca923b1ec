package io.plasmabackup.journal;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Folders;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run's part of the state folder: a directory of its own with the run's record and the chunks
 * that the storage has confirmed. Used by one thread, but for {@link #acknowledged}, which another
 * one may call.
 */
public final class RunJournal implements AutoCloseable {

  private static final String RECORD = "run";
  private static final String CHUNKS = "chunks";
  private static final String KEY = "key";
  private static final String SENT = "sent";

  private final Path directory;
  private RunRecord record;
  private @Nullable ChunkLog log;
  private @Nullable SentLog sent;

  private RunJournal(Path directory, RunRecord record) {
    this.directory = directory;
    this.record = record;
  }

  /** Begins a journal in a directory that isn't there yet. */
  static RunJournal create(Path directory, RunRecord record) throws Failure {
    try {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      RunJournal journal = new RunJournal(directory, record);
      journal.write(record);
      Folders.sync(directory.resolveSibling(""));
      return journal;
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /**
   * The journal that an earlier run has left.
   *
   * @return empty if nothing can be read in it
   */
  static Optional<RunJournal> read(Path directory) throws Failure {
    try {
      return new CheckedFile(directory, RECORD)
          .read()
          .flatMap(RunRecordJson::read)
          .map(record -> new RunJournal(directory, record));
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Whether anything was ever written in it: before that, nothing was made. */
  static boolean isBegun(Path directory) {
    return new CheckedFile(directory, RECORD).exists();
  }

  public RunRecord record() {
    return record;
  }

  /** Replaces the record; the new one is on disk when this returns. */
  public void write(RunRecord next) throws Failure {
    try {
      new CheckedFile(directory, RECORD).write(RunRecordJson.write(next));
      record = next;
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** What the storage has confirmed of the archive, in order. */
  public List<Chunk> chunks() throws Failure {
    try {
      return ChunkLog.read(directory.resolve(CHUNKS));
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /**
   * Begins to log what the storage confirms.
   *
   * @param chunks that it has confirmed already; whatever else was logged is forgotten
   */
  public void logFrom(List<Chunk> chunks) throws Failure {
    try {
      closeChunks();
      log = ChunkLog.create(directory.resolve(CHUNKS), chunks);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Adds a chunk that the storage has confirmed, behind all others. */
  public void acknowledged(Chunk chunk) throws Failure {
    if (log == null) {
      throw new IllegalStateException("no log was begun");
    }
    try {
      log.append(chunk);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /**
   * Keeps what the archive is going to be encrypted with, so that a later run can go on with it; on
   * disk, readable for the owner alone, when this returns. From now on all that is sent must be
   * {@linkplain #aboutToSend logged} before.
   *
   * @param key never used before
   */
  public void encryptWith(byte[] key) throws Failure {
    try {
      closeSent();
      // In this order: a log without its key is of no use, a key without its log of harm.
      new CheckedFile(directory, KEY).write(key);
      sent = SentLog.create(directory.resolve(SENT));
      Folders.sync(directory);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** What the archive is encrypted with; empty if that was not kept, or can't be used any more. */
  public Optional<byte[]> key() throws Failure {
    try {
      return SentLog.read(directory.resolve(SENT)).isEmpty()
          ? Optional.empty()
          : new CheckedFile(directory, KEY).read();
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /**
   * Goes on with the key that was kept.
   *
   * @return all that may have been sent that was encrypted with it
   */
  public List<Chunk> goOnWithKey() throws Failure {
    try {
      List<Chunk> chunks =
          SentLog.read(directory.resolve(SENT))
              .orElseThrow(() -> new IOException("what was sent is not known any more"));
      sent = SentLog.reopen(directory.resolve(SENT));
      return chunks;
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Logs chunks behind all others; only when this has returned they may be sent. */
  public void aboutToSend(List<Chunk> chunks) throws Failure {
    if (sent == null) {
      throw new IllegalStateException("no key was kept");
    }
    try {
      sent.append(chunks);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  /** Removes what the archive is encrypted with: nobody can go on with it. */
  public void forgetKey() throws Failure {
    try {
      closeSent();
      new CheckedFile(directory, KEY).delete();
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  private void closeSent() throws IOException {
    if (sent != null) {
      sent.close();
      sent = null;
    }
  }

  private void closeLog() throws IOException {
    closeSent();
    closeChunks();
  }

  private void closeChunks() throws IOException {
    if (log != null) {
      log.close();
      log = null;
    }
  }

  /** Forgets the run: nothing is left of it. */
  public void remove() throws Failure {
    try {
      closeLog();
      remove(directory);
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }

  static void remove(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
    Folders.sync(directory.resolveSibling(""));
  }

  static Failure failure(Path directory, IOException e) {
    return new Failure(
        ExitCode.REFUSED,
        "cannot use the journal "
            + directory
            + ": "
            + StateFolder.reason(e)
            + "; make room there, or choose another \"stateFolder\" in \"options\"",
        e);
  }

  /** Lets it be, for the next run to find. */
  @Override
  public void close() throws Failure {
    try {
      closeLog();
    } catch (IOException e) {
      throw failure(directory, e);
    }
  }
}
