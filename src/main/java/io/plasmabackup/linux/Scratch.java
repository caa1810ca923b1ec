package io.plasmabackup.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Native memory of one thread for the arguments and results of one system call at a time, so that a
 * call allocates nothing. Whatever a method puts here is dead when the next one begins.
 */
final class Scratch {

  /**
   * Largest transfer of one read(2): fits into the second-level cache, where the copy to the heap
   * finds it.
   */
  static final int DATA_BYTES = 256 * 1024;

  /** Longest path with its NUL that the kernel takes in one call: PATH_MAX of linux/limits.h. */
  static final int PATH_BYTES = 4096;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
  private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

  /** Where errno is captured in the call itself, before the JVM can overwrite it. */
  final MemorySegment state;

  final MemorySegment path;
  final MemorySegment secondPath;
  final MemorySegment data;

  private Scratch() {
    Arena arena = Arena.ofAuto();
    state = arena.allocate(STATE);
    path = arena.allocate(PATH_BYTES);
    secondPath = arena.allocate(PATH_BYTES);
    data = arena.allocate(DATA_BYTES, 64);
  }

  static Scratch get() {
    return OF_THREAD.get();
  }

  Errno errno() {
    return new Errno((int) ERRNO.get(state, 0L));
  }

  /**
   * {@code name} as a C string in {@link #path}.
   *
   * @throws ErrnoException (ENAMETOOLONG) if it is too long for one call
   */
  MemorySegment path(RawPath name) throws ErrnoException {
    return store(path, name);
  }

  MemorySegment secondPath(RawPath name) throws ErrnoException {
    return store(secondPath, name);
  }

  private static MemorySegment store(MemorySegment target, RawPath name) throws ErrnoException {
    byte[] bytes = name.shared();
    if (bytes.length >= PATH_BYTES) {
      throw new ErrnoException("pass on", name.toString(), Errno.ENAMETOOLONG);
    }
    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
    target.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
    return target;
  }
}
