package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.Iterator;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.jspecify.annotations.Nullable;

/** A key to log in with, as {@code ssh-keygen} makes and reads it. */
public final class SshKey {

  private static final int ED25519_BITS = 256;

  private final KeyPair pair;

  private SshKey(KeyPair pair) {
    this.pair = pair;
  }

  /** A new ed25519 key. */
  public static SshKey generate() {
    try {
      return new SshKey(KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, ED25519_BITS));
    } catch (GeneralSecurityException bouncyCastleHasIt) {
      throw new AssertionError(bouncyCastleHasIt);
    }
  }

  /**
   * The private key in a file.
   *
   * @throws Failure ({@link ExitCode#CONFIGURATION}) if it can't be read, or has a passphrase, for
   *     which nobody would be asked at night
   */
  public static SshKey read(Path file) throws Failure {
    try (InputStream in = Files.newInputStream(file)) {
      Iterable<KeyPair> pairs =
          SecurityUtils.loadKeyPairIdentities(
              null,
              NamedResource.ofName(file.toString()),
              in,
              (session, resource, retry) -> {
                throw new IOException("it has a passphrase");
              });
      Iterator<KeyPair> found = pairs == null ? null : pairs.iterator();
      if (found != null && found.hasNext()) {
        return new SshKey(found.next());
      }
      throw unusable(file, "it is not a private key of a kind that is supported here", null);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw unusable(file, FileNames.shown(String.valueOf(e.getMessage())), e);
    }
  }

  private static Failure unusable(Path file, String why, @Nullable Exception cause) {
    String message = "cannot use the key " + file + ": " + why + "; name another --identity-file";
    return cause == null
        ? new Failure(ExitCode.CONFIGURATION, message)
        : new Failure(ExitCode.CONFIGURATION, message, cause);
  }

  /** OpenSSH's format, without a passphrase. Secret. */
  public byte[] privateFile(String comment) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try {
      OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, comment, null, file);
    } catch (IOException | GeneralSecurityException noSuchKeyIsMade) {
      throw new AssertionError(noSuchKeyIsMade);
    }
    return file.toByteArray();
  }

  /** {@code ssh-ed25519 AAAA…}, as it stands in {@code authorized_keys}. */
  public String publicLine() {
    return PublicKeyEntry.toString(pair.getPublic());
  }

  /** The public line with a comment, as in a {@code .pub} file. */
  public byte[] publicFile(String comment) {
    return (publicLine() + " " + comment + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
