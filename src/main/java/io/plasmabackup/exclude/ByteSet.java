package io.plasmabackup.exclude;

/** Bytes (as 0 to 255) that one place of a name may have. Mutable while it is being built. */
final class ByteSet {

  private final long[] words = new long[4];

  /** Every byte that a component of a path can have: all but NUL and the slash. */
  static ByteSet ofNames() {
    ByteSet all = new ByteSet();
    all.addRange(1, '/' - 1);
    all.addRange('/' + 1, 0xff);
    return all;
  }

  void add(int b) {
    words[b >> 6] |= 1L << b;
  }

  /** Nothing where {@code last} is before {@code first}. */
  void addRange(int first, int last) {
    for (int b = first; b <= last; b++) {
      add(b);
    }
  }

  /** The small letters of ASCII whose capitals are in this. */
  void addLowerCase() {
    for (int b = 'A'; b <= 'Z'; b++) {
      if (contains(b)) {
        add(GlobParser.lowerCase(b));
      }
    }
  }

  /** What this has and {@link #ofNames} as well; where {@code complement}, what only that has. */
  ByteSet inNames(boolean complement) {
    ByteSet names = ofNames();
    for (int i = 0; i < words.length; i++) {
      names.words[i] &= complement ? ~words[i] : words[i];
    }
    return names;
  }

  boolean isEmpty() {
    return (words[0] | words[1] | words[2] | words[3]) == 0;
  }

  boolean contains(int b) {
    return (words[b >> 6] >>> b & 1) != 0;
  }
}
