package io.plasmabackup.store;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An archive's file name, {@code YYYYMMDD-HHMM-<label><suffix>} or, where that name was taken,
 * {@code YYYYMMDD-HHMMSS-<label><suffix>} ({@link FreeName}). Anything else is not one of our
 * archives, and nothing here may touch it.
 *
 * @param time local time of the run in the agent's time zone; to the minute, or to the second if
 *     {@code withSeconds}
 * @param withSeconds whether the name spells out the seconds
 */
public record ArchiveName(LocalDateTime time, boolean withSeconds, Label label, Suffix suffix)
    implements Comparable<ArchiveName> {

  /** Added to an archive's name for its index. */
  public static final String INDEX_SUFFIX = ".index";

  /** Added to an archive's name for the record of its last verification. */
  public static final String RECORD_SUFFIX = ".verified";

  /** How an archive is stored. */
  public enum Suffix {
    TAR(".tar"),
    TAR_ZST(".tar.zst"),
    TAR_AGE(".tar.age"),
    TAR_ZST_AGE(".tar.zst.age");

    private final String text;

    Suffix(String text) {
      this.text = text;
    }

    /** With the leading dot. */
    public String text() {
      return text;
    }
  }

  /** How the name of an encrypted tar ends, whoever made it. */
  private static final String ENCRYPTED_SUFFIX = ".age";

  private static final Pattern FORM =
      Pattern.compile(
          "(\\d{8}-\\d{4})(\\d{2})?-(daily|weekly|monthly)(\\.tar(?:\\.zst)?(?:\\.age)?)");
  private static final DateTimeFormatter MINUTES =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmm").withResolverStyle(ResolverStyle.STRICT);
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss").withResolverStyle(ResolverStyle.STRICT);

  public ArchiveName {
    if (time.getYear() < 0 || time.getYear() > 9999) {
      throw new DateTimeException("year " + time.getYear() + " doesn't fit into an archive name");
    }
    time = time.truncatedTo(withSeconds ? ChronoUnit.SECONDS : ChronoUnit.MINUTES);
  }

  /** The name of a run that starts at {@code time}; the label follows from the date. */
  public static ArchiveName of(LocalDateTime time, Suffix suffix) {
    return new ArchiveName(time, false, Label.of(time.toLocalDate()), suffix);
  }

  /** Reads an untrusted file name; empty unless it is exactly of the form and an existing date. */
  public static Optional<ArchiveName> parse(String fileName) {
    Matcher form = FORM.matcher(fileName);
    if (!form.matches()) {
      return Optional.empty();
    }
    boolean withSeconds = form.group(2) != null;
    String digits = form.group(1) + (withSeconds ? form.group(2) : "");
    LocalDateTime time;
    try {
      time = LocalDateTime.parse(digits, withSeconds ? SECONDS : MINUTES);
    } catch (DateTimeException notADate) {
      return Optional.empty();
    }
    Label label =
        Arrays.stream(Label.values())
            .filter(l -> l.text().equals(form.group(3)))
            .findFirst()
            .orElseThrow();
    Suffix suffix =
        Arrays.stream(Suffix.values())
            .filter(s -> s.text().equals(form.group(4)))
            .findFirst()
            .orElseThrow();
    return Optional.of(new ArchiveName(time, withSeconds, label, suffix));
  }

  /** The archive whose index has the untrusted name {@code fileName}; empty as {@link #parse}. */
  public static Optional<ArchiveName> parseIndex(String fileName) {
    return parse(fileName, INDEX_SUFFIX);
  }

  /** The archive whose record of verification has that name; likewise. */
  public static Optional<ArchiveName> parseRecord(String fileName) {
    return parse(fileName, RECORD_SUFFIX);
  }

  private static Optional<ArchiveName> parse(String fileName, String added) {
    return fileName.endsWith(added)
        ? parse(fileName.substring(0, fileName.length() - added.length()))
        : Optional.empty();
  }

  /** Whether a tar of that untrusted name is encrypted, or the index of one is. */
  public static boolean isEncrypted(String fileName) {
    return withoutIndex(fileName).endsWith(ENCRYPTED_SUFFIX);
  }

  /** Whether a tar of that untrusted name is compressed, encrypted or not. */
  public static boolean isCompressed(String fileName) {
    String tar =
        isEncrypted(fileName)
            ? fileName.substring(0, fileName.length() - ENCRYPTED_SUFFIX.length())
            : fileName;
    return tar.endsWith(Suffix.TAR_ZST.text());
  }

  private static String withoutIndex(String fileName) {
    return fileName.endsWith(INDEX_SUFFIX)
        ? fileName.substring(0, fileName.length() - INDEX_SUFFIX.length())
        : fileName;
  }

  /** The archive's file name. */
  public String fileName() {
    return time.format(withSeconds ? SECONDS : MINUTES) + "-" + label.text() + suffix.text();
  }

  /** The file name of the archive's index. */
  public String indexName() {
    return fileName() + INDEX_SUFFIX;
  }

  /** The file name of the record of its last verification. */
  public String recordName() {
    return fileName() + RECORD_SUFFIX;
  }

  /** Older first; by time, then by name, so that the order is total. */
  @Override
  public int compareTo(ArchiveName other) {
    int byTime = time.compareTo(other.time);
    return byTime != 0 ? byTime : fileName().compareTo(other.fileName());
  }

  @Override
  public String toString() {
    return fileName();
  }
}
