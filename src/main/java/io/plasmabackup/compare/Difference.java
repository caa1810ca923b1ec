package io.plasmabackup.compare;

import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Locale;

/**
 * Something that is not in the folder as the archive has it.
 *
 * @param name as members are named: a path below the folder
 * @param details what differs, of what is {@link Change#CHANGED}; the reason, of what is {@link
 *     Change#UNREADABLE}; else none
 */
public record Difference(Change change, RawPath name, List<Detail> details) {

  public Difference {
    details = List.copyOf(details);
  }

  /** What has become of it since the archive was made. */
  public enum Change {
    /** It isn't in the archive. */
    ADDED,
    /** It isn't in the folder any more. */
    REMOVED,
    /** It is in both. */
    CHANGED,
    /** It cannot be told. */
    UNREADABLE;

    /** A word for people and machines. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One thing that differs.
   *
   * @param what {@code type}, {@code size}, {@code content}, {@code time}, {@code permissions},
   *     {@code owner}, {@code target}, {@code device}, {@code link} (a hard link), {@code
   *     attribute} and its name, {@code error}
   * @param archived how it is in the archive; empty where that is nothing to be shown
   * @param present how it is in the folder; likewise
   */
  public record Detail(String what, String archived, String present) {}
}
