package io.plasmabackup.store;

import io.plasmabackup.Failure;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One folder that holds the archives of one machine. All names are plain file names inside that
 * folder, never paths; an implementation refuses a name with a slash, a NUL, {@code .} or {@code
 * ..} with an {@link IllegalArgumentException}. Not thread-safe. Failures carry {@link
 * io.plasmabackup.ExitCode#STORAGE}; while it is opened also {@link
 * io.plasmabackup.ExitCode#CONNECTION} (server not reachable, not trusted, login refused) or {@link
 * io.plasmabackup.ExitCode#CONFIGURATION} (the user's ssh configuration can't be used).
 */
public interface Store extends AutoCloseable {

  /** For people: {@code plasma@host:/data/backup}, or the directory's path. */
  String location();

  /**
   * The regular files directly in the folder, in no particular order; links and directories are not
   * listed.
   */
  List<StoredFile> list() throws Failure;

  /**
   * A whole small file, empty where there is none; one of more than {@code limit} bytes is a
   * failure, and so is a link or a directory.
   */
  Optional<byte[]> read(String name, int limit) throws Failure;

  /**
   * Opens a file for reading, of any size; empty where there is none. A link or a directory is a
   * failure.
   */
  Optional<StoredBytes> open(String name) throws Failure;

  /** Begins in the background what {@link #copying} would else have to wait for. */
  default void prepareCopying() throws Failure {}

  /**
   * How uploads can have ranges of one of the folder's files {@linkplain Upload#copy copied}, as
   * far as that can be told beforehand.
   */
  default Copying copying(StoredBytes source) throws Failure {
    return Copying.NOTHING;
  }

  /**
   * Begins a file that nobody mistakes for a complete one: {@code .<name>.part}, mode 0600, created
   * exclusively: one that is there already, from an upload that runs or was cut off, is a failure.
   * The caller closes the upload; closing it unpublished removes the partial file. Several may be
   * under way, written to in turns by one thread; other calls wait until all are closed.
   */
  Upload begin(String name) throws Failure;

  /**
   * Goes on with the partial file that an earlier run left of {@code name}: where the last of those
   * chunks ends that the file is long enough for, after that chunk was read back and its digest
   * compared. What the file has beyond is cut off. Never creates a file, never follows a link.
   *
   * @param acknowledged what the storage had confirmed of the stream, without gaps from its start
   * @return empty if there is no such regular file, it holds not even the first chunk, or what was
   *     read back differs; the file is then as it was, and the caller {@linkplain #discard
   *     discards} it
   * @throws IllegalArgumentException if there are gaps
   */
  Optional<Upload> resume(String name, List<Chunk> acknowledged) throws Failure;

  /**
   * Writes a small file as a whole, mode 0600, in the place of one that may be there: under the
   * name of a partial file, made durable, and renamed. Whoever reads meanwhile sees the one or the
   * other. What a write that was cut off left of it is replaced as well.
   */
  void replace(String name, byte[] content) throws Failure;

  /**
   * Writes a small partial file of {@code name}, created exclusively and made durable as far as the
   * storage can, and removes it again: to see that this can be done.
   *
   * @return when it was written, by the storage's clock, perhaps to the second
   */
  Instant probe(String name) throws Failure;

  /** Deletes what a cut-off upload of {@code name} left; nothing being there is not a failure. */
  void discard(String name) throws Failure;

  /** Bytes that this user may still store there; empty where the storage doesn't tell. */
  OptionalLong free() throws Failure;

  /**
   * Deletes one file, or a link but not its target; that it isn't there any more is not a failure.
   */
  void delete(String name) throws Failure;

  /**
   * Whether a program has the file open now, as far as that can be told: false where it cannot, as
   * on a server.
   */
  default boolean isOpen(String name) {
    return false;
  }

  /**
   * Runs a program where the files are, with {@code arguments} passed as they are (quoted where a
   * remote shell stands between), and nothing on its standard input. Empty where that isn't
   * possible: a local directory, where the caller does the work itself; a server that allows SFTP
   * only, or one without that program.
   */
  Optional<CommandResult> run(String program, List<String> arguments) throws Failure;

  /**
   * Likewise, of a program that reads much.
   *
   * @param bytes for how many it is given the time
   */
  default Optional<CommandResult> run(String program, List<String> arguments, long bytes)
      throws Failure {
    return run(program, arguments);
  }

  /** The folder's path where the files are, to hand to a program that {@link #run} starts. */
  String folder();

  @Override
  void close() throws Failure;
}
