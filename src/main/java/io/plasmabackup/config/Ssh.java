package io.plasmabackup.config;

import java.util.Optional;
import java.util.OptionalInt;

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
 */
public record Ssh(
    String host,
    Optional<String> login,
    OptionalInt port,
    Optional<String> identityFile,
    Optional<String> knownHostsFile) {}
