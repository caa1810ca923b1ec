package io.plasmabackup.plan;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;

/** Finds out what is where the target folders are. Opens and asks; changes nothing. */
public final class Inspector {

  private static final RawPath ROOT = RawPath.of("/");

  private final MountTable mounts;
  private final boolean nested;
  private final SubvolumeFinder subvolumes;

  /**
   * Prepares to look at folders.
   *
   * @param mounts as they are now
   * @param nested whether to look for nested subvolumes, which needs CAP_SYS_ADMIN
   */
  public Inspector(MountTable mounts, boolean nested) {
    this.mounts = mounts;
    this.nested = nested;
    this.subvolumes = new SubvolumeFinder(mounts);
  }

  /**
   * Looks at one folder.
   *
   * @throws Failure ({@link ExitCode#REFUSED}) if it doesn't exist or cannot be looked at
   */
  public FolderFacts inspect(RawPath folder) throws Failure {
    try (Fd parent = Fd.openFollowing(folder.equals(ROOT) ? ROOT : folder.parent())) {
      RawPath name = folder.equals(ROOT) ? RawPath.of(".") : folder.fileName();
      FileStatus status = parent.statusAt(name);
      if (status.isDirectory()) {
        try (Fd directory = parent.openAt(name, Fd.Use.DIRECTORY)) {
          return directory(folder, status, directory);
        }
      }
      return notADirectory(folder, status, parent, parent.canonicalPath().resolve(name));
    } catch (ErrnoException e) {
      String reason = e.is(Errno.ENOENT) ? "doesn't exist" : "cannot be looked at: " + e.errno();
      throw new Failure(
          ExitCode.REFUSED,
          folder + " " + reason + "; correct \"folders\" in the configuration",
          e);
    }
  }

  private FolderFacts directory(RawPath folder, FileStatus status, Fd directory)
      throws ErrnoException, Failure {
    RawPath location = directory.canonicalPath();
    Mount mount = mount(folder, directory);
    Optional<SubvolumeFacts> subvolume =
        Subvolumes.isOnBtrfs(directory)
            ? Optional.of(subvolumes.facts(directory, location, mount))
            : Optional.empty();
    PartFinder parts = new PartFinder(mounts, subvolumes, nested);
    parts.find(directory, location, mount, subvolume);
    return new FolderFacts(
        folder,
        status.type(),
        location,
        mount,
        subvolume,
        Optional.empty(),
        parts.found(),
        parts.hidden());
  }

  /** On whatever the directory that it is in is; unless it is the mount point of a file. */
  private FolderFacts notADirectory(RawPath folder, FileStatus status, Fd parent, RawPath location)
      throws ErrnoException, Failure {
    Mount mount = mount(folder, status);
    Optional<SubvolumeFacts> subvolume = Optional.empty();
    if (status.mount() == parent.status().mount()) {
      if (Subvolumes.isOnBtrfs(parent)) {
        try (Fd directory = parent.openAt(RawPath.of("."), Fd.Use.DIRECTORY)) {
          SubvolumeFacts around = subvolumes.facts(directory, location.parent(), mount);
          subvolume =
              Optional.of(
                  new SubvolumeFacts(
                      around.root(),
                      around.within().resolve(location.fileName()),
                      around.info(),
                      around.hosting()));
        }
      }
    } else if (status.type() == FileStatus.Type.REGULAR) {
      try (Fd file = parent.openAt(location.fileName(), Fd.Use.READ)) {
        if (Subvolumes.isOnBtrfs(file)) {
          subvolume = Optional.of(subvolumes.facts(file, location, mount));
        }
      }
    }
    Optional<RawPath> linkTarget =
        status.type() == FileStatus.Type.SYMBOLIC_LINK
            ? Optional.of(linkTarget(folder, parent))
            : Optional.empty();
    return new FolderFacts(
        folder, status.type(), location, mount, subvolume, linkTarget, List.of(), List.of());
  }

  private Mount mount(RawPath folder, Fd file) throws ErrnoException, Failure {
    return mount(folder, file.status());
  }

  private Mount mount(RawPath folder, FileStatus status) throws Failure {
    return mounts
        .byId(status.mount())
        .orElseThrow(() ->
            new Failure(
                ExitCode.REFUSED, folder + " was mounted or unmounted a moment ago; start again"));
  }

  private static RawPath linkTarget(RawPath link, Fd parent) throws ErrnoException {
    try (Fd target = Fd.openFollowing(link)) {
      return target.canonicalPath();
    } catch (ErrnoException leadsNowhere) {
      return parent.readLinkAt(link.fileName());
    }
  }
}
