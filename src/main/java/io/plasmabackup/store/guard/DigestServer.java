package io.plasmabackup.store.guard;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.store.Digests;
import io.plasmabackup.store.StoreProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Digests files of the folder, as {@code openssl} and {@code sha256sum} would. A digest says
 * whether somebody has a file's content, and nothing else of it: it is told even to those who may
 * not read.
 */
public final class DigestServer {

  private static final int READ = 256 * 1024;
  private static final int LONGEST_LINE = 16;

  private final GuardedFolder folder;

  public DigestServer(GuardedFolder folder) {
    this.folder = folder;
  }

  /** Digests all of a file, and writes a line. */
  public void digest(OfferedCommand.Digest command, OutputStream out) throws Failure {
    try (Fd file = open(command.fileName())) {
      MessageDigest sha256 = Digests.sha256();
      update(sha256, file, 0, Long.MAX_VALUE);
      write(out, sha256, " " + command.mark() + command.shown());
    } catch (IOException | Denied e) {
      throw failure(command.fileName(), e);
    }
  }

  /** Digests a file by steps, as the lines that come in say, and writes a line in the end. */
  public void digestMeanwhile(String fileName, InputStream in, OutputStream out) throws Failure {
    try (Fd file = open(fileName)) {
      MessageDigest sha256 = Digests.sha256();
      long done = 0;
      String line = line(in);
      while (line.equals(StoreProtocol.MORE)) {
        done += update(sha256, file, done, StoreProtocol.DIGEST_STEP);
        line = line(in);
      }
      // Else the file is given up, and nobody asks for its digest.
      if (line.equals(StoreProtocol.END)) {
        update(sha256, file, done, Long.MAX_VALUE - done);
        write(out, sha256, " *stdin");
      }
    } catch (IOException | Denied e) {
      throw failure(fileName, e);
    }
  }

  private Fd open(String fileName) throws IOException, Denied {
    return folder.openToDigest(GuardedName.parse(fileName).orElseThrow(Denied::missing));
  }

  /** Without its end; empty at the end. */
  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (line.length() == LONGEST_LINE) {
        return "";
      }
      line.append((char) c);
    }
    return line.toString();
  }

  /** How much was there. */
  private static long update(MessageDigest sha256, Fd file, long from, long length)
      throws IOException {
    byte[] bytes = new byte[READ];
    long done = 0;
    while (done < length) {
      int count = file.read(from + done, bytes, 0, (int) Math.min(READ, length - done));
      if (count == 0) {
        break;
      }
      sha256.update(bytes, 0, count);
      done += count;
    }
    return done;
  }

  private static void write(OutputStream out, MessageDigest sha256, String rest)
      throws IOException {
    String line = HexFormat.of().formatHex(sha256.digest()) + rest + "\n";
    out.write(line.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static Failure failure(String fileName, Exception e) {
    return new Failure(ExitCode.STORAGE, "cannot digest " + fileName + ": " + e.getMessage(), e);
  }
}
