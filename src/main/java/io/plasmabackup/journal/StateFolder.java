package io.plasmabackup.journal;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.journal.StatePart.Unfinished;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration's runs keep what they have to leave behind. Whoever has it open is the only
 * run of that configuration: the kernel lifts the lock when the process ends, in whatever way.
 */
public final class StateFolder implements AutoCloseable {

  /** With a dot, which no run has in its id. */
  private static final String PART = "target.";

  /** Enough to tell configurations apart. */
  private static final int ID_BYTES = 8;

  private static final int OTHERS = 0077;

  private static final Duration MOMENT = Duration.ofMillis(500);

  private final Path directory;
  private final Fd lock;

  private StateFolder(Path directory, Fd lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Opens the part of a state folder that belongs to one configuration, and makes both where they
   * aren't there.
   *
   * @param folder absolute
   * @param configuration what tells it from others: its file's canonical path
   * @throws Failure {@link ExitCode#BUSY} if another run has it; {@link ExitCode#REFUSED} if it
   *     cannot be used, or others could have written there
   */
  public static StateFolder open(Path folder, String configuration) throws Failure {
    Path directory = directory(folder, configuration);
    try {
      makeDirectories(directory);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot make the state folder "
              + directory
              + ": "
              + reason(e)
              + "; choose another \"stateFolder\" in \"options\"",
          e);
    }
    Fd lock = null;
    try {
      lock = trusted(directory);
      if (!locks(lock)) {
        throw new Failure(
            ExitCode.BUSY,
            "another backup of this configuration is running; nothing was done, wait for its end");
      }
      return new StateFolder(directory, lock);
    } catch (ErrnoException e) {
      close(lock);
      throw new Failure(ExitCode.REFUSED, e.getMessage(), e);
    } catch (Failure e) {
      close(lock);
      throw e;
    }
  }

  /** A view of it has it for less than a moment. */
  private static boolean locks(Fd directory) throws ErrnoException {
    long deadline = System.nanoTime() + MOMENT.toNanos();
    while (!directory.tryLock()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      LockSupport.parkNanos(MOMENT.toNanos() / 10);
    }
    return true;
  }

  /** Opens one that nobody else could have written to. */
  private static Fd trusted(Path directory) throws ErrnoException, Failure {
    Fd opened = Fd.open(RawPath.of(directory.toString()), Fd.Use.DIRECTORY);
    try {
      FileStatus status = opened.status();
      if (status.uid() != Accounts.effectiveUser() || (status.permissions() & OTHERS) != 0) {
        throw new Failure(
            ExitCode.REFUSED,
            directory
                + " must belong to the user who runs this, with mode 0700: what it holds decides what is"
                + " deleted; move it away");
      }
      return opened;
    } catch (ErrnoException | Failure e) {
      opened.close();
      throw e;
    }
  }

  /**
   * What can be seen of the part of a state folder that belongs to one configuration.
   *
   * @param directory that part
   * @param exists whether a run has made it
   * @param busy whether a run has it open now
   * @param unfinished what runs that are over have left in it; empty lists while it is busy
   */
  public record View(Path directory, boolean exists, boolean busy, Unfinished unfinished) {}

  /**
   * Looks at what {@link #open} would open, changes nothing, and keeps no run from beginning.
   *
   * @throws Failure ({@link ExitCode#REFUSED}) if that would fail
   */
  public static View view(Path folder, String configuration) throws Failure {
    Path directory = directory(folder, configuration);
    Unfinished nothing = new Unfinished(List.of(), List.of());
    if (Files.notExists(directory, LinkOption.NOFOLLOW_LINKS)) {
      requireThatItCanBeMade(directory);
      return new View(directory, false, false, nothing);
    }
    boolean busy;
    try (Fd opened = trusted(directory)) {
      busy = !opened.tryLock();
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.REFUSED, e.getMessage(), e);
    }
    if (busy) {
      return new View(directory, true, true, nothing);
    }
    List<RunJournal> journals = new ArrayList<>();
    List<Path> damaged = new ArrayList<>();
    for (StatePart part : parts(directory)) {
      Unfinished seen = part.seen();
      journals.addAll(seen.journals());
      damaged.addAll(seen.damaged());
    }
    return new View(directory, true, false, new Unfinished(journals, damaged));
  }

  private static void requireThatItCanBeMade(Path directory) throws Failure {
    Path above = directory;
    while (Files.notExists(above, LinkOption.NOFOLLOW_LINKS)) {
      above = above.resolveSibling("").toAbsolutePath();
    }
    if (!Files.isDirectory(above) || !Files.isWritable(above)) {
      throw new Failure(
          ExitCode.REFUSED,
          "cannot make the state folder "
              + directory
              + ": "
              + above
              + (Files.isDirectory(above) ? " cannot be written to" : " is not a folder")
              + "; choose another \"stateFolder\" in \"options\"");
    }
  }

  private static void close(@Nullable Fd lock) {
    if (lock != null) {
      lock.close();
    }
  }

  private static void makeDirectories(Path directory) throws IOException {
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** The part of a state folder that belongs to one configuration. */
  private static Path directory(Path folder, String configuration) {
    return folder.resolve("agent-" + id(configuration));
  }

  private static String id(String configuration) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(configuration.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, ID_BYTES);
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
  }

  /** The reason alone where the message begins with the path. */
  static String reason(IOException e) {
    if (e instanceof FileSystemException inFile && inFile.getReason() != null) {
      return inFile.getReason();
    }
    return e.getMessage() != null ? e.getMessage() : e.toString();
  }

  /**
   * What belongs to one of the configuration's targets; the caller need not close it.
   *
   * @param target its name; empty for the only one, without a name
   */
  public StatePart part(Optional<String> target) throws Failure {
    Path part = part(directory, target);
    try {
      makeDirectories(part);
      return new StatePart(part);
    } catch (IOException e) {
      throw RunJournal.failure(part, e);
    }
  }

  private static Path part(Path directory, Optional<String> target) {
    return target.map(name -> directory.resolve(PART + name)).orElse(directory);
  }

  /** Those of all targets that the configuration has, or has had. */
  public List<StatePart> parts() throws Failure {
    return parts(directory);
  }

  private static List<StatePart> parts(Path directory) throws Failure {
    List<StatePart> parts = new ArrayList<>();
    parts.add(new StatePart(directory));
    try (DirectoryStream<Path> targets = Files.newDirectoryStream(directory, PART + "*")) {
      targets.forEach(target -> parts.add(new StatePart(target)));
    } catch (DirectoryIteratorException e) {
      throw RunJournal.failure(directory, new IOException(e.getCause()));
    } catch (IOException e) {
      throw RunJournal.failure(directory, e);
    }
    return parts;
  }

  /**
   * How a configuration's runs have ended for one target, as the latest one has noted it.
   *
   * @param folder absolute
   * @param configuration its file's canonical path
   * @param target its name; empty for the only one, without a name
   * @return empty if there was none, or none of it can be read
   */
  public static Optional<RunResults> results(
      Path folder, String configuration, Optional<String> target) throws Failure {
    return new StatePart(part(directory(folder, configuration), target)).results();
  }

  @Override
  public void close() {
    lock.close();
  }
}
