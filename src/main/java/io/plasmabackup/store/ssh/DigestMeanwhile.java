package io.plasmabackup.store.ssh;

import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.StoreProtocol;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Has the server compute the digest of a file that is still being written, of as much as it has
 * confirmed: what was just stored needn't come from the disk again, and nobody waits for it in the
 * end. It is a help only. Whatever goes wrong, the file is read again once it is complete.
 */
final class DigestMeanwhile implements AutoCloseable {

  /** What is digested at a time, in bytes: long enough for a process of its own. */
  static final long STEP = StoreProtocol.DIGEST_STEP;

  /**
   * Reads the file $1 by steps, one for each line "more", and its rest for a line "end"; if that
   * doesn't come, because the connection is lost or the file is given up, no digest is told. POSIX
   * shells have all of this; what is started by csh or fish is sh as well. openssl: see {@link
   * ContentCheck}.
   */
  private static final String SCRIPT =
      """
      exec 3<"$1" || exit
      {
        while read -r step && [ "$step" = more ]; do
          dd bs=1048576 count=64 <&3 2>/dev/null || exit
        done
        [ "$step" = end ] && cat <&3
      } | if command -v openssl >/dev/null; then
        openssl dgst -sha256 -r
      else
        sha256sum
      fi
      """;

  private static final byte[] MORE =
      (StoreProtocol.MORE + "\n").getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = (StoreProtocol.END + "\n").getBytes(StandardCharsets.US_ASCII);

  private final RemoteProgram program;

  /** What it was told to read, in bytes. */
  private long told;

  private boolean failed;

  private DigestMeanwhile(RemoteProgram program) {
    this.program = program;
  }

  /**
   * Asks for it, and doesn't wait for an answer.
   *
   * @param path of the file; has no digest if it is called something else by the server's programs
   * @throws IOException if the connection was lost
   */
  static DigestMeanwhile begin(SshConnection connection, String path) throws IOException {
    String command =
        ShellCommand.of("sh", List.of("-c", SCRIPT, StoreProtocol.DIGEST_SCRIPT, path));
    return new DigestMeanwhile(RemoteProgram.start(connection.session(), command));
  }

  /**
   * Goes on.
   *
   * @param size bytes from the start of the file that the server has and nobody will change
   */
  void confirmed(long size) {
    while (size - told >= STEP && program.isRunning() && !failed) {
      tell(MORE);
      told += STEP;
    }
  }

  private void tell(byte[] line) {
    try {
      OutputStream input = program.input();
      input.write(line);
      input.flush();
    } catch (IOException e) {
      // It has ended early, or so has the connection, which whoever uses that finds out.
      failed = true;
    }
  }

  /**
   * Waits for the digest of the whole file, which is complete.
   *
   * @return empty if there is none, or it came to nothing within {@code limit}
   * @throws IOException if the connection was lost
   */
  Optional<String> end(Duration limit) throws IOException {
    if (!program.isRunning() || failed) {
      return Optional.empty();
    }
    tell(END);
    try {
      return program.end(limit).map(CommandResult::output).flatMap(ContentCheck::digestIn);
    } catch (RemoteProgram.TooLong e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      program.close();
    } catch (IOException e) {
      // Of a connection that is lost; the server ends it then.
      failed = true;
    }
  }
}
