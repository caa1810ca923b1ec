package io.plasmabackup.restore;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.compare.Difference;
import io.plasmabackup.extract.Extracted;
import io.plasmabackup.extract.Extractor;
import io.plasmabackup.extract.Observer;
import io.plasmabackup.extract.Overwrite;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FilesystemSpace;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.Store;
import java.util.function.Consumer;

/**
 * Restores an archive for practice: verifies every byte of it, extracts it to a scratch folder,
 * compares each member and all of its data with what came of it there, and removes the folder,
 * however it ends. An interrupt of the thread ends it soon.
 */
public final class Drill {

  private static final RawPath TREE = RawPath.of("tree");
  private static final int PRIVATE = 0700;

  private final Store store;
  private final RawPath scratch;
  private final Observer observer;
  private final Consumer<Difference> told;
  private final Consumer<String> notes;
  private long differences;

  /**
   * Prepares a drill.
   *
   * @param store stays the caller's
   * @param scratch an existing folder, in which the scratch folder is made
   * @param observer of the extraction
   * @param told of each difference
   * @param notes told one line if the index is of no use
   */
  public Drill(
      Store store,
      RawPath scratch,
      Observer observer,
      Consumer<Difference> told,
      Consumer<String> notes) {
    this.store = store;
    this.scratch = scratch;
    this.observer = observer;
    this.told = told;
    this.notes = notes;
  }

  /**
   * Drills with one archive.
   *
   * @param wanted its file's name; {@code latest}; or how just one archive's name begins
   * @throws Failure with {@link ExitCode#DAMAGED} if the archive isn't what was stored; with {@link
   *     ExitCode#TARGET} if there is no room, or the scratch folder can't be used or removed; with
   *     {@link ExitCode#INTERRUPTED}; and those of the store
   */
  public Drilled run(String wanted) throws Failure {
    try (Archive archive = Archive.open(store, wanted, notes);
        Fd parent = Fd.openDirectory(scratch)) {
      requireRoom(parent, archive.extractedBytes());
      Verified verified = new Verifier(store, archive.name()).full();
      try (ScratchFolder made = ScratchFolder.in(parent)) {
        // What the archive says of its root directory must not open the scratch folder to others.
        made.directory().makeDirectoryAt(TREE, PRIVATE);
        try (Fd tree = made.directory().openBeneath(TREE, Fd.Use.DIRECTORY)) {
          Extracted extracted = extract(archive, tree);
          long compared = new Comparison(archive, tree, this::differs).byContent();
          return new Drilled(archive.name(), verified, extracted, compared, differences);
        }
      }
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.TARGET, e.getMessage(), e);
    }
  }

  private void requireRoom(Fd parent, long needed) throws ErrnoException, Failure {
    FilesystemSpace space = parent.filesystemSpace();
    long free = space.freeBytes();
    // Some filesystems don't tell.
    if (space.totalBytes() > 0 && free < needed) {
      throw new Failure(
          ExitCode.TARGET,
          "%s has %,d bytes free, and to extract the archive takes %,d; make room, or name another folder by --scratch"
              .formatted(scratch, free, needed));
    }
  }

  private Extracted extract(Archive archive, Fd tree) throws ErrnoException, Failure {
    try (Extractor extractor = new Extractor(tree, true, Overwrite.NEVER, observer)) {
      archive.extract(extractor);
      return extractor.finish();
    }
  }

  private void differs(Difference difference) {
    differences++;
    told.accept(difference);
  }
}
