package io.plasmabackup.linux;

import io.plasmabackup.bindings.Native;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/**
 * The functions of the C library that we call, with errno captured in the call: the first argument
 * is where it goes. Results are those of the manual pages, -1 for an error; nothing is checked
 * here.
 *
 * <p>All of them are called by one handle, with six 64-bit integers. Java would otherwise make
 * classes for each of two dozen signatures anew at every start, which took a fifth of a short run's
 * processor time. Both ABIs that we run on allow it (System V's for x86-64, section 3.2.3; Arm's
 * for AArch64, section 6.8.2): integers and pointers, six at most, go into registers of their own,
 * whether the function is variadic or not; it looks at those it has parameters for, and of an int
 * at the lower half. The result is likewise. A test looks whether all functions are of that kind.
 * Memory of which the callee has nothing but the address is kept from being freed meanwhile.
 */
final class LibC {

  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;

  /** With the function's address and where errno goes before its arguments. */
  private static final MethodHandle CALL =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.of(WORD, WORD, WORD, WORD, WORD, WORD, WORD),
              Linker.Option.captureCallState("errno"));

  private static final MemorySegment CLOSE = function("close");
  private static final MemorySegment FCHMOD = function("fchmod");
  private static final MemorySegment FCHMODAT = function("fchmodat");
  private static final MemorySegment FCHOWNAT = function("fchownat");
  private static final MemorySegment FGETXATTR = function("fgetxattr");
  private static final MemorySegment FLISTXATTR = function("flistxattr");
  private static final MemorySegment FLOCK = function("flock");
  private static final MemorySegment FSETXATTR = function("fsetxattr");
  private static final MemorySegment FSTATFS = function("fstatfs");
  private static final MemorySegment FTRUNCATE = function("ftruncate");
  private static final MemorySegment GETDENTS64 = function("getdents64");
  private static final MemorySegment IOCTL = function("ioctl");
  private static final MemorySegment LGETXATTR = function("lgetxattr");
  private static final MemorySegment LINKAT = function("linkat");
  private static final MemorySegment LLISTXATTR = function("llistxattr");
  private static final MemorySegment LSEEK = function("lseek");
  private static final MemorySegment LSETXATTR = function("lsetxattr");
  private static final MemorySegment MKDIRAT = function("mkdirat");
  private static final MemorySegment MKNODAT = function("mknodat");
  private static final MemorySegment OPENAT = function("openat");
  private static final MemorySegment PREAD = function("pread");
  private static final MemorySegment PWRITE = function("pwrite");
  private static final MemorySegment READLINKAT = function("readlinkat");
  private static final MemorySegment RENAMEAT2 = function("renameat2");
  private static final MemorySegment SENDMSG = function("sendmsg");
  private static final MemorySegment SETPRIORITY = function("setpriority");
  private static final MemorySegment SOCKET = function("socket");
  private static final MemorySegment STATX = function("statx");
  private static final MemorySegment SYMLINKAT = function("symlinkat");
  private static final MemorySegment SYSCALL = function("syscall");
  private static final MemorySegment UNLINKAT = function("unlinkat");
  private static final MemorySegment UTIMENSAT = function("utimensat");

  private LibC() {}

  private static MemorySegment function(String name) {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(name)
        .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
  }

  private static long call(
      MemorySegment function, MemorySegment errno, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) CALL.invokeExact(function, errno, a, b, c, d, e, f);
    } catch (Throwable defect) {
      // Never the callee's doing.
      throw new AssertionError("a native call threw", defect);
    }
  }

  private static long call(MemorySegment function, MemorySegment errno, long a) {
    return call(function, errno, a, 0, 0, 0, 0, 0);
  }

  private static long call(MemorySegment function, MemorySegment errno, long a, long b) {
    return call(function, errno, a, b, 0, 0, 0, 0);
  }

  private static long call(MemorySegment function, MemorySegment errno, long a, long b, long c) {
    return call(function, errno, a, b, c, 0, 0, 0);
  }

  private static long call(
      MemorySegment function, MemorySegment errno, long a, long b, long c, long d) {
    return call(function, errno, a, b, c, d, 0, 0);
  }

  private static long call(
      MemorySegment function, MemorySegment errno, long a, long b, long c, long d, long e) {
    return call(function, errno, a, b, c, d, e, 0);
  }

  /** With a mode, which counts where a file is created. */
  static int openat(MemorySegment errno, int directory, MemorySegment path, int flags, int mode) {
    try {
      return (int) call(OPENAT, errno, directory, path.address(), flags, mode);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  /** Which glibc doesn't wrap. */
  static long openat2(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment how, long size) {
    try {
      return call(
          SYSCALL, errno, Native.SYS_openat2(), directory, path.address(), how.address(), size);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(how);
    }
  }

  /** Which glibc doesn't wrap; its number is the caller's to know. */
  static long ioprioSet(MemorySegment errno, long number, int which, int who, int priority) {
    return call(SYSCALL, errno, number, which, who, priority);
  }

  static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
    try {
      return (int) call(IOCTL, errno, fd, request, argument.address());
    } finally {
      Reference.reachabilityFence(argument);
    }
  }

  static int close(MemorySegment errno, int fd) {
    return (int) call(CLOSE, errno, fd);
  }

  static int fchmod(MemorySegment errno, int fd, int mode) {
    return (int) call(FCHMOD, errno, fd, mode);
  }

  static int fchmodat(MemorySegment errno, int directory, MemorySegment path, int mode, int flags) {
    try {
      return (int) call(FCHMODAT, errno, directory, path.address(), mode, flags);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  static int fchownat(
      MemorySegment errno, int directory, MemorySegment path, int user, int group, int flags) {
    try {
      return (int) call(FCHOWNAT, errno, directory, path.address(), user, group, flags);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  static long fgetxattr(
      MemorySegment errno, int fd, MemorySegment name, MemorySegment value, long size) {
    try {
      return call(FGETXATTR, errno, fd, name.address(), value.address(), size);
    } finally {
      Reference.reachabilityFence(name);
      Reference.reachabilityFence(value);
    }
  }

  static long flistxattr(MemorySegment errno, int fd, MemorySegment list, long size) {
    try {
      return call(FLISTXATTR, errno, fd, list.address(), size);
    } finally {
      Reference.reachabilityFence(list);
    }
  }

  static int flock(MemorySegment errno, int fd, int operation) {
    return (int) call(FLOCK, errno, fd, operation);
  }

  static int fsetxattr(
      MemorySegment errno, int fd, MemorySegment name, MemorySegment value, long size, int flags) {
    try {
      return (int) call(FSETXATTR, errno, fd, name.address(), value.address(), size, flags);
    } finally {
      Reference.reachabilityFence(name);
      Reference.reachabilityFence(value);
    }
  }

  static int fstatfs(MemorySegment errno, int fd, MemorySegment status) {
    try {
      return (int) call(FSTATFS, errno, fd, status.address());
    } finally {
      Reference.reachabilityFence(status);
    }
  }

  static int ftruncate(MemorySegment errno, int fd, long size) {
    return (int) call(FTRUNCATE, errno, fd, size);
  }

  static long getdents64(MemorySegment errno, int fd, MemorySegment entries, long size) {
    try {
      return call(GETDENTS64, errno, fd, entries.address(), size);
    } finally {
      Reference.reachabilityFence(entries);
    }
  }

  static long lgetxattr(
      MemorySegment errno, MemorySegment path, MemorySegment name, MemorySegment value, long size) {
    try {
      return call(LGETXATTR, errno, path.address(), name.address(), value.address(), size);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(name);
      Reference.reachabilityFence(value);
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
      return (int)
          call(LINKAT, errno, directory, path.address(), newDirectory, newPath.address(), flags);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(newPath);
    }
  }

  static long llistxattr(MemorySegment errno, MemorySegment path, MemorySegment list, long size) {
    try {
      return call(LLISTXATTR, errno, path.address(), list.address(), size);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(list);
    }
  }

  static long lseek(MemorySegment errno, int fd, long offset, int whence) {
    return call(LSEEK, errno, fd, offset, whence);
  }

  static int lsetxattr(
      MemorySegment errno,
      MemorySegment path,
      MemorySegment name,
      MemorySegment value,
      long size,
      int flags) {
    try {
      return (int)
          call(LSETXATTR, errno, path.address(), name.address(), value.address(), size, flags);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(name);
      Reference.reachabilityFence(value);
    }
  }

  static int mkdirat(MemorySegment errno, int directory, MemorySegment path, int mode) {
    try {
      return (int) call(MKDIRAT, errno, directory, path.address(), mode);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  static int mknodat(
      MemorySegment errno, int directory, MemorySegment path, int mode, long device) {
    try {
      return (int) call(MKNODAT, errno, directory, path.address(), mode, device);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  static long pread(MemorySegment errno, int fd, MemorySegment data, long size, long position) {
    try {
      return call(PREAD, errno, fd, data.address(), size, position);
    } finally {
      Reference.reachabilityFence(data);
    }
  }

  static long pwrite(MemorySegment errno, int fd, MemorySegment data, long size, long position) {
    try {
      return call(PWRITE, errno, fd, data.address(), size, position);
    } finally {
      Reference.reachabilityFence(data);
    }
  }

  static long readlinkat(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment target, long size) {
    try {
      return call(READLINKAT, errno, directory, path.address(), target.address(), size);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(target);
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
      return (int)
          call(RENAMEAT2, errno, directory, path.address(), newDirectory, newPath.address(), flags);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(newPath);
    }
  }

  static long sendmsg(MemorySegment errno, int socket, MemorySegment message, int flags) {
    try {
      return call(SENDMSG, errno, socket, message.address(), flags);
    } finally {
      Reference.reachabilityFence(message);
    }
  }

  static int setpriority(MemorySegment errno, int which, int who, int nice) {
    return (int) call(SETPRIORITY, errno, which, who, nice);
  }

  static int socket(MemorySegment errno, int family, int type, int protocol) {
    return (int) call(SOCKET, errno, family, type, protocol);
  }

  static int statx(
      MemorySegment errno,
      int directory,
      MemorySegment path,
      int flags,
      int mask,
      MemorySegment status) {
    try {
      return (int) call(STATX, errno, directory, path.address(), flags, mask, status.address());
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(status);
    }
  }

  static int symlinkat(
      MemorySegment errno, MemorySegment target, int directory, MemorySegment path) {
    try {
      return (int) call(SYMLINKAT, errno, target.address(), directory, path.address());
    } finally {
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(path);
    }
  }

  static int unlinkat(MemorySegment errno, int directory, MemorySegment path, int flags) {
    try {
      return (int) call(UNLINKAT, errno, directory, path.address(), flags);
    } finally {
      Reference.reachabilityFence(path);
    }
  }

  static int utimensat(
      MemorySegment errno, int directory, MemorySegment path, MemorySegment times, int flags) {
    try {
      return (int) call(UTIMENSAT, errno, directory, path.address(), times.address(), flags);
    } finally {
      Reference.reachabilityFence(path);
      Reference.reachabilityFence(times);
    }
  }
}
