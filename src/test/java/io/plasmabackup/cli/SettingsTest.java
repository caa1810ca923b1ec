package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.store.ArchiveName.Suffix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {

  @TempDir private Path directory;

  private Configuration with(String compression) throws IOException, Failure {
    Path file = directory.resolve("plasma-agent.conf");
    Files.writeString(
        file,
        """
        {"folders": ["/etc"], "strategy": "noop", "remoteFolder": "/b", "compression": %s}
        """
            .formatted(compression.replace('\'', '"')));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return ConfigurationFile.read(file);
  }

  @Test
  void aPlainTarIsPackedByAsManyThreadsAsAreAskedFor() throws Exception {
    Configuration plain = with("{'type': 'none', 'threads': 5}");

    assertThat(Settings.packing(plain)).isEqualTo(Packing.plain(5));
    assertThat(Settings.suffix(plain)).isEqualTo(Suffix.TAR);
  }

  @Test
  void zstdIsPackedAsItSays() throws Exception {
    Configuration zstd = with("{'level': 7, 'threads': 3, 'passThrough': 'never'}");

    assertThat(Settings.packing(zstd))
        .isEqualTo(new Packing(OptionalInt.of(7), Packing.NO_PASS_THROUGH, 3));
    assertThat(Settings.suffix(zstd)).isEqualTo(Suffix.TAR_ZST);
  }

  @Test
  void anUploadGoesOnWithAnotherNumberOfThreadsButNotWithAnotherArchive() throws Exception {
    String plain = digest(with("'none'"));
    String zstd = digest(with("'zstd'"));

    assertThat(digest(with("{'type': 'none', 'threads': 2}"))).isEqualTo(plain);
    assertThat(digest(with("{'threads': 2}"))).isEqualTo(zstd).isNotEqualTo(plain);
    assertThat(digest(with("{'level': 2}"))).isNotEqualTo(zstd);
    assertThat(digest(with("{'passThrough': 'never'}"))).isNotEqualTo(zstd);
  }

  private static String digest(Configuration configuration) {
    return Settings.digest(configuration, configuration.targets().getFirst());
  }
}
