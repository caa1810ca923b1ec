package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import io.plasmabackup.age.Encryptor;
import io.plasmabackup.age.PayloadKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Encrypts an archive, or an index, on its way to another sink, which gets an age file. Nothing is
 * shared with files, or copied from an earlier archive: chunks of an age file are bound to its key
 * and to their places in it.
 */
public final class EncryptingSink implements ArchiveSink {

  /** Is told of what comes next, before any of it is handed on. */
  @FunctionalInterface
  public interface BeforeIt {

    /** Takes no notice. */
    BeforeIt NOTHING = bytes -> {};

    /**
     * Some bytes of the encrypted file are about to be handed on, which follow on those before.
     *
     * @param bytes to be left as they are
     * @throws Failure so that they aren't
     */
    void next(ByteBuffer bytes) throws Failure;
  }

  /** Bytes that are handed on at once: so many that what is done before hardly counts. */
  public static final int BATCH = 16 << 20;

  /** Of an index, which is much smaller. */
  private static final int SMALL_BATCH = 256 << 10;

  private final ArchiveSink to;
  private final Encryptor encryptor;
  private final BeforeIt before;
  private final MessageDigest digest = Digests.sha256();
  private long handedOn;

  private EncryptingSink(ArchiveSink to, PayloadKey key, int batch, BeforeIt before) {
    this.to = to;
    this.encryptor = new Encryptor(key, batch);
    this.before = before;
  }

  /**
   * Encrypts an archive. The same content with the same key goes on in the same pieces.
   *
   * @param key of this file only
   */
  public static EncryptingSink ofArchive(ArchiveSink to, PayloadKey key, BeforeIt before) {
    return new EncryptingSink(to, key, BATCH, before);
  }

  /**
   * Encrypts an index.
   *
   * @param key of this file only
   */
  public static EncryptingSink ofIndex(ArchiveSink to, PayloadKey key) {
    return new EncryptingSink(to, key, SMALL_BATCH, BeforeIt.NOTHING);
  }

  @Override
  public void write(ByteBuffer bytes) throws Failure {
    while (!encryptor.add(bytes)) {
      handOn();
    }
  }

  private void handOn() throws Failure {
    ByteBuffer ready = encryptor.take();
    before.next(ready.asReadOnlyBuffer());
    digest.update(ready.duplicate());
    handedOn += ready.remaining();
    to.write(ready);
  }

  @Override
  public Optional<ArchiveSummary.Encrypted> end() throws Failure {
    while (!encryptor.end()) {
      handOn();
    }
    handOn();
    return Optional.of(
        new ArchiveSummary.Encrypted(handedOn, HexFormat.of().formatHex(digest.digest())));
  }

  @Override
  public long sent(long written) {
    return to.sent(handedOn);
  }
}
