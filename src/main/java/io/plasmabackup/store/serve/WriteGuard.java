package io.plasmabackup.store.serve;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.store.ArchiveName;
import java.io.IOException;

/** Decides about everything that is written to a partial file. */
@FunctionalInterface
public interface WriteGuard {

  /** Whoever asks may write to the folder anyway. */
  WriteGuard NONE = (file, name, end, change) -> change.make();

  /** Something that is done to a file. */
  @FunctionalInterface
  interface Change {
    void make() throws IOException;
  }

  /**
   * Makes the change, while nobody gives the file another name.
   *
   * @param file the partial file of {@code name}, open for writing
   * @param end how long it is to be at least
   * @throws Refused if it is not allowed
   */
  void allow(Fd file, ArchiveName name, long end, Change change) throws IOException;
}
