package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.util.Map;
import java.util.Set;

/**
 * What every sort of file has.
 *
 * @param permissions 0 to 07777
 * @param uid 0 to 2^32-1
 * @param gid 0 to 2^32-1
 * @param user the owner's name on this machine, empty if there is none
 * @param group likewise
 * @param modified mtime
 * @param changed ctime
 * @param flags mostly none
 * @param attributes extended attributes with their full names, ACLs among them, as the kernel has
 *     them, in the order of their names
 */
public record Metadata(
    int permissions,
    long uid,
    long gid,
    String user,
    String group,
    Timestamp modified,
    Timestamp changed,
    Set<Flag> flags,
    Map<RawPath, byte[]> attributes) {

  /** Flags of chattr(1) that say how a file is kept. */
  public enum Flag {
    /** {@code i}: nobody can change it. */
    IMMUTABLE,
    /** {@code a}: it can only be appended to. */
    APPEND_ONLY,
    /** {@code C}: its data is written in place, without checksums. */
    NO_COPY_ON_WRITE
  }
}
