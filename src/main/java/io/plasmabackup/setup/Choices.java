package io.plasmabackup.setup;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What was chosen for a new machine. Nothing here was checked.
 *
 * @param folders to back up
 * @param exclude patterns of what to leave out
 * @param strategy as the configuration calls it
 * @param compression likewise
 * @param host the server
 * @param login there
 * @param port there; empty: ssh's own
 * @param identityFile the private key; empty: ssh's own
 * @param remoteFolder of the archives
 */
public record Choices(
    List<String> folders,
    List<String> exclude,
    String strategy,
    String compression,
    String host,
    String login,
    OptionalInt port,
    Optional<String> identityFile,
    String remoteFolder) {

  public Choices {
    folders = List.copyOf(folders);
    exclude = List.copyOf(exclude);
  }
}
