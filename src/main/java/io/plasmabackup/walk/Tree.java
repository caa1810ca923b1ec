package io.plasmabackup.walk;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;

/**
 * A folder to walk.
 *
 * @param base an open directory, which the walk doesn't close
 * @param relative the folder, file or link below {@code base}; empty for {@code base} itself
 * @param name what it is called in the archive: its path on the live system without the leading
 *     slash
 * @param live whether it can change while it is walked
 */
public record Tree(Fd base, RawPath relative, RawPath name, boolean live) {}
