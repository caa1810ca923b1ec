package io.plasmabackup.store.ssh;

import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Upload.Verification;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;

/**
 * Compares what is stored on the server with what was sent: by a digest that is computed there, or
 * by reading some ranges back.
 */
final class ContentCheck {

  /** Digest and name; a backslash in front says that sha256sum escaped the name. */
  private static final Pattern DIGEST_LINE =
      Pattern.compile("^\\\\?([0-9a-f]{64}) [ *]", Pattern.MULTILINE);

  /** A disk that reads less in a second is not expected to finish a checksum. */
  private static final long SLOWEST_DISK = 1 << 20;

  private final Link link;
  private final long size;
  private final BlockChecksums checksums;

  /** Empty where some of the bytes were never here. */
  private final Optional<String> expected;

  private final List<Chunk> chunks;

  /** Whether that is what the file is known to be, before it is renamed. */
  private final boolean isKnown;

  private ContentCheck(
      Link link,
      long size,
      BlockChecksums checksums,
      Optional<String> expected,
      List<Chunk> chunks,
      boolean isKnown) {
    this.link = link;
    this.size = size;
    this.checksums = checksums;
    this.expected = expected;
    this.chunks = chunks;
    this.isKnown = isKnown;
  }

  /**
   * Of what was sent as a whole.
   *
   * @param size bytes that were sent
   * @param checksums of them, finished
   * @param sha256 of all of them
   */
  static ContentCheck ofAll(Link link, long size, BlockChecksums checksums, byte[] sha256) {
    return new ContentCheck(
        link, size, checksums, Optional.of(HexFormat.of().formatHex(sha256)), List.of(), false);
  }

  /**
   * Of what was copied in part.
   *
   * @param size bytes in all
   * @param checksums of those that were sent, finished
   * @param chunks to be read back
   */
  static ContentCheck ofChunks(Link link, long size, BlockChecksums checksums, List<Chunk> chunks) {
    return new ContentCheck(link, size, checksums, Optional.empty(), chunks, false);
  }

  /** The same, where all has been compared already, as it came. */
  ContentCheck known() {
    return new ContentCheck(link, size, checksums, expected, chunks, true);
  }

  /**
   * What was found.
   *
   * @param difference what is not as it should be, for people
   */
  record Result(Verification verification, Optional<String> difference) {}

  /**
   * Compares the file at {@code path}, which has the right size.
   *
   * @param meanwhile what the server has found in it; if it isn't what was sent, it is read again
   */
  Result of(String path, Optional<DigestMeanwhile> meanwhile) throws IOException, Failure {
    if (isKnown) {
      return new Result(Verification.CONTENT, Optional.empty());
    }
    if (meanwhile.isPresent()) {
      Optional<String> found = meanwhile.get().end(limit());
      if (found.isPresent() && found.equals(expected)) {
        return new Result(Verification.CONTENT, Optional.empty());
      }
    }
    return of(path);
  }

  /** Compares the file at {@code path}, which has the right size. */
  Result of(String path) throws IOException, Failure {
    Optional<String> stored = expected.isEmpty() ? Optional.empty() : digestOnServer(path);
    if (stored.isPresent()) {
      return new Result(
          Verification.CONTENT,
          stored.equals(expected)
              ? Optional.empty()
              : Optional.of("SHA-256 " + stored.get() + " instead of " + expected.get()));
    }
    return new Result(Verification.SAMPLES, differingSample(path));
  }

  /**
   * Empty where no program can tell: none may run or is installed, or the file isn't there under
   * the path that SFTP calls it by. openssl uses the processor's instructions, which many a
   * sha256sum doesn't: four times faster.
   */
  private Optional<String> digestOnServer(String path) throws IOException {
    Map<String, List<String>> programs = new LinkedHashMap<>();
    programs.put("openssl", List.of("dgst", "-sha256", "-r", path));
    programs.put("sha256sum", List.of("--", path));
    for (Map.Entry<String, List<String>> program : programs.entrySet()) {
      Optional<CommandResult> result = link.run(program.getKey(), program.getValue(), limit());
      if (result.isPresent() && result.get().exitStatus() == 0) {
        Optional<String> digest = digestIn(result.get().output());
        if (digest.isPresent()) {
          return digest;
        }
      }
    }
    return Optional.empty();
  }

  /** For all of the file to be read there. */
  private Duration limit() {
    return timeFor(size);
  }

  /** How long the server may take to read so many bytes. */
  static Duration timeFor(long bytes) {
    return PlasmaSshClient.REQUEST.plusSeconds(bytes / SLOWEST_DISK);
  }

  /** What sha256sum, or openssl told to write alike, has written. */
  static Optional<String> digestIn(String output) {
    Matcher line = DIGEST_LINE.matcher(output);
    return line.find() ? Optional.of(line.group(1)) : Optional.empty();
  }

  private Optional<String> differingSample(String path) throws IOException {
    Sftp sftp = link.sftp();
    try (CloseableHandle reading = sftp.open(path, OpenMode.Read)) {
      int[] numbers = checksums.sample(new SplittableRandom());
      for (Chunk chunk : chunks) {
        if (!sftp.holds(reading, chunk)) {
          return Optional.of(
              "the %d bytes copied to %d differ".formatted(chunk.length(), chunk.offset()));
        }
      }
      return checksums.difference(sftp, reading, numbers, size);
    }
  }
}
