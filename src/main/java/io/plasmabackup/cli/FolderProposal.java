package io.plasmabackup.cli;

import io.plasmabackup.Failure;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Inspector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which folders of this machine a backup is likely to be wanted of. */
final class FolderProposal {

  /** Where a machine's own settings, and people's and services' data are. */
  private static final List<String> USUAL = List.of("/etc", "/home", "/root", "/srv");

  /** Where nothing is that has to be kept, or what is there comes from elsewhere. */
  private static final List<RawPath> UNWANTED =
      List.of(
          RawPath.of("/"),
          RawPath.of("/boot"),
          RawPath.of("/media"),
          RawPath.of("/mnt"),
          RawPath.of("/run"),
          RawPath.of("/tmp"),
          RawPath.of("/usr"),
          RawPath.of("/var/cache"),
          RawPath.of("/var/lib/docker"),
          RawPath.of("/var/tmp"));

  private static final RawPath SNAPSHOTS = RawPath.of(".snapshots");

  private FolderProposal() {}

  /**
   * The usual ones that there are, and what else of btrfs is mounted; but where any of these are on
   * btrfs, only those: one folder elsewhere keeps all others from being read from snapshots.
   */
  static List<String> folders() throws Failure {
    List<String> folders = all();
    List<String> elsewhere = notOnBtrfs(folders);
    if (elsewhere.size() < folders.size()) {
      folders.removeAll(elsewhere);
    }
    return folders;
  }

  private static List<String> all() throws Failure {
    List<String> folders = new ArrayList<>();
    for (String folder : USUAL) {
      if (Files.isDirectory(Path.of(folder))) {
        folders.add(folder);
      }
    }
    for (Mount mount : Planning.mounts().mounts()) {
      RawPath path = mount.mountPoint();
      boolean isWanted =
          mount.type().equals("btrfs")
              && path.isUtf8()
              && UNWANTED.stream().noneMatch(unwanted -> isIn(path, unwanted))
              && folders.stream().noneMatch(folder -> path.startsWith(RawPath.of(folder)))
              && !path.fileName().equals(SNAPSHOTS);
      if (isWanted) {
        folders.add(path.toString());
      }
    }
    return folders;
  }

  private static boolean isIn(RawPath path, RawPath unwanted) {
    return unwanted.equals(RawPath.of("/")) ? path.equals(unwanted) : path.startsWith(unwanted);
  }

  /**
   * Those of which there can't be a snapshot.
   *
   * @throws Failure ({@link io.plasmabackup.ExitCode#REFUSED}) if one cannot be looked at
   */
  static List<String> notOnBtrfs(List<String> folders) throws Failure {
    MountTable mounts = Planning.mounts();
    Inspector inspector = new Inspector(mounts, false);
    List<String> elsewhere = new ArrayList<>();
    for (String folder : folders) {
      if (inspector.inspect(RawPath.of(folder)).subvolume().isEmpty()) {
        elsewhere.add(folder);
      }
    }
    return elsewhere;
  }
}
