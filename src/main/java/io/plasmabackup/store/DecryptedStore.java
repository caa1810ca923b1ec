package io.plasmabackup.store;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.Identity;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A store of which encrypted archives and indexes are read as what was encrypted. Sizes that it
 * lists are those of the files.
 */
public final class DecryptedStore implements Store {

  private final Store store;
  private final List<Identity> identities;

  /**
   * @param store closed with this
   * @param identities private keys; with none, an encrypted file can't be opened
   */
  public DecryptedStore(Store store, List<Identity> identities) {
    this.store = store;
    this.identities = List.copyOf(identities);
  }

  @Override
  public Optional<StoredBytes> open(String name) throws Failure {
    Optional<StoredBytes> opened = store.open(name);
    if (opened.isEmpty() || !ArchiveName.isEncrypted(name)) {
      return opened;
    }
    StoredBytes stored = opened.get();
    try {
      String shown = location() + "/" + FileNames.shown(name);
      if (identities.isEmpty()) {
        throw new KeyMissing(
            ExitCode.USAGE,
            shown
                + " is encrypted: give --identity FILE with the private key of one of its recipients");
      }
      StoredBytes decrypted = DecryptedBytes.open(stored, shown, identities);
      stored = null;
      return Optional.of(decrypted);
    } finally {
      if (stored != null) {
        stored.close();
      }
    }
  }

  /** Opens a file as it is stored, encrypted or not. */
  public Optional<StoredBytes> openStored(String name) throws Failure {
    return store.open(name);
  }

  @Override
  public String location() {
    return store.location();
  }

  @Override
  public List<StoredFile> list() throws Failure {
    return store.list();
  }

  @Override
  public Optional<byte[]> read(String name, int limit) throws Failure {
    return store.read(name, limit);
  }

  @Override
  public Upload begin(String name) throws Failure {
    return store.begin(name);
  }

  @Override
  public Optional<Upload> resume(String name, List<Chunk> acknowledged) throws Failure {
    return store.resume(name, acknowledged);
  }

  @Override
  public Instant probe(String name) throws Failure {
    return store.probe(name);
  }

  @Override
  public void replace(String name, byte[] content) throws Failure {
    store.replace(name, content);
  }

  @Override
  public void discard(String name) throws Failure {
    store.discard(name);
  }

  @Override
  public OptionalLong free() throws Failure {
    return store.free();
  }

  @Override
  public void delete(String name) throws Failure {
    store.delete(name);
  }

  @Override
  public boolean isOpen(String name) {
    return store.isOpen(name);
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) throws Failure {
    return store.run(program, arguments);
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments, long bytes)
      throws Failure {
    return store.run(program, arguments, bytes);
  }

  @Override
  public String folder() {
    return store.folder();
  }

  @Override
  public void close() throws Failure {
    store.close();
  }
}
