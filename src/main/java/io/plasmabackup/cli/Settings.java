package io.plasmabackup.cli;

import io.plasmabackup.config.Configuration;
import io.plasmabackup.linux.Accounts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** What follows from a configuration. */
final class Settings {

  private Settings() {}

  /** Where daemons keep what has to survive a restart; for users, where theirs do. */
  static Path stateFolder(Configuration configuration) {
    return configuration
        .options()
        .stateFolder()
        .map(Path::of)
        .orElseGet(() ->
            Accounts.effectiveUser() == 0
                ? Path.of("/var/lib/plasma")
                : Path.of(System.getProperty("user.home"), ".local/state/plasma"));
  }

  /** The same for two runs if one may go on with the other's upload, as far as settings matter. */
  static String digest(Configuration configuration) {
    // All of these are records, lists and texts, which show their whole content.
    String settings =
        List.of(
                Build.version(),
                configuration.folders(),
                configuration.exclude(),
                configuration.tempfile(),
                configuration.strategy(),
                configuration.options(),
                configuration.ssh().map(ssh -> List.of(ssh.host(), ssh.login(), ssh.port())),
                configuration.remoteFolder(),
                configuration.timezone())
            .toString();
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(settings.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new AssertionError(everyJdkHasIt);
    }
  }
}
