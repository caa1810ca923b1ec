package io.plasmabackup.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.testing.Refusals;
import java.nio.charset.StandardCharsets;

/** The names that a storage lists. */
class ArchiveNameFuzzTest {

  @FuzzTest
  void anyBytes(byte[] bytes) {
    // As SFTP's client decodes them, and as they are.
    check(new String(bytes, StandardCharsets.UTF_8));
    check(new String(bytes, StandardCharsets.ISO_8859_1));
    check(new String(bytes, StandardCharsets.UTF_16));
  }

  private static void check(String name) {
    ArchiveName.parse(name)
        .ifPresent(archive -> {
          assertThat(archive.fileName()).isEqualTo(name);
          assertThat(FileNames.isPlain(name)).isTrue();
          assertThat(FileNames.isPlain(archive.indexName())).isTrue();
          assertThat(ArchiveName.parse(archive.indexName())).isEmpty();
          assertThat(ArchiveName.parse(FileNames.part(name))).isEmpty();
        });
    if (FileNames.isPlain(name)) {
      assertThat(name).isNotEmpty().isNotIn(".", "..").doesNotContain("/", "\0");
    }
    Refusals.checkShown("'" + FileNames.shown(name) + "'");
  }
}
