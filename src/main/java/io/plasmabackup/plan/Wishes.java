package io.plasmabackup.plan;

import io.plasmabackup.config.OtherFilesystems;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Exclusions;

/**
 * What the administrator asks for, as far as a plan depends on it.
 *
 * @param otherFilesystems what becomes of filesystems that are mounted below a target folder
 * @param readOnlySubvolumes whether those below a target folder are archived
 * @param leavesOutMarked whether caches, or files with the flag no dump, are left out
 */
public record Wishes(
    Strategy strategy,
    OtherFilesystems otherFilesystems,
    boolean readOnlySubvolumes,
    boolean leavesOutMarked,
    Exclusions exclusions) {}
