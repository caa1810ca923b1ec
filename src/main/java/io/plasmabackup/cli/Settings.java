package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.config.Compression;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Target;
import io.plasmabackup.config.Zstd;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Priority;
import io.plasmabackup.store.ArchiveName.Suffix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/** What follows from a configuration. */
final class Settings {

  /** Each takes 17 MiB of memory; more don't keep even a fast disk busier. */
  private static final int MOST_WORKERS = 8;

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

  /** How archives are packed. */
  static Packing packing(Configuration configuration) {
    Compression compression = configuration.compression();
    int workers = compression.threads().orElse(workers());
    if (compression.zstd().isEmpty()) {
      return Packing.plain(workers);
    }
    Zstd zstd = compression.zstd().get();
    int passThroughFrom =
        switch (zstd.passThrough()) {
          case AUTO -> Packing.PASS_THROUGH_FROM;
          case ALWAYS -> 1;
          case NEVER -> Packing.NO_PASS_THROUGH;
        };
    return new Packing(OptionalInt.of(zstd.level()), passThroughFrom, workers);
  }

  /** How archives' names end. */
  static Suffix suffix(Configuration configuration) {
    boolean compressed = configuration.compression().zstd().isPresent();
    if (configuration.recipients().isEmpty()) {
      return compressed ? Suffix.TAR_ZST : Suffix.TAR;
    }
    return compressed ? Suffix.TAR_ZST_AGE : Suffix.TAR_AGE;
  }

  /**
   * Makes way for others on this machine, as far as the configuration says so.
   *
   * @throws Failure ({@link ExitCode#REFUSED}) if the kernel doesn't allow it
   */
  static void takeOn(io.plasmabackup.config.Priority priority) throws Failure {
    try {
      if (priority.nice().isPresent()) {
        Priority.processor(priority.nice().getAsInt());
      }
      if (priority.disk().isPresent()) {
        Priority.disk(
            switch (priority.disk().get()) {
              case IDLE -> Priority.Disk.IDLE;
              case LOW -> Priority.Disk.LOW;
              case NORMAL -> Priority.Disk.NORMAL;
            });
      }
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED,
          e.getMessage() + "; it is more than this process has: leave it out of \"priority\"",
          e);
    }
  }

  private static int workers() {
    return Math.clamp(Runtime.getRuntime().availableProcessors(), 2, MOST_WORKERS);
  }

  /**
   * The same for two runs if one may go on with the other's upload to a target, as far as settings
   * matter.
   */
  static String digest(Configuration configuration, Target target) {
    // All of these are records, lists and texts, which show their whole content.
    String settings =
        List.of(
                Build.version(),
                configuration.folders(),
                configuration.exclude(),
                configuration.tempfile(),
                configuration.strategy(),
                // Not the threads: the archive is the same with any number.
                configuration.compression().zstd(),
                configuration.recipients(),
                configuration.options(),
                target.ssh().map(ssh -> List.of(ssh.host(), ssh.login(), ssh.port())),
                target.remoteFolder(),
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
