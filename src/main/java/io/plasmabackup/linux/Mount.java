package io.plasmabackup.linux;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A line of /proc/self/mountinfo: proc_pid_mountinfo(5).
 *
 * @param id as {@link FileStatus#mount} has it
 * @param parent id of the mount that this one lies on
 * @param device of the filesystem; on btrfs the same for all mounts of one filesystem
 * @param root what is mounted here: a path within the filesystem, as a rule; see {@link #within}
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

  /** What the kernel appends to a root that is no longer linked anywhere; no path looks so. */
  private static final String DELETED = "//deleted";

  /**
   * Why what is in there makes no sense in a backup, in a sentence for people; empty for a
   * filesystem with storage of its own. It is about what is met on the way: somebody who names such
   * a place as a target folder means it.
   */
  public Optional<String> whyPseudo() {
    return PseudoFilesystems.why(type)
        .map(reason -> "the content is " + reason + " (" + type + ")");
  }

  /** Whether there is a {@link #whyPseudo reason} to leave out what is in there. */
  public boolean isPseudo() {
    return whyPseudo().isPresent();
  }

  /**
   * Where a file is within the filesystem, from the top of which the path leads, on btrfs from the
   * top-level subvolume.
   *
   * @param path at or below {@link #mountPoint}, and not within a further mount there
   * @return empty if there is no such place: what is mounted has been deleted since, or is no part
   *     of a tree (a namespace)
   */
  public Optional<RawPath> within(RawPath path) {
    RawPath rest = path.relativeTo(mountPoint);
    String shown = new String(root.shared(), StandardCharsets.ISO_8859_1);
    return shown.startsWith("/") && !shown.endsWith(DELETED)
        ? Optional.of(root.resolve(rest))
        : Optional.empty();
  }
}
