package io.plasmabackup.walk;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import java.util.Map;

/**
 * What every sort of file has.
 *
 * @param permissions 0 to 07777
 * @param uid 0 to 2^32-1
 * @param gid 0 to 2^32-1
 * @param user the owner's name on this machine, empty if there is none
 * @param group likewise
 * @param modified mtime
 * @param attributes extended attributes with their full names, ACLs among them, as the kernel has
 *     them
 */
public record Metadata(
    int permissions,
    long uid,
    long gid,
    String user,
    String group,
    Timestamp modified,
    Map<RawPath, byte[]> attributes) {}
