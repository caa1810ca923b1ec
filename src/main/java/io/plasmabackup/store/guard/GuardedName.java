package io.plasmabackup.store.guard;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.rotate.PolicyFile;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Label;
import java.time.LocalDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The name of a file that clients may know of. All else in the folder isn't there for them.
 *
 * @param archive that it is, or belongs to; null for the policy
 */
record GuardedName(Kind kind, @Nullable ArchiveName archive, String fileName) {

  /** What has such a name. */
  enum Kind {
    ARCHIVE,
    INDEX,
    RECORD,
    POLICY,
    ARCHIVE_PART,
    INDEX_PART;

    boolean isPart() {
      return this == ARCHIVE_PART || this == INDEX_PART;
    }
  }

  /** In seconds: what {@link io.plasmabackup.store.FreeName} adds at most. */
  private static final int LATER = 60;

  /** Reads an untrusted name of one component. */
  static Optional<GuardedName> parse(String fileName) {
    if (fileName.equals(PolicyFile.NAME)) {
      return Optional.of(new GuardedName(Kind.POLICY, null, fileName));
    }
    Optional<String> complete = FileNames.ofPart(fileName);
    if (complete.isPresent()) {
      return ArchiveName.parse(complete.get())
          .map(name -> new GuardedName(Kind.ARCHIVE_PART, name, fileName))
          .or(() ->
              ArchiveName.parseIndex(complete.get())
                  .map(name -> new GuardedName(Kind.INDEX_PART, name, fileName)));
    }
    return ArchiveName.parse(fileName)
        .map(name -> new GuardedName(Kind.ARCHIVE, name, fileName))
        .or(() ->
            ArchiveName.parseIndex(fileName)
                .map(name -> new GuardedName(Kind.INDEX, name, fileName)))
        .or(() ->
            ArchiveName.parseRecord(fileName)
                .map(name -> new GuardedName(Kind.RECORD, name, fileName)));
  }

  RawPath path() {
    return RawPath.of(fileName);
  }

  /** Whether this is the partial file of what is called so. */
  boolean becomes(GuardedName complete) {
    boolean fits =
        switch (complete.kind()) {
          case ARCHIVE -> kind == Kind.ARCHIVE_PART;
          case INDEX -> kind == Kind.INDEX_PART;
          default -> false;
        };
    return fits && FileNames.part(complete.fileName()).equals(fileName);
  }

  /**
   * Whether the label is that of the date: others would take up rotation's slots for the rare ones.
   * A run that begins at the end of a day may have its name a little later.
   */
  static boolean isLabelledByDate(ArchiveName name) {
    LocalDateTime time = name.time();
    return name.label() == Label.of(time.toLocalDate())
        || (name.withSeconds() && name.label() == Label.of(time.minusSeconds(LATER).toLocalDate()));
  }
}
