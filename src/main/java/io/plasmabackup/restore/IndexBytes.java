package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.EncryptedDamage;
import io.plasmabackup.store.KeyMissing;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * The file of an index. Where it is encrypted, and isn't what was encrypted, that is {@linkplain
 * IndexDamage damage of the index}, as it is where it isn't.
 */
final class IndexBytes implements StoredBytes {

  private final StoredBytes bytes;
  private final String shown;

  private IndexBytes(StoredBytes bytes, String shown) {
    this.bytes = bytes;
    this.shown = shown;
  }

  /**
   * Opens one, for the caller to close.
   *
   * @param archive its archive's file name
   * @return empty if there is none
   * @throws KeyMissing if there is no identity at all
   */
  static Optional<StoredBytes> open(Store store, String archive) throws Failure {
    String name = archive + ArchiveName.INDEX_SUFFIX;
    String shown = store.location() + "/" + name;
    try {
      return store.open(name).map(bytes -> new IndexBytes(bytes, shown));
    } catch (EncryptedDamage e) {
      throw damage(shown, e);
    } catch (KeyMissing e) {
      if (e.exitCode() == ExitCode.USAGE) {
        throw e;
      }
      // It has the same recipients as the archive, for which there is one, or which tells it.
      IndexDamage damage =
          new IndexDamage(shown, "none of the given identities opens it, or its header is damaged");
      damage.initCause(e);
      throw damage;
    }
  }

  private static IndexDamage damage(String shown, EncryptedDamage e) {
    IndexDamage damage = new IndexDamage(shown, e.why());
    damage.initCause(e);
    return damage;
  }

  @Override
  public long size() {
    return bytes.size();
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws Failure {
    try {
      return bytes.read(position, into, offset, length);
    } catch (EncryptedDamage e) {
      throw damage(shown, e);
    }
  }

  @Override
  public InputStream stream(long position) {
    return new FilterInputStream(bytes.stream(position)) {

      @Override
      public int read() throws IOException {
        try {
          return super.read();
        } catch (IOException e) {
          throw judged(e);
        }
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        try {
          return super.read(into, offset, length);
        } catch (IOException e) {
          throw judged(e);
        }
      }
    };
  }

  private IOException judged(IOException e) {
    return e.getCause() instanceof EncryptedDamage damage
        ? new IOException(damage(shown, damage))
        : e;
  }

  @Override
  public void close() throws Failure {
    bytes.close();
  }
}
