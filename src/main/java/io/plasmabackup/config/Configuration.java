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
 * @param recipients to whom archives are encrypted: public keys, each of which {@link
 *     io.plasmabackup.age.Recipient} takes; none: archives are not encrypted
 * @param options what is set about the reading of the folders
 * @param targets where archives go: one, or several that all have names, each another and each
 *     another place, and no {@code tempfile} with them
 * @param executeBefore commands for {@code /bin/sh -c}, each not blank; they may hold secrets
 * @param executeAfter commands for {@code /bin/sh -c}, each not blank; they may hold secrets
 * @param executeOnFailure commands for {@code /bin/sh -c} likewise, for when a run didn't end well
 * @param executeAlways commands for {@code /bin/sh -c} likewise, for the end of every run
 * @param timezone the zone of archive names and labels; absent: the machine's
 * @param metricsFile what is written at the end of every run for a monitoring system: absolute and
 *     normalised
 * @param priority beside others on this machine
 */
public record Configuration(
    List<String> folders,
    List<String> exclude,
    Optional<String> tempfile,
    Strategy strategy,
    Compression compression,
    List<String> recipients,
    Options options,
    List<Target> targets,
    List<String> executeBefore,
    List<String> executeAfter,
    List<String> executeOnFailure,
    List<String> executeAlways,
    Optional<ZoneId> timezone,
    Optional<String> metricsFile,
    Priority priority) {

  public Configuration {
    folders = List.copyOf(folders);
    exclude = List.copyOf(exclude);
    recipients = List.copyOf(recipients);
    targets = List.copyOf(targets);
    executeBefore = List.copyOf(executeBefore);
    executeAfter = List.copyOf(executeAfter);
    executeOnFailure = List.copyOf(executeOnFailure);
    executeAlways = List.copyOf(executeAlways);
  }

  /** The same for other folders. */
  public Configuration withFolders(List<String> others) {
    return new Configuration(
        others,
        exclude,
        tempfile,
        strategy,
        compression,
        recipients,
        options,
        targets,
        executeBefore,
        executeAfter,
        executeOnFailure,
        executeAlways,
        timezone,
        metricsFile,
        priority);
  }
}
