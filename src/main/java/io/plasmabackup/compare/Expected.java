package io.plasmabackup.compare;

import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.util.Map;
import java.util.Optional;

/**
 * A member of an archive, as far as it can be compared with a file.
 *
 * @param name without slashes at either end, and without {@code .}, {@code ..} or empty components;
 *     empty for the folder itself
 * @param size of a file, with its holes
 * @param link of a symbolic link the target; of a hard link another member's name, as {@code name}
 *     is
 * @param node of a device {@code major:minor}; else empty
 * @param permissions 0 to 07777
 * @param attributes as the kernel has them, ACLs among them; empty where they aren't known
 */
public record Expected(
    RawPath name,
    TarMember.Type type,
    long size,
    RawPath link,
    String node,
    int permissions,
    long uid,
    long gid,
    Timestamp modified,
    Optional<Map<RawPath, byte[]>> attributes) {}
