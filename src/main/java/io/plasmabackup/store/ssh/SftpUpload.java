package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Upload;
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
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHFsyncExtension;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/** A file being written to an {@link SshStore}. */
final class SftpUpload implements Upload {

  /** Digest and name; a backslash in front says that sha256sum escaped the name. */
  private static final Pattern DIGEST_LINE =
      Pattern.compile("^\\\\?([0-9a-f]{64}) [ *]", Pattern.MULTILINE);

  /** A disk that reads less in a second is not expected to finish a checksum. */
  private static final long SLOWEST_DISK = 1 << 20;

  private final SshStore store;
  private final Sftp sftp;
  private final Handle handle;
  private final SftpWriter writer;
  private final BlockChecksums checksums = new BlockChecksums();
  private final String part;
  private final String target;
  private long position;
  private boolean handleOpen = true;
  private boolean published;
  private boolean closed;

  /** Takes over {@code handle}, an exclusively created file at {@code part}. */
  SftpUpload(SshStore store, Sftp sftp, Handle handle, String part, String target) {
    this.store = store;
    this.sftp = sftp;
    this.handle = handle;
    this.writer = new SftpWriter(sftp, handle.getIdentifier(), PlasmaSshClient.STALL);
    this.part = part;
    this.target = target;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws Failure {
    try {
      writer.write(bytes, offset, length);
    } catch (IOException e) {
      throw writeFailure(e);
    }
    checksums.update(bytes, offset, length);
    position += length;
  }

  private Failure writeFailure(IOException e) {
    return e instanceof SftpWriter.WriteRefused refused
        ? store.failure(
            "cannot write at byte " + refused.offset() + " of",
            part,
            refused.status(),
            " (a quota or a limit on file sizes may be reached)")
        : store.failure("cannot write at byte " + position + " of", part, e);
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public Verification publish(byte[] expectedSha256) throws Failure {
    try {
      writer.finish();
    } catch (IOException e) {
      throw writeFailure(e);
    }
    checksums.finish();
    try {
      OpenSSHFsyncExtension fsync = sftp.getExtension(OpenSSHFsyncExtension.class);
      if (fsync != null && fsync.isSupported()) {
        fsync.fsync(handle);
      }
      long size = sftp.stat(handle).getSize();
      handleOpen = false;
      sftp.close(handle);
      if (size != position) {
        throw notWhatWasWritten(size + " bytes stored, " + position + " sent");
      }
    } catch (IOException e) {
      throw store.failure("cannot complete", part, e);
    }
    Verification verification = verify(expectedSha256);
    rename();
    published = true;
    return verification;
  }

  private Verification verify(byte[] expectedSha256) throws Failure {
    Optional<String> stored = digestOnServer();
    if (stored.isPresent()) {
      String expected = HexFormat.of().formatHex(expectedSha256);
      if (!stored.get().equals(expected)) {
        throw notWhatWasWritten("SHA-256 " + stored.get() + " instead of " + expected);
      }
      return Verification.CONTENT;
    }
    try {
      readSamples();
      return Verification.SAMPLES;
    } catch (IOException e) {
      throw store.failure("cannot read back", part, e);
    }
  }

  /**
   * Empty where no program can tell: none may run or is installed, or the file isn't there under
   * the path that SFTP calls it by. openssl uses the processor's instructions, which many a
   * sha256sum doesn't: four times faster.
   */
  private Optional<String> digestOnServer() throws Failure {
    Duration limit = PlasmaSshClient.STALL.plusSeconds(position / SLOWEST_DISK);
    Map<String, List<String>> programs = new LinkedHashMap<>();
    programs.put("openssl", List.of("dgst", "-sha256", "-r", part));
    programs.put("sha256sum", List.of("--", part));
    for (Map.Entry<String, List<String>> program : programs.entrySet()) {
      Optional<CommandResult> result = store.run(program.getKey(), program.getValue(), limit);
      if (result.isPresent() && result.get().exitStatus() == 0) {
        Matcher line = DIGEST_LINE.matcher(result.get().output());
        if (line.find()) {
          return Optional.of(line.group(1));
        }
      }
    }
    return Optional.empty();
  }

  private void readSamples() throws IOException, Failure {
    byte[] block = new byte[BlockChecksums.BLOCK];
    try (CloseableHandle reading = sftp.open(part, OpenMode.Read)) {
      for (int number : checksums.sample(new SplittableRandom())) {
        long start = (long) number * BlockChecksums.BLOCK;
        int length = (int) Math.min(BlockChecksums.BLOCK, position - start);
        if (sftp.readFully(reading, start, block, length) < length
            || !checksums.matches(number, block, length)) {
          throw notWhatWasWritten("the " + length + " bytes at " + start + " differ");
        }
      }
    }
  }

  private Failure notWhatWasWritten(String difference) {
    return new Failure(
        ExitCode.STORAGE,
        "what is stored in "
            + store.shown(part)
            + " is not what was sent ("
            + difference
            + "): check the server's disk");
  }

  /**
   * OpenSSH's server links and unlinks, which fails where the name is taken. The look before is for
   * other servers, whose rename may replace.
   */
  private void rename() throws Failure {
    try {
      if (sftp.exists(target)) {
        throw taken();
      }
      sftp.rename(part, target);
    } catch (SftpException refused) {
      boolean nowTaken;
      try {
        nowTaken = refused.getStatus() == SftpConstants.SSH_FX_FAILURE && sftp.exists(target);
      } catch (IOException e) {
        refused.addSuppressed(e);
        nowTaken = false;
      }
      throw nowTaken ? taken() : store.failure("cannot publish", target, refused);
    } catch (IOException e) {
      throw store.failure("cannot tell whether it was published:", target, e);
    }
  }

  private Failure taken() {
    return new Failure(
        ExitCode.STORAGE,
        "cannot publish "
            + store.shown(target)
            + ": a file of that name exists already; it was not touched");
  }

  @Override
  public void close() throws Failure {
    if (closed) {
      return;
    }
    closed = true;
    if (published) {
      return;
    }
    // An interrupt is often the reason for ending early; it must not end the cleaning up as well.
    boolean interrupted = Thread.interrupted();
    try {
      remove();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void remove() throws Failure {
    try {
      if (handleOpen) {
        sftp.close(handle);
      }
    } catch (IOException e) {
      // The file is removed all the same; where the connection is gone, through a new one.
      if (!store.isLost()) {
        throw store.failure("cannot close the incomplete", part, e);
      }
    }
    store.removeIncomplete(part);
  }
}
