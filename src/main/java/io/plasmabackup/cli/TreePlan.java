package io.plasmabackup.cli;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Tree;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Something that is to be walked, before it is open.
 *
 * @param snapshot which of the run's snapshots it is in; empty if it is read as it is
 * @param path from the snapshot's root; else canonical, on the live system
 * @param name in the archive
 * @param mount id of the mount that it must be on, if it is read as it is; empty for any
 */
record TreePlan(
    Tree.Source source, OptionalInt snapshot, RawPath path, RawPath name, OptionalLong mount) {}
