package io.plasmabackup.plan;

import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import java.util.Optional;

/**
 * Something below a target folder that is of another filesystem or subvolume than what is around
 * it.
 *
 * @param path its canonical path
 * @param mount that it is on
 * @param mounted whether it is what that mount shows at its mount point; else it is a nested
 *     subvolume
 * @param subvolume that it is in, if that was asked for and it is on btrfs
 */
public record PartFacts(
    RawPath path, Mount mount, boolean mounted, Optional<SubvolumeFacts> subvolume) {}
