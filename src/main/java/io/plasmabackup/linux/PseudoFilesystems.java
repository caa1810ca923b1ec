package io.plasmabackup.linux;

import java.util.Set;

/**
 * Filesystems that the kernel makes up: what they show is not on any disk, and makes no sense in a
 * backup.
 */
final class PseudoFilesystems {

  private static final Set<String> TYPES =
      Set.of(
          "autofs",
          "binfmt_misc",
          "bpf",
          "cgroup",
          "cgroup2",
          "configfs",
          "debugfs",
          "devpts",
          "devtmpfs",
          "efivarfs",
          "fusectl",
          "hugetlbfs",
          "mqueue",
          "nsfs",
          "proc",
          "pstore",
          "ramfs",
          "rpc_pipefs",
          "securityfs",
          "selinuxfs",
          "sysfs",
          "tmpfs",
          "tracefs");

  private PseudoFilesystems() {}

  /** By the type's name in /proc/self/mountinfo. */
  static boolean contains(String type) {
    return TYPES.contains(type);
  }
}
