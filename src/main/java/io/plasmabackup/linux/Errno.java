package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * An error number of errno(3).
 *
 * @param number positive
 */
public record Errno(int number) {

  public static final Errno EACCES = new Errno(Native.EACCES());
  public static final Errno EAGAIN = new Errno(Native.EAGAIN());
  public static final Errno EEXIST = new Errno(Native.EEXIST());
  public static final Errno EINTR = new Errno(Native.EINTR());
  public static final Errno EINVAL = new Errno(Native.EINVAL());
  public static final Errno EIO = new Errno(Native.EIO());
  public static final Errno ELOOP = new Errno(Native.ELOOP());
  public static final Errno ENODATA = new Errno(Native.ENODATA());
  public static final Errno ENOENT = new Errno(Native.ENOENT());
  public static final Errno ENOSPC = new Errno(Native.ENOSPC());
  public static final Errno ENOSYS = new Errno(Native.ENOSYS());
  public static final Errno ENOTDIR = new Errno(Native.ENOTDIR());
  public static final Errno ENOTEMPTY = new Errno(Native.ENOTEMPTY());
  public static final Errno ENOTTY = new Errno(Native.ENOTTY());
  public static final Errno ENXIO = new Errno(Native.ENXIO());
  public static final Errno EOPNOTSUPP = new Errno(Native.EOPNOTSUPP());
  public static final Errno EPERM = new Errno(Native.EPERM());
  public static final Errno ERANGE = new Errno(Native.ERANGE());
  public static final Errno EROFS = new Errno(Native.EROFS());
  public static final Errno EXDEV = new Errno(Native.EXDEV());

  private static final Map<Errno, String> NAMES =
      Map.ofEntries(
          Map.entry(EACCES, "EACCES"),
          Map.entry(EAGAIN, "EAGAIN"),
          Map.entry(EEXIST, "EEXIST"),
          Map.entry(EINTR, "EINTR"),
          Map.entry(EINVAL, "EINVAL"),
          Map.entry(EIO, "EIO"),
          Map.entry(ELOOP, "ELOOP"),
          Map.entry(ENODATA, "ENODATA"),
          Map.entry(ENOENT, "ENOENT"),
          Map.entry(ENOSPC, "ENOSPC"),
          Map.entry(ENOSYS, "ENOSYS"),
          Map.entry(ENOTDIR, "ENOTDIR"),
          Map.entry(ENOTEMPTY, "ENOTEMPTY"),
          Map.entry(ENOTTY, "ENOTTY"),
          Map.entry(ENXIO, "ENXIO"),
          Map.entry(EOPNOTSUPP, "EOPNOTSUPP"),
          Map.entry(EPERM, "EPERM"),
          Map.entry(ERANGE, "ERANGE"),
          Map.entry(EROFS, "EROFS"),
          Map.entry(EXDEV, "EXDEV"));

  /** The symbol, or {@code errno N} for one that this program doesn't handle by name. */
  public String name() {
    return NAMES.getOrDefault(this, "errno " + number);
  }

  /** The C library's words for it, for example "No such file or directory". */
  public String description() {
    MemorySegment text = Native.strerror(number);
    return text.getString(0);
  }

  @Override
  public String toString() {
    return description() + " (" + name() + ")";
  }
}
