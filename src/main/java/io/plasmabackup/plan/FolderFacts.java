package io.plasmabackup.plan;

import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/**
 * What was found where a target folder is.
 *
 * @param folder as configured
 * @param type what it is; not followed if it is a link
 * @param location its canonical path: no link on the way, but possibly one at its end
 * @param mount the mount that it lies on
 * @param subvolume the btrfs subvolume that it lies in; empty on another filesystem
 * @param linkTarget if it is a link: where that leads to, or what the link says if it leads nowhere
 */
public record FolderFacts(
    RawPath folder,
    FileStatus.Type type,
    RawPath location,
    Mount mount,
    Optional<SubvolumeFacts> subvolume,
    Optional<RawPath> linkTarget) {}
