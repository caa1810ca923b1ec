package io.plasmabackup.plan;

import io.plasmabackup.btrfs.NestedSubvolume;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Finds what is mounted and what subvolumes are nested below one folder. Used once. */
final class PartFinder {

  private static final String BTRFS = "btrfs";

  private final MountTable mounts;
  private final SubvolumeFinder subvolumes;
  private final boolean nested;
  private final List<PartFacts> found = new ArrayList<>();
  private final List<RawPath> hidden = new ArrayList<>();

  /**
   * Prepares to look.
   *
   * @param nested whether to look for nested subvolumes
   */
  PartFinder(MountTable mounts, SubvolumeFinder subvolumes, boolean nested) {
    this.mounts = mounts;
    this.subvolumes = subvolumes;
    this.nested = nested;
  }

  /** In the order of the paths. */
  List<PartFacts> found() {
    return found.stream().sorted(Comparator.comparing(PartFacts::path)).toList();
  }

  /** Where subvolumes are nested that cannot be seen, because of what is mounted above them. */
  List<RawPath> hidden() {
    return List.copyOf(hidden);
  }

  /** Looks below an open directory at its canonical path {@code location}. */
  void find(Fd directory, RawPath location, Mount mount, Optional<SubvolumeFacts> subvolume)
      throws ErrnoException {
    if (nested && subvolume.isPresent()) {
      nested(directory, location, mount, subvolume.get());
    }
    for (Mount inner : mounts.visibleBelow(location)) {
      // Others are not even opened: a dead network filesystem would not answer.
      if (inner.type().equals(BTRFS)) {
        mounted(inner);
      } else {
        found.add(new PartFacts(inner.mountPoint(), inner, true, Optional.empty()));
      }
    }
  }

  private void mounted(Mount mount) throws ErrnoException {
    RawPath path = mount.mountPoint();
    try (Fd place = Fd.openCanonical(path, Fd.Use.LOCATE)) {
      FileStatus status = place.status();
      if (status.mount() != mount.id()) {
        return;
      }
      Optional<SubvolumeFacts> subvolume = Optional.empty();
      Optional<Fd.Use> use = useOf(status);
      if (use.isPresent()) {
        try (Fd opened = Fd.openCanonical(path, use.get())) {
          SubvolumeFacts facts = subvolumes.facts(opened, path, mount);
          subvolume = Optional.of(facts);
          if (nested && status.isDirectory()) {
            nested(opened, path, mount, facts);
          }
        }
      }
      found.add(new PartFacts(path, mount, true, subvolume));
    } catch (ErrnoException e) {
      if (e.is(Errno.EACCES)) {
        // Whether that matters is to be said when it is read: it may be excluded.
        found.add(new PartFacts(path, mount, true, Optional.empty()));
      } else if (!isGone(e)) {
        throw e;
      }
    }
  }

  /**
   * A directory mostly, but anything may be a mount point; devices and the like mustn't be opened.
   */
  private static Optional<Fd.Use> useOf(FileStatus status) {
    return switch (status.type()) {
      case DIRECTORY -> Optional.of(Fd.Use.DIRECTORY);
      case REGULAR -> Optional.of(Fd.Use.READ);
      default -> Optional.empty();
    };
  }

  private void nested(Fd directory, RawPath location, Mount mount, SubvolumeFacts around)
      throws ErrnoException {
    for (NestedSubvolume inner : NestedSubvolume.of(directory, around.info().id())) {
      if (!inner.path().startsWith(around.within())) {
        continue;
      }
      RawPath relative = inner.path().relativeTo(around.within());
      RawPath path = location.resolve(relative);
      if (mounts.at(path).filter(mount::equals).isEmpty()) {
        hidden.add(path);
        continue;
      }
      try (Fd root = directory.openBeneath(relative, Fd.Use.DIRECTORY)) {
        SubvolumeInfo info = Subvolumes.info(root);
        FileStatus status = root.status();
        if (info.id() == inner.id() && Subvolumes.isRoot(status)) {
          SubvolumeFacts facts =
              new SubvolumeFacts(
                  Optional.of(path), RawPath.EMPTY, info, Hosting.of(root, status, info));
          found.add(new PartFacts(path, mount, false, Optional.of(facts)));
          nested(root, path, mount, facts);
        }
      } catch (ErrnoException e) {
        if (!isGone(e)) {
          throw e;
        }
      }
    }
  }

  /** Whether it went away while we were looking, which is checked again after the snapshots. */
  private static boolean isGone(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ESTALE);
  }
}
