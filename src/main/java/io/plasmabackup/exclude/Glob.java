package io.plasmabackup.exclude;

import java.util.Arrays;

/**
 * A pattern's wildcards, compiled. Time is bounded by the square of the path's length times the
 * pattern's, however hostile either is; nothing is allocated.
 *
 * <p>A step is a byte (0 to 255), one of the constants, or {@link #FIRST_SET} plus the index of a
 * set of bytes.
 */
final class Glob {

  /** Any number of bytes but slashes. */
  static final int STAR = 256;

  /** Any number of directories, each with the slash after it; only where a component begins. */
  static final int DIRECTORIES = 257;

  /** All that is left; only at the end, and where a component begins. */
  static final int REST = 258;

  static final int FIRST_SET = 259;

  private final int[] steps;
  private final ByteSet[] sets;

  /** The literal bytes after the steps. Compared first: most paths fail at the last byte. */
  private final byte[] tail;

  Glob(int[] steps, ByteSet[] sets) {
    int end = steps.length;
    while (end > 0 && steps[end - 1] < STAR) {
      end--;
    }
    this.steps = Arrays.copyOf(steps, end);
    this.sets = sets;
    this.tail = new byte[steps.length - end];
    for (int i = 0; i < tail.length; i++) {
      tail[i] = (byte) steps[end + i];
    }
  }

  /** Whether the bytes from {@code begin} to before {@code end} match as a whole. */
  boolean matches(byte[] path, int begin, int end) {
    int rest = end - tail.length;
    if (rest < begin) {
      return false;
    }
    for (int i = tail.length - 1; i >= 0; i--) {
      if (path[rest + i] != tail[i]) {
        return false;
      }
    }
    return walk(path, begin, rest);
  }

  /**
   * On a mismatch, the last asterisk takes one byte more; when it can't, the last {@link
   * #DIRECTORIES} takes one directory more. Earlier ones needn't be tried again: what an asterisk
   * takes ends before the next slash, and whatever an earlier DIRECTORIES could take more, the last
   * one can as well.
   */
  private boolean walk(byte[] path, int begin, int end) {
    int at = begin;
    int step = 0;
    int afterStar = -1;
    int starEnd = 0;
    int afterDirectories = -1;
    int directoriesEnd = 0;
    while (true) {
      if (step == steps.length) {
        if (at == end) {
          return true;
        }
      } else if (steps[step] == REST) {
        return true;
      } else if (steps[step] == STAR) {
        afterStar = ++step;
        starEnd = at;
        continue;
      } else if (steps[step] == DIRECTORIES) {
        afterDirectories = ++step;
        directoriesEnd = at;
        afterStar = -1;
        continue;
      } else if (at < end && accepts(steps[step], path[at])) {
        if (path[at] == '/') {
          afterStar = -1;
        }
        at++;
        step++;
        continue;
      }

      if (afterStar >= 0 && starEnd < end && path[starEnd] != '/') {
        at = ++starEnd;
        step = afterStar;
      } else if (afterDirectories >= 0) {
        while (directoriesEnd < end && path[directoriesEnd] != '/') {
          directoriesEnd++;
        }
        if (directoriesEnd == end) {
          return false;
        }
        at = ++directoriesEnd;
        step = afterDirectories;
        afterStar = -1;
      } else {
        return false;
      }
    }
  }

  private boolean accepts(int step, byte b) {
    return step < STAR ? step == (b & 0xff) : sets[step - FIRST_SET].contains(b & 0xff);
  }
}
