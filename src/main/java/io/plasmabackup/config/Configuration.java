package io.plasmabackup.config;

import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * What an administrator asks of the agent. Read from a file by {@link ConfigurationFile}, every
 * value is of the form given here; no string holds a NUL or an unpaired surrogate.
 *
 * @param folders what to back up, in the order of the file: at least one; absolute, normalised (no
 *     empty, {@code .} or {@code ..} component, no trailing slash except for {@code /} itself) and
 *     distinct; one may lie inside another
 * @param exclude what to leave out of the folders: patterns in the syntax of {@code .gitignore}, as
 *     they are written and in their order, for paths of the live system; a slash at the beginning
 *     or in the middle of one anchors it at {@code /}; perhaps none, and none with an {@link
 *     io.plasmabackup.exclude.Exclusions#problem}
 * @param tempfile where the archive is completed before it is uploaded: absolute and normalised;
 *     absent: the archive streams
 * @param strategy how the folders are read
 * @param compression of archives
 * @param options what is set about the reading of the folders
 * @param ssh the server; absent: {@code remoteFolder} is a local directory
 * @param remoteFolder where archives are kept: absolute, or, with {@code ssh} only, relative to the
 *     login's home; not empty, no line breaks, never beginning with {@code -}
 * @param executeBefore commands for {@code /bin/sh -c}, each not blank; they may hold secrets
 * @param executeAfter commands for {@code /bin/sh -c}, each not blank; they may hold secrets
 * @param timezone the zone of archive names and labels; absent: the machine's
 */
public record Configuration(
    List<String> folders,
    List<String> exclude,
    Optional<String> tempfile,
    Strategy strategy,
    Compression compression,
    Options options,
    Optional<Ssh> ssh,
    String remoteFolder,
    List<String> executeBefore,
    List<String> executeAfter,
    Optional<ZoneId> timezone) {

  public Configuration {
    folders = List.copyOf(folders);
    exclude = List.copyOf(exclude);
    executeBefore = List.copyOf(executeBefore);
    executeAfter = List.copyOf(executeAfter);
  }
}
