package io.plasmabackup.archive;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** A line of an index, as docs/format.md describes it. What it says is untrusted. */
public sealed interface IndexLine {

  /**
   * The first line. What an archive doesn't tell of itself is empty in a rebuilt index.
   *
   * @param archive the archive's file name
   * @param run identifies the run that made it
   * @param host the machine's name
   * @param time when the run began
   * @param zone the agent's time zone, in which the archive's name is
   * @param strategy as in the configuration
   * @param compression as in the configuration: zstd, or none at all
   * @param packing on what its stored bytes depend; empty if it doesn't say
   * @param read when the run began that read everything in it; empty if it doesn't say
   * @param copiedFrom the archive of which segments were copied
   * @param sealed whether it ends in a digest of all of it, as those of early programs don't
   * @param tool program and version that wrote it
   * @param folders the target folders, as configured
   * @param subvolumes of which there were snapshots
   * @param rebuilt when this was made by reading the archive, if it was; then it vouches for
   *     nothing before
   */
  record Header(
      String archive,
      Optional<String> run,
      Optional<String> host,
      Optional<Instant> time,
      Optional<String> zone,
      Optional<String> strategy,
      String compression,
      Optional<String> packing,
      Optional<Instant> read,
      Optional<String> copiedFrom,
      boolean sealed,
      String tool,
      List<String> folders,
      List<Subvolume> subvolumes,
      Optional<Instant> rebuilt)
      implements IndexLine {

    public Header {
      folders = List.copyOf(folders);
      subvolumes = List.copyOf(subvolumes);
    }

    /** Where the subvolumes were, on the live system. */
    public List<String> subvolumePaths() {
      return subvolumes.stream().map(Subvolume::path).toList();
    }
  }

  /**
   * A subvolume of which there was a snapshot.
   *
   * @param path where it was, on the live system
   * @param uuid its own; empty if that makes no sense
   * @param transaction the one that made the snapshot, so that all later changes are of later ones;
   *     0 if that makes no sense
   */
  record Subvolume(String path, Optional<UUID> uuid, long transaction) {}

  /**
   * A segment of the archive; lines of members that begin in it follow.
   *
   * @param number from 0 on
   * @param key what tells it from others without reading them; empty in a rebuilt index
   * @param offset in the archive
   * @param stored bytes in the archive
   * @param tar bytes of tar
   * @param sha256 of the stored bytes, hexadecimal; empty where nobody has read them
   * @param continues the large member of which this has further data
   * @param frame where in the archive the zstd frame starts that has its first byte: {@code
   *     offset}, but for segments that begin within a frame
   * @param skip bytes of tar from there to its first byte
   */
  record Segment(
      long number,
      Optional<String> key,
      long offset,
      long stored,
      long tar,
      Optional<String> sha256,
      Optional<RawPath> continues,
      long frame,
      long skip)
      implements IndexLine {

    /** Where the tar goes on with a member that begins before. */
    public Segment continuing(RawPath member) {
      return new Segment(
          number, key, offset, stored, tar, sha256, Optional.of(member), frame, skip);
    }
  }

  /**
   * A member that begins in the segment before it.
   *
   * @param name without a slash at its end; empty for the root directory
   * @param size of a file, with its holes; else 0
   * @param link a symbolic link's target, a hard link's first name
   * @param node a device's number, {@code major:minor}
   * @param permissions with set-uid, set-gid, sticky: 0 to 07777
   * @param user, group names; empty if they had none
   * @param changed ctime; empty in a rebuilt index
   * @param inode its number, unsigned; empty in a rebuilt index
   * @param at where in its segment's tar its first header starts
   * @param data where in its segment's tar its data starts
   */
  record Member(
      RawPath name,
      Type type,
      long size,
      Optional<RawPath> link,
      Optional<String> node,
      int permissions,
      long uid,
      long gid,
      String user,
      String group,
      Timestamp modified,
      Optional<Timestamp> changed,
      Optional<Long> inode,
      long at,
      long data)
      implements IndexLine {

    /** The same, in a segment that starts {@code bytes} later in the tar. */
    public Member inSegmentAt(long bytes) {
      return new Member(
          name,
          type,
          size,
          link,
          node,
          permissions,
          uid,
          gid,
          user,
          group,
          modified,
          changed,
          inode,
          at - bytes,
          data - bytes);
    }

    /** What a member is. */
    public enum Type {
      FILE,
      DIRECTORY,
      SYMLINK,
      HARDLINK,
      CHARACTER,
      BLOCK,
      FIFO;

      /** As in an index. */
      public String text() {
        return name().toLowerCase(Locale.ROOT);
      }

      static Optional<Type> of(String text) {
        return Arrays.stream(values()).filter(type -> type.text().equals(text)).findFirst();
      }
    }
  }

  /**
   * Something that is not in the archive, by intent.
   *
   * @param reason a word of docs/format.md
   * @param why for people
   */
  record Left(RawPath name, String reason, String why) implements IndexLine {}

  /**
   * The last line.
   *
   * @param archiveSize bytes
   * @param sha256 of the whole archive, hexadecimal, where its writer knew it
   * @param trailer SHA-256 of what is behind the last segment, where the writer didn't know that of
   *     the whole
   * @param encryptedSha256 of the archive's file, if that is encrypted: all else is of what it has
   *     encrypted in it
   */
  record End(
      long archiveSize,
      long segments,
      long members,
      Optional<String> sha256,
      Optional<String> trailer,
      Optional<String> encryptedSha256)
      implements IndexLine {

    /** Of an archive that isn't encrypted. */
    public End(
        long archiveSize,
        long segments,
        long members,
        Optional<String> sha256,
        Optional<String> trailer) {
      this(archiveSize, segments, members, sha256, trailer, Optional.empty());
    }

    /** Digest of the archive's file, hexadecimal, where its writer knew it. */
    public Optional<String> storedSha256() {
      return encryptedSha256.isPresent() ? encryptedSha256 : sha256;
    }
  }
}
