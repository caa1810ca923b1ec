package io.plasmabackup.store.serve;

import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Digests;
import io.plasmabackup.store.FileNames;
import java.security.MessageDigest;

/** An archive that is being written, under the name of a partial file; read once, to its end. */
final class TargetFile implements AutoCloseable {

  private static final int READ = 256 * 1024;

  private final Fd file;
  private final ArchiveName name;
  private final MessageDigest whole = Digests.sha256();
  private final MessageDigest range = Digests.sha256();
  private final byte[] bytes = new byte[READ];
  private long checked;

  private TargetFile(Fd file, ArchiveName name) {
    this.file = file;
    this.name = name;
  }

  /** Opens one that is there. A further name of it could be that of a complete archive. */
  static TargetFile open(Fd folder, ArchiveName name) throws ErrnoException, Refused {
    RawPath part = RawPath.of(FileNames.part(name.fileName()));
    Fd file = folder.openAt(part, Fd.Use.CHANGE);
    try {
      FileStatus status = file.status();
      if (status.type() != FileStatus.Type.REGULAR || status.links() != 1) {
        throw new Refused(part + " is not a file with one name");
      }
      return new TargetFile(file, name);
    } catch (ErrnoException | Refused e) {
      file.close();
      throw e;
    }
  }

  Fd file() {
    return file;
  }

  /** That of the archive. */
  ArchiveName name() {
    return name;
  }

  /**
   * Reads the next bytes, from where the last range ended, or from the file's start.
   *
   * @return whether they are there and have this digest
   */
  boolean check(long length, byte[] sha256) throws ErrnoException {
    long end = checked + length;
    while (checked < end) {
      int wanted = (int) Math.min(READ, end - checked);
      int count = file.read(checked, bytes, 0, wanted);
      whole.update(bytes, 0, count);
      range.update(bytes, 0, count);
      checked += count;
      if (count < wanted) {
        break;
      }
    }
    return MessageDigest.isEqual(range.digest(), sha256) && checked == end;
  }

  /** How many bytes were read so far. */
  long checked() {
    return checked;
  }

  /** The digest of all that was read so far. */
  byte[] sha256() {
    try {
      return ((MessageDigest) whole.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("Java's SHA-256 can be cloned", e);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
