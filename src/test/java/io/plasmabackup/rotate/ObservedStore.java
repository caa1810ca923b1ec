package io.plasmabackup.rotate;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredBytes;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.Upload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A real store that remembers the order of deletions, and refuses some as a file system with a
 * fault would.
 *
 * @param listed called when the files have been listed, before the list is handed out
 */
record ObservedStore(Store store, Set<String> undeletable, List<String> deletions, Runnable listed)
    implements Store {

  ObservedStore(Store store, String... undeletable) {
    this(store, Set.of(undeletable), new ArrayList<>(), () -> {});
  }

  ObservedStore(Store store, Runnable listed) {
    this(store, Set.of(), new ArrayList<>(), listed);
  }

  @Override
  public void delete(String name) throws Failure {
    deletions.add(name);
    if (undeletable.contains(name)) {
      throw new Failure(ExitCode.STORAGE, "cannot delete " + name);
    }
    store.delete(name);
  }

  @Override
  public String location() {
    return store.location();
  }

  @Override
  public List<StoredFile> list() throws Failure {
    List<StoredFile> files = store.list();
    listed.run();
    return files;
  }

  @Override
  public Optional<byte[]> read(String name, int limit) throws Failure {
    return store.read(name, limit);
  }

  @Override
  public Optional<StoredBytes> open(String name) throws Failure {
    return store.open(name);
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
  public void replace(String name, byte[] content) throws Failure {
    store.replace(name, content);
  }

  @Override
  public Instant probe(String name) throws Failure {
    return store.probe(name);
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
  public boolean isOpen(String name) {
    return store.isOpen(name);
  }

  @Override
  public Optional<CommandResult> run(String program, List<String> arguments) throws Failure {
    return store.run(program, arguments);
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
