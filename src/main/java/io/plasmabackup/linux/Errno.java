package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error number of errno(3).
 *
 * @param number positive
 */
public record Errno(int number) {

  /** Filled by the constants below, so that none can lack its name. */
  private static final Map<Integer, String> NAMES = new HashMap<>();

  public static final Errno EACCES = named("EACCES", Native.EACCES());
  public static final Errno EAGAIN = named("EAGAIN", Native.EAGAIN());
  public static final Errno EBADF = named("EBADF", Native.EBADF());
  public static final Errno EBUSY = named("EBUSY", Native.EBUSY());
  public static final Errno EDQUOT = named("EDQUOT", Native.EDQUOT());
  public static final Errno EEXIST = named("EEXIST", Native.EEXIST());
  public static final Errno EINTR = named("EINTR", Native.EINTR());
  public static final Errno EINVAL = named("EINVAL", Native.EINVAL());
  public static final Errno EIO = named("EIO", Native.EIO());
  public static final Errno EISDIR = named("EISDIR", Native.EISDIR());
  public static final Errno ELOOP = named("ELOOP", Native.ELOOP());
  public static final Errno EMFILE = named("EMFILE", Native.EMFILE());
  public static final Errno ENAMETOOLONG = named("ENAMETOOLONG", Native.ENAMETOOLONG());
  public static final Errno ENFILE = named("ENFILE", Native.ENFILE());
  public static final Errno ENODATA = named("ENODATA", Native.ENODATA());
  public static final Errno ENOENT = named("ENOENT", Native.ENOENT());
  public static final Errno ENOMEM = named("ENOMEM", Native.ENOMEM());
  public static final Errno ENOSPC = named("ENOSPC", Native.ENOSPC());
  public static final Errno ENOSYS = named("ENOSYS", Native.ENOSYS());
  public static final Errno ENOTDIR = named("ENOTDIR", Native.ENOTDIR());
  public static final Errno ENOTEMPTY = named("ENOTEMPTY", Native.ENOTEMPTY());
  public static final Errno ENOTTY = named("ENOTTY", Native.ENOTTY());
  public static final Errno ENXIO = named("ENXIO", Native.ENXIO());
  public static final Errno EOPNOTSUPP = named("EOPNOTSUPP", Native.EOPNOTSUPP());
  public static final Errno EOVERFLOW = named("EOVERFLOW", Native.EOVERFLOW());
  public static final Errno EPERM = named("EPERM", Native.EPERM());
  public static final Errno ERANGE = named("ERANGE", Native.ERANGE());
  public static final Errno EROFS = named("EROFS", Native.EROFS());
  public static final Errno ESRCH = named("ESRCH", Native.ESRCH());
  public static final Errno ESTALE = named("ESTALE", Native.ESTALE());
  public static final Errno ETXTBSY = named("ETXTBSY", Native.ETXTBSY());
  public static final Errno EUCLEAN = named("EUCLEAN", Native.EUCLEAN());
  public static final Errno EXDEV = named("EXDEV", Native.EXDEV());

  private static Errno named(String name, int number) {
    NAMES.put(number, name);
    return new Errno(number);
  }

  /** The symbol, or {@code errno N} for one that this program doesn't handle by name. */
  public String name() {
    return NAMES.getOrDefault(number, "errno " + number);
  }

  /** The C library's words for it, for example "No such file or directory". */
  public String description() {
    return Native.strerror(number).getString(0);
  }

  @Override
  public String toString() {
    return description() + " (" + name() + ")";
  }

  // As a record has them; but those Java would make when they are called first, which is at once.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Errno errno && errno.number == number;
  }

  @Override
  public int hashCode() {
    return number;
  }
}
