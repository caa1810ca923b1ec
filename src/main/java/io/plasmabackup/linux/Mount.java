package io.plasmabackup.linux;

import io.plasmabackup.linux.FileStatus.DeviceNumber;

/**
 * A line of /proc/self/mountinfo: proc_pid_mountinfo(5).
 *
 * @param id as {@link FileStatus#mount} has it
 * @param parent id of the mount that this one lies on
 * @param device of the filesystem; on btrfs the same for all mounts of one filesystem
 * @param root the path within the filesystem that is mounted here
 * @param mountPoint where it is mounted
 * @param type for example {@code btrfs}
 * @param source for example {@code /dev/sda1}
 */
public record Mount(
    long id,
    long parent,
    DeviceNumber device,
    RawPath root,
    RawPath mountPoint,
    String type,
    RawPath source) {

  /** Whether the kernel makes up what is in there, so that it makes no sense in a backup. */
  public boolean isPseudo() {
    return PseudoFilesystems.contains(type);
  }
}
