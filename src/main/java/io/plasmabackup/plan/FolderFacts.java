package io.plasmabackup.plan;

import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;

/**
 * What was found where a target folder is.
 *
 * @param folder as configured
 * @param type what it is; not followed if it is a link
 * @param location its canonical path: no link on the way, but possibly one at its end
 * @param mount the mount that it lies on
 * @param subvolume the place in a btrfs subvolume that it is; empty on another filesystem
 * @param linkTarget if it is a link: where that leads to, or what the link says if it leads nowhere
 * @param parts what is mounted or nested below it and can be seen there, in the order of the paths
 * @param hidden canonical paths at which subvolumes are nested that a mount hides
 */
public record FolderFacts(
    RawPath folder,
    FileStatus.Type type,
    RawPath location,
    Mount mount,
    Optional<SubvolumeFacts> subvolume,
    Optional<RawPath> linkTarget,
    List<PartFacts> parts,
    List<RawPath> hidden) {

  public FolderFacts {
    parts = List.copyOf(parts);
    hidden = List.copyOf(hidden);
  }

  /** The folder itself, as what it is of a filesystem or subvolume. */
  PartFacts whole() {
    return new PartFacts(location, mount, false, subvolume);
  }

  /** What the folder, or something below it, is called in the archive. */
  RawPath nameOf(RawPath path) {
    return folder.resolve(path.relativeTo(location)).relativeTo(RawPath.of("/"));
  }

  /** This as if its canonical path had been configured. */
  FolderFacts asItself() {
    return new FolderFacts(location, type, location, mount, subvolume, linkTarget, parts, hidden);
  }

  /** This without what is at or below some canonical paths. */
  FolderFacts withoutPartsIn(List<RawPath> paths) {
    return new FolderFacts(
        folder,
        type,
        location,
        mount,
        subvolume,
        linkTarget,
        parts.stream().filter(part -> isOutside(part.path(), paths)).toList(),
        hidden.stream().filter(path -> isOutside(path, paths)).toList());
  }

  private static boolean isOutside(RawPath path, List<RawPath> paths) {
    return paths.stream().noneMatch(path::startsWith);
  }
}
