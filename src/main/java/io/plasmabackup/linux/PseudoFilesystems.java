package io.plasmabackup.linux;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Filesystems without storage of their own, by their type's name in /proc/self/mountinfo. What is
 * not known here counts as a real one: rather too much in a backup than too little. So do networks'
 * filesystems, images ({@code squashfs}), and whatever FUSE program is not listed, {@code mergerfs}
 * and {@code bindfs} among them, which many use as the only way to their data.
 */
final class PseudoFilesystems {

  private static final Map<String, String> REASONS =
      Stream.of(
              reason(
                  "made up by the kernel",
                  // Every machine has them.
                  "autofs",
                  "binfmt_misc",
                  "bpf",
                  "cgroup",
                  "cgroup2",
                  "configfs",
                  "cpuset",
                  "debugfs",
                  "devpts",
                  "devtmpfs",
                  "efivarfs",
                  "fusectl",
                  "mqueue",
                  "nsfs",
                  "nullfs",
                  "pidfs",
                  "proc",
                  "pstore",
                  "securityfs",
                  "selinuxfs",
                  "smackfs",
                  "sysfs",
                  "tracefs",
                  // Certain services and devices.
                  "binder",
                  "functionfs",
                  "gadgetfs",
                  "ibmasmfs",
                  "ipathfs",
                  "nfsd",
                  "ocfs2_dlmfs",
                  "openpromfs",
                  "oprofilefs",
                  "resctrl",
                  "rpc_pipefs",
                  "s390_hypfs",
                  "spufs",
                  "xenfs"),
              reason("made up by a program", "fuse.lxcfs"),
              reason("kept in memory only", "hugetlbfs", "ramfs", "rootfs", "tmpfs"),
              reason(
                  "a view of files in other places",
                  "aufs",
                  "overlay",
                  "fuse.fuse-overlayfs",
                  "fuse.gvfsd-fuse",
                  "fuse.kio-fuse",
                  "fuse.portal",
                  "fuse.vmware-vmblock"))
          .flatMap(Function.identity())
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private PseudoFilesystems() {}

  private static Stream<Map.Entry<String, String>> reason(String reason, String... types) {
    return Stream.of(types).map(type -> Map.entry(type, reason));
  }

  /** What a type's content is, in words that follow "is"; empty for all that we don't know. */
  static Optional<String> why(String type) {
    return Optional.ofNullable(REASONS.get(type));
  }
}
