package io.plasmabackup.plan;

import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/**
 * Finds the root directory of the subvolume that something is in, without which no snapshot of it
 * can be made: above it on its own mount, or else where another mount of the filesystem shows it.
 */
final class SubvolumeFinder {

  private final MountTable mounts;

  SubvolumeFinder(MountTable mounts) {
    this.mounts = mounts;
  }

  /**
   * Looks at a place on btrfs.
   *
   * @param place a directory or file, open for reading
   * @param path its canonical path
   * @param mount that it is on
   */
  SubvolumeFacts facts(Fd place, RawPath path, Mount mount) throws ErrnoException {
    SubvolumeInfo info = Subvolumes.info(place);
    Optional<SubvolumeFacts> found = climb(path, mount, info);
    if (found.isPresent()) {
      return found.get();
    }
    Optional<RawPath> inFilesystem = mount.within(path);
    for (Mount other : mounts.mounts()) {
      if (inFilesystem.isPresent()
          && other.device().equals(mount.device())
          && inFilesystem.get().startsWith(other.root())) {
        RawPath there = other.mountPoint().resolve(inFilesystem.get().relativeTo(other.root()));
        found = climb(there, other, info);
        if (found.isPresent()) {
          return found.get();
        }
      }
    }
    return new SubvolumeFacts(Optional.empty(), RawPath.EMPTY, info, Hosting.NONE);
  }

  /**
   * Goes up from a place to the root of its subvolume, as long as that is on the mount. The place
   * itself may be hidden there; the root must be seen.
   */
  private Optional<SubvolumeFacts> climb(RawPath path, Mount mount, SubvolumeInfo info)
      throws ErrnoException {
    RawPath at = path;
    while (true) {
      Optional<SubvolumeFacts> facts = factsIfRoot(at, mount, path, info);
      if (facts.isPresent()) {
        return facts;
      }
      if (at.equals(mount.mountPoint()) || at.equals(at.parent())) {
        return Optional.empty();
      }
      at = at.parent();
    }
  }

  private Optional<SubvolumeFacts> factsIfRoot(
      RawPath at, Mount mount, RawPath path, SubvolumeInfo info) throws ErrnoException {
    if (mounts.at(at).filter(mount::equals).isEmpty()) {
      return Optional.empty();
    }
    try (Fd directory = Fd.openCanonical(at, Fd.Use.DIRECTORY)) {
      FileStatus status = directory.status();
      return status.mount() == mount.id()
              && Subvolumes.isRoot(status)
              && Subvolumes.info(directory).id() == info.id()
          ? Optional.of(
              new SubvolumeFacts(
                  Optional.of(at), path.relativeTo(at), info, Hosting.of(directory, status, info)))
          : Optional.empty();
    } catch (ErrnoException e) {
      // The place itself may be a file; what is seen of other mounts may have gone meanwhile.
      if (e.is(Errno.ENOTDIR) || e.is(Errno.ENOENT) || e.is(Errno.EACCES)) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
