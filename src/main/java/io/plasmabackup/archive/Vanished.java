package io.plasmabackup.archive;

import io.plasmabackup.linux.RawPath;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which members of live folders were gone before they could be read. Segments are packed side by
 * side, but whether a hard link's first name is in the archive is known only when all segments
 * before it are packed; then, and only then, one has to wait for others.
 */
final class Vanished {

  private final Set<RawPath> names = new HashSet<>();

  /** All segments below this number are packed. */
  private long packedBelow;

  /** Those above that are packed, too. */
  private final TreeSet<Long> packedBeyond = new TreeSet<>();

  synchronized void add(RawPath name) {
    names.add(name);
  }

  /** Notes that segment {@code number} is packed; they are numbered from 0. */
  synchronized void packed(long number) {
    packedBeyond.add(number);
    while (packedBeyond.remove(packedBelow)) {
      packedBelow++;
    }
    notifyAll();
  }

  /** Whether a member that stands before or in segment {@code number} was gone. */
  synchronized boolean contains(RawPath name, long number) throws InterruptedException {
    while (packedBelow < number) {
      wait();
    }
    return names.contains(name);
  }
}
