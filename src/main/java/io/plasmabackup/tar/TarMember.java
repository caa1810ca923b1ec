package io.plasmabackup.tar;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the headers of a member say: untrusted.
 *
 * @param at where in the tar its first header starts, in bytes
 * @param name as it stands there, with all its slashes; may be absolute or have {@code ..}
 * @param size of a file, in bytes, with its holes; else 0
 * @param stored bytes of its data in the tar, without padding
 * @param extents where in the file the stored bytes belong, ascending, without overlaps, within
 *     {@code size}, and as long as {@code stored} together; what is between them is a hole
 * @param link of a symbolic link the target, of a hard link the name of another member; else empty
 * @param major, minor of a device
 * @param permissions with set-uid, set-gid, sticky: 0 to 07777
 * @param uid, gid 0 to 2^32-2
 * @param user, group names; empty where there are none
 * @param attributes extended ones, by their full names, ACLs not among them unless somebody stored
 *     them so
 * @param accessAcl in the text form of acl(5)
 * @param defaultAcl likewise, of a directory
 */
public record TarMember(
    long at,
    RawPath name,
    Type type,
    long size,
    long stored,
    List<Extent> extents,
    RawPath link,
    int major,
    int minor,
    int permissions,
    long uid,
    long gid,
    String user,
    String group,
    Timestamp modified,
    Map<RawPath, byte[]> attributes,
    Optional<String> accessAcl,
    Optional<String> defaultAcl) {

  public TarMember {
    extents = List.copyOf(extents);
    attributes = Map.copyOf(attributes);
  }

  /** The same under another name. */
  public TarMember named(RawPath other) {
    return with(other, link);
  }

  /** A hard link to another member. */
  public TarMember linkedTo(RawPath other) {
    return with(name, other);
  }

  private TarMember with(RawPath newName, RawPath newLink) {
    return new TarMember(
        at,
        newName,
        type,
        size,
        stored,
        extents,
        newLink,
        major,
        minor,
        permissions,
        uid,
        gid,
        user,
        group,
        modified,
        attributes,
        accessAcl,
        defaultAcl);
  }

  /** What a member is. */
  public enum Type {
    FILE,
    DIRECTORY,
    SYMBOLIC_LINK,
    HARD_LINK,
    CHARACTER_DEVICE,
    BLOCK_DEVICE,
    FIFO
  }

  /**
   * Bytes that a file has at some place.
   *
   * @param offset in the file, not negative
   * @param length more than 0
   */
  public record Extent(long offset, long length) {

    /** Where it ends, exclusively. */
    public long end() {
      return offset + length;
    }
  }
}
