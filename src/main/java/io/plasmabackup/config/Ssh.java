package io.plasmabackup.config;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The server that keeps the archives. What is absent here, {@code ~/.ssh/config} and ssh's defaults
 * decide.
 *
 * @param host a name, an address or a {@code Host} of {@code ~/.ssh/config}: not empty, without
 *     white space, control characters or {@code @}, not beginning with {@code -}
 * @param login user on the server: not empty, without white space or control characters, not
 *     beginning with {@code -}
 * @param port 1 to 65535
 * @param identityFile a private key: absolute, or {@code ~/…} for the home of the user who runs the
 *     agent
 * @param knownHostsFile trusted host keys: absolute, or {@code ~/…} likewise
 * @param stallTimeout after how long without a sign of life, or of progress while a file is
 *     uploaded, the connection counts as lost: 1 s to 24 h
 * @param retryFor how long a new connection is tried for when one was lost during an upload: 0 s
 *     (not at all) to 720 h
 * @param connections over how many connections a large archive is uploaded: 1 to 16; empty: as many
 *     as the line calls for
 * @param readBack how much of what is stored is compared before an upload that was cut off goes on
 * @param bandwidthLimit how many bytes a second all connections together may send: 1 KiB to 999,999
 *     GiB; empty: as many as the line takes
 */
public record Ssh(
    String host,
    Optional<String> login,
    OptionalInt port,
    Optional<String> identityFile,
    Optional<String> knownHostsFile,
    Duration stallTimeout,
    Duration retryFor,
    OptionalInt connections,
    ReadBack readBack,
    OptionalLong bandwidthLimit) {

  static final Range CONNECTIONS = new Range(1, 16);

  public static final Duration STALL_TIMEOUT = Duration.ofMinutes(2);
  static final Duration RETRY_FOR = Duration.ofHours(1);
}
