package io.plasmabackup.plan;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/** Finds out where the target folders are. Opens and asks; changes nothing. */
public final class Inspector {

  private static final RawPath ROOT = RawPath.of("/");

  private final MountTable mounts;

  public Inspector(MountTable mounts) {
    this.mounts = mounts;
  }

  /**
   * Looks at one folder.
   *
   * @throws Failure ({@link ExitCode#REFUSED}) if it doesn't exist or cannot be looked at
   */
  public FolderFacts inspect(RawPath folder) throws Failure {
    try (Fd parent = Fd.openDirectory(folder.equals(ROOT) ? ROOT : folder.parent())) {
      RawPath name = folder.equals(ROOT) ? RawPath.of(".") : folder.fileName();
      FileStatus status = parent.statusAt(name);
      if (status.isDirectory()) {
        try (Fd directory = parent.openAt(name, Fd.Use.DIRECTORY)) {
          return facts(folder, status, directory, directory.canonicalPath());
        }
      }
      return facts(folder, status, parent, parent.canonicalPath().resolve(name));
    } catch (ErrnoException e) {
      String reason = e.is(Errno.ENOENT) ? "doesn't exist" : "cannot be looked at: " + e.errno();
      throw new Failure(
          ExitCode.REFUSED,
          folder + " " + reason + "; correct \"folders\" in the configuration",
          e);
    }
  }

  /** {@code directory} is the folder itself, or the directory that it is in. */
  private FolderFacts facts(RawPath folder, FileStatus status, Fd directory, RawPath location)
      throws ErrnoException, Failure {
    Mount mount =
        mounts
            .byId(directory.status().mount())
            .orElseThrow(() ->
                new Failure(
                    ExitCode.REFUSED,
                    folder + " was mounted or unmounted a moment ago; start again"));
    Optional<SubvolumeFacts> subvolume =
        Subvolumes.isOnBtrfs(directory) ? Optional.of(subvolume(directory)) : Optional.empty();
    Optional<RawPath> linkTarget =
        status.type() == FileStatus.Type.SYMBOLIC_LINK
            ? Optional.of(linkTarget(folder, directory))
            : Optional.empty();
    return new FolderFacts(folder, status.type(), location, mount, subvolume, linkTarget);
  }

  private static RawPath linkTarget(RawPath link, Fd parent) throws ErrnoException {
    try (Fd target = Fd.openFollowing(link)) {
      return target.canonicalPath();
    } catch (ErrnoException leadsNowhere) {
      return parent.readLinkAt(link.fileName());
    }
  }

  /**
   * Climbs from a directory to the root of its subvolume, as long as that is within the same mount.
   */
  private static SubvolumeFacts subvolume(Fd directory) throws ErrnoException {
    SubvolumeInfo info = Subvolumes.info(directory);
    RawPath path = directory.canonicalPath();
    long mount = directory.status().mount();
    while (true) {
      FileStatus status;
      try (Fd ancestor = Fd.openDirectory(path)) {
        status = ancestor.status();
      }
      if (status.mount() != mount) {
        return new SubvolumeFacts(Optional.empty(), info, false);
      }
      if (Subvolumes.isRoot(status)) {
        return new SubvolumeFacts(
            Optional.of(path), info, status.uid() == Accounts.effectiveUser());
      }
      if (path.equals(ROOT)) {
        return new SubvolumeFacts(Optional.empty(), info, false);
      }
      path = path.parent();
    }
  }
}
