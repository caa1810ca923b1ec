package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;

/** The key that a server has shown which nothing is known of, until somebody vouches for it. */
public final class UnknownHostKey {

  /** Names that mean nothing else in {@code known_hosts}: no pattern, marker or list. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._:\\[\\]%-]+");

  private final String knownAs;
  private final Path file;
  private final PublicKey key;

  UnknownHostKey(String knownAs, Path file, PublicKey key) {
    this.knownAs = knownAs;
    this.file = file;
    this.key = key;
  }

  /** What {@code known_hosts} would call the server. */
  public String server() {
    return FileNames.shown(knownAs);
  }

  /** As {@code ssh-keygen -l} prints it: {@code SHA256:…}. */
  public String fingerprint() {
    return KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
  }

  /** For people: {@code ED25519 SHA256:…}. */
  public String description() {
    return KnownHosts.describe(key);
  }

  /** What prints the fingerprint on the server itself. */
  public String commandThere() {
    return "ssh-keygen -lf /etc/ssh/ssh_host_"
        + KnownHosts.shortType(key).toLowerCase(Locale.ROOT)
        + "_key.pub";
  }

  /** The {@code known_hosts} file that it would be added to. */
  public Path file() {
    return file;
  }

  /**
   * Adds it to that file: from now on the server is known by it.
   *
   * @throws Failure ({@link ExitCode#CONNECTION}) if that can't be done
   */
  public void remember() throws Failure {
    if (!PLAIN.matcher(knownAs).matches()) {
      throw new Failure(
          ExitCode.CONNECTION, "cannot add a key of " + server() + ": add it by hand to " + file);
    }
    String line = knownAs + " " + PublicKeyEntry.toString(key) + "\n";
    try {
      Path folder = file.toAbsolutePath().resolveSibling("");
      if (!Files.isDirectory(folder)) {
        Files.createDirectory(
            folder,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      append(line);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONNECTION, "cannot add the host key to " + file + ": " + e.getMessage(), e);
    }
  }

  private void append(String line) throws IOException {
    try (FileChannel open =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      long size = open.size();
      ByteBuffer last = ByteBuffer.allocate(1);
      boolean complete = size == 0 || (open.read(last, size - 1) == 1 && last.get(0) == '\n');
      ByteBuffer bytes =
          ByteBuffer.wrap(((complete ? "" : "\n") + line).getBytes(StandardCharsets.US_ASCII));
      for (long at = size; bytes.hasRemaining(); ) {
        at += open.write(bytes, at);
      }
      open.force(true);
    }
  }
}
