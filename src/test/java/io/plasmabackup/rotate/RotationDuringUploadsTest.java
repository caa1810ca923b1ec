package io.plasmabackup.rotate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.ArchiveName.Suffix;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.FreeName;
import io.plasmabackup.store.Label;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Upload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Archive after archive is uploaded, by a clock that jumps, into a folder that is rotated all the
 * time, by a clock years ahead for which every partial file is old.
 */
class RotationDuringUploadsTest {

  private static final int UPLOADS = 200;
  private static final int KEPT = 3;
  private static final Instant YEARS_AHEAD = Instant.parse("2040-01-01T00:00:00Z");

  @TempDir private Path path;

  @Test
  @Timeout(120)
  void noneHarmsTheOther() throws Exception {
    Folder folder = new Folder(path).policy(KEPT, KEPT, KEPT);
    Rotator rotator = new Rotator(Clock.fixed(YEARS_AHEAD, ZoneOffset.UTC));
    int rotationsDuringAnUpload = 0;
    Map<ArchiveName, String> published;
    try (ExecutorService uploads = Executors.newSingleThreadExecutor();
        Store store = LocalStore.open(path)) {
      Future<Map<ArchiveName, String>> uploading = uploads.submit(this::uploadAll);
      while (!uploading.isDone()) {
        boolean before = hasPart(folder);
        assertThat(rotator.rotate(store).failures()).isEmpty();
        rotationsDuringAnUpload += before && hasPart(folder) ? 1 : 0;
      }
      published = uploading.get(0, TimeUnit.SECONDS);
      rotator.rotate(store);
    }

    assertThat(rotationsDuringAnUpload).isPositive();
    assertThat(folder.names())
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(Label.values())
                .flatMap(label -> newest(label, published))
                .flatMap(name -> Stream.of(name.fileName(), name.indexName()))
                .toList());
    for (String name : folder.names()) {
      assertThat(path.resolve(name))
          .hasContent(published.get(ArchiveName.parse(name.replace(".index", "")).orElseThrow()));
    }
  }

  private static Stream<ArchiveName> newest(Label label, Map<ArchiveName, String> published) {
    return published.keySet().stream()
        .filter(name -> name.label() == label)
        .sorted(Comparator.reverseOrder())
        .limit(KEPT);
  }

  private static boolean hasPart(Folder folder) {
    return folder.names().stream().anyMatch(name -> name.endsWith(".part"));
  }

  /** What was published last under each name. */
  private Map<ArchiveName, String> uploadAll() throws Exception {
    Map<ArchiveName, String> published = new HashMap<>();
    Random random = new Random(1);
    try (Store store = LocalStore.open(path)) {
      for (int run = 0; run < UPLOADS; run++) {
        LocalDateTime time = LocalDateTime.of(2024, 1, 1, 0, 0).plusHours(random.nextInt(24 * 14));
        ArchiveName name = FreeName.in(store, time, Suffix.TAR);
        String content = "run " + run;
        try (Upload archive = begin(store, name.fileName());
            Upload index = begin(store, name.indexName())) {
          write(archive, content);
          write(index, content);
        }
        published.put(name, content);
      }
    }
    return published;
  }

  private Upload begin(Store store, String name) throws Failure, IOException {
    Upload upload = store.begin(name);
    Files.setLastModifiedTime(path.resolve(FileNames.part(name)), FileTime.from(Instant.EPOCH));
    return upload;
  }

  private static void write(Upload upload, String content) throws Exception {
    for (byte b : content.getBytes(UTF_8)) {
      upload.write(new byte[] {b}, 0, 1);
    }
    upload.publish(MessageDigest.getInstance("SHA-256").digest(content.getBytes(UTF_8)));
  }
}
