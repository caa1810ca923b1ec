package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the C library that we call, each with one handle made from the address and the
 * descriptor that jextract found, and with errno captured in the call: the first argument is where
 * it goes. Results are those of the manual pages, -1 for an error; nothing is checked here.
 */
final class LibC {

  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

  private static final MethodHandle CLOSE =
      handle(Native.close$address(), Native.close$descriptor());
  private static final MethodHandle FCHMOD =
      handle(Native.fchmod$address(), Native.fchmod$descriptor());
  private static final MethodHandle FCHMODAT =
      handle(Native.fchmodat$address(), Native.fchmodat$descriptor());
  private static final MethodHandle FCHOWNAT =
      handle(Native.fchownat$address(), Native.fchownat$descriptor());
  private static final MethodHandle FGETXATTR =
      handle(Native.fgetxattr$address(), Native.fgetxattr$descriptor());
  private static final MethodHandle FLISTXATTR =
      handle(Native.flistxattr$address(), Native.flistxattr$descriptor());
  private static final MethodHandle FLOCK =
      handle(Native.flock$address(), Native.flock$descriptor());
  private static final MethodHandle FSETXATTR =
      handle(Native.fsetxattr$address(), Native.fsetxattr$descriptor());
  private static final MethodHandle FSTATFS =
      handle(Native.fstatfs$address(), Native.fstatfs$descriptor());
  private static final MethodHandle FTRUNCATE =
      handle(Native.ftruncate$address(), Native.ftruncate$descriptor());
  private static final MethodHandle GETDENTS64 =
      handle(Native.getdents64$address(), Native.getdents64$descriptor());
  private static final MethodHandle LGETXATTR =
      handle(Native.lgetxattr$address(), Native.lgetxattr$descriptor());
  private static final MethodHandle LINKAT =
      handle(Native.linkat$address(), Native.linkat$descriptor());
  private static final MethodHandle LLISTXATTR =
      handle(Native.llistxattr$address(), Native.llistxattr$descriptor());
  private static final MethodHandle LSEEK =
      handle(Native.lseek$address(), Native.lseek$descriptor());
  private static final MethodHandle LSETXATTR =
      handle(Native.lsetxattr$address(), Native.lsetxattr$descriptor());
  private static final MethodHandle MKDIRAT =
      handle(Native.mkdirat$address(), Native.mkdirat$descriptor());
  private static final MethodHandle MKNODAT =
      handle(Native.mknodat$address(), Native.mknodat$descriptor());
  private static final MethodHandle PREAD =
      handle(Native.pread$address(), Native.pread$descriptor());
  private static final MethodHandle PWRITE =
      handle(Native.pwrite$address(), Native.pwrite$descriptor());
  private static final MethodHandle READLINKAT =
      handle(Native.readlinkat$address(), Native.readlinkat$descriptor());
  private static final MethodHandle RENAMEAT2 =
      handle(Native.renameat2$address(), Native.renameat2$descriptor());
  private static final MethodHandle STATX =
      handle(Native.statx$address(), Native.statx$descriptor());
  private static final MethodHandle SYMLINKAT =
      handle(Native.symlinkat$address(), Native.symlinkat$descriptor());
  private static final MethodHandle UNLINKAT =
      handle(Native.unlinkat$address(), Native.unlinkat$descriptor());
  private static final MethodHandle UTIMENSAT =
      handle(Native.utimensat$address(), Native.utimensat$descriptor());

  /** openat(2) with its mode. */
  private static final MethodHandle OPENAT =
      variadic(
          Native.openat.address(), Native.openat.makeInvoker(ValueLayout.JAVA_INT).descriptor(), 3);

  /** ioctl(2) with a pointer. */
  private static final MethodHandle IOCTL =
      variadic(
          Native.ioctl.address(), Native.ioctl.makeInvoker(ValueLayout.ADDRESS).descriptor(), 2);

  /**
   * openat2(2), which glibc doesn't wrap: syscall(2) with directory, path, how and the size of how.
   */
  private static final MethodHandle OPENAT2 =
      variadic(
          Native.syscall.address(),
          Native.syscall
              .makeInvoker(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_LONG)
              .descriptor(),
          1);

  private LibC() {}

  private static MethodHandle handle(MemorySegment address, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(address, descriptor, ERRNO);
  }

  private static MethodHandle variadic(
      MemorySegment address, FunctionDescriptor descriptor, int firstVariadic) {
    return Linker.nativeLinker()
        .downcallHandle(address, descriptor, ERRNO, Linker.Option.firstVariadicArg(firstVariadic));
  }

  static int openat(MemorySegment errno, int directory, MemorySegment path, int flags) {
    try {
      return (int) OPENAT.invokeExact(errno, directory, path, flags, 0);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long openat2(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment how, long size) {
    try {
      return (long)
          OPENAT2.invokeExact(errno, (long) Native.SYS_openat2(), directory, path, how, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
    try {
      return (int) IOCTL.invokeExact(errno, fd, request, argument);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int close(MemorySegment errno, int fd) {
    try {
      return (int) CLOSE.invokeExact(errno, fd);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int fchmod(MemorySegment errno, int fd, int mode) {
    try {
      return (int) FCHMOD.invokeExact(errno, fd, mode);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int fchmodat(MemorySegment errno, int directory, MemorySegment path, int mode, int flags) {
    try {
      return (int) FCHMODAT.invokeExact(errno, directory, path, mode, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int fchownat(
      MemorySegment errno, int directory, MemorySegment path, int user, int group, int flags) {
    try {
      return (int) FCHOWNAT.invokeExact(errno, directory, path, user, group, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long fgetxattr(
      MemorySegment errno, int fd, MemorySegment name, MemorySegment value, long size) {
    try {
      return (long) FGETXATTR.invokeExact(errno, fd, name, value, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long flistxattr(MemorySegment errno, int fd, MemorySegment list, long size) {
    try {
      return (long) FLISTXATTR.invokeExact(errno, fd, list, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int flock(MemorySegment errno, int fd, int operation) {
    try {
      return (int) FLOCK.invokeExact(errno, fd, operation);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int fsetxattr(
      MemorySegment errno, int fd, MemorySegment name, MemorySegment value, long size, int flags) {
    try {
      return (int) FSETXATTR.invokeExact(errno, fd, name, value, size, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int fstatfs(MemorySegment errno, int fd, MemorySegment status) {
    try {
      return (int) FSTATFS.invokeExact(errno, fd, status);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int ftruncate(MemorySegment errno, int fd, long size) {
    try {
      return (int) FTRUNCATE.invokeExact(errno, fd, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long getdents64(MemorySegment errno, int fd, MemorySegment entries, long size) {
    try {
      return (long) GETDENTS64.invokeExact(errno, fd, entries, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long lgetxattr(
      MemorySegment errno, MemorySegment path, MemorySegment name, MemorySegment value, long size) {
    try {
      return (long) LGETXATTR.invokeExact(errno, path, name, value, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int linkat(
      MemorySegment errno,
      int directory,
      MemorySegment path,
      int newDirectory,
      MemorySegment newPath,
      int flags) {
    try {
      return (int) LINKAT.invokeExact(errno, directory, path, newDirectory, newPath, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long llistxattr(MemorySegment errno, MemorySegment path, MemorySegment list, long size) {
    try {
      return (long) LLISTXATTR.invokeExact(errno, path, list, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long lseek(MemorySegment errno, int fd, long offset, int whence) {
    try {
      return (long) LSEEK.invokeExact(errno, fd, offset, whence);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int lsetxattr(
      MemorySegment errno,
      MemorySegment path,
      MemorySegment name,
      MemorySegment value,
      long size,
      int flags) {
    try {
      return (int) LSETXATTR.invokeExact(errno, path, name, value, size, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int mkdirat(MemorySegment errno, int directory, MemorySegment path, int mode) {
    try {
      return (int) MKDIRAT.invokeExact(errno, directory, path, mode);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int mknodat(
      MemorySegment errno, int directory, MemorySegment path, int mode, long device) {
    try {
      return (int) MKNODAT.invokeExact(errno, directory, path, mode, device);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long pread(MemorySegment errno, int fd, MemorySegment data, long size, long position) {
    try {
      return (long) PREAD.invokeExact(errno, fd, data, size, position);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long pwrite(MemorySegment errno, int fd, MemorySegment data, long size, long position) {
    try {
      return (long) PWRITE.invokeExact(errno, fd, data, size, position);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static long readlinkat(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment target, long size) {
    try {
      return (long) READLINKAT.invokeExact(errno, directory, path, target, size);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int renameat2(
      MemorySegment errno,
      int directory,
      MemorySegment path,
      int newDirectory,
      MemorySegment newPath,
      int flags) {
    try {
      return (int) RENAMEAT2.invokeExact(errno, directory, path, newDirectory, newPath, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int statx(
      MemorySegment errno,
      int directory,
      MemorySegment path,
      int flags,
      int mask,
      MemorySegment status) {
    try {
      return (int) STATX.invokeExact(errno, directory, path, flags, mask, status);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int symlinkat(
      MemorySegment errno, MemorySegment target, int directory, MemorySegment path) {
    try {
      return (int) SYMLINKAT.invokeExact(errno, target, directory, path);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int unlinkat(MemorySegment errno, int directory, MemorySegment path, int flags) {
    try {
      return (int) UNLINKAT.invokeExact(errno, directory, path, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  static int utimensat(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment times, int flags) {
    try {
      return (int) UTIMENSAT.invokeExact(errno, directory, path, times, flags);
    } catch (Throwable e) {
      throw unreachable(e);
    }
  }

  /**
   * What an exception out of {@code invokeExact} on a downcall handle is: our defect, never the
   * callee's doing.
   */
  private static AssertionError unreachable(Throwable cause) {
    return new AssertionError("a native call threw", cause);
  }
}
