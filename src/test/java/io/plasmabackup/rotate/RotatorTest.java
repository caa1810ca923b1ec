package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.RotationReport.Deletion;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Upload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.SortedSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatorTest {

  private static final String MONDAY = "20240506-0000-weekly.tar";
  private static final String TUESDAY = "20240507-0000-daily.tar";
  private static final String WEDNESDAY = "20240508-0000-daily.tar";
  private static final String THURSDAY = "20240509-0000-daily.tar";

  private static final Instant NOW = Instant.parse("2024-05-09T00:05:00Z");
  private static final Instant WEEK_AGO = NOW.minus(Duration.ofDays(7)).minusSeconds(1);
  private static final String ABANDONED = ".20240402-0000-daily.tar.part";
  private static final String ABANDONED_INDEX = ".20240402-0000-daily.tar.index.part";
  private static final String RECENT = ".20240403-0000-daily.tar.part";

  private final Rotator rotator = new Rotator(Clock.fixed(NOW, ZoneId.of("UTC")));

  @TempDir private Path path;
  private Folder folder;
  private ObservedStore store;

  @BeforeEach
  void open() throws Failure {
    folder = new Folder(path);
    store = new ObservedStore(LocalStore.open(path));
  }

  @AfterEach
  void close() throws Failure {
    store.close();
  }

  @Test
  void deletesOldestFirstAndEachArchiveBeforeItsIndex() throws Exception {
    folder
        .policy(1, 0, 0)
        .with(THURSDAY, THURSDAY + ".index", THURSDAY + ".verified", WEDNESDAY)
        .with(TUESDAY + ".index", TUESDAY, TUESDAY + ".verified", MONDAY, MONDAY + ".verified.old")
        .with("20240501-0000-daily.tar.verified", "20240601-0000-daily.tar.verified")
        .with(".20240510-0000-daily.tar.part", "notes.txt", "20240501-0000-daily.tar.index");

    RotationReport report = rotator.rotate(store);

    assertThat(store.deletions())
        .containsExactly(
            MONDAY,
            TUESDAY,
            TUESDAY + ".index",
            TUESDAY + ".verified",
            WEDNESDAY,
            "20240501-0000-daily.tar.index",
            "20240501-0000-daily.tar.verified");
    assertThat(folder.names())
        .containsExactlyInAnyOrder(
            THURSDAY,
            THURSDAY + ".index",
            THURSDAY + ".verified",
            MONDAY + ".verified.old",
            "20240601-0000-daily.tar.verified",
            ".20240510-0000-daily.tar.part",
            "notes.txt");
    assertThat(report.deleted())
        .containsExactly(
            new Deletion(MONDAY, 1000),
            new Deletion(TUESDAY, 3000),
            new Deletion(WEDNESDAY, 1000),
            new Deletion("20240501-0000-daily.tar.index", 1000),
            new Deletion("20240501-0000-daily.tar.verified", 1000));
    assertThat(report.freedBytes()).isEqualTo(7000);
    assertThat(report.failures()).isEmpty();
    assertThat(report.policy()).isEqualTo(new Policy(1, 0, 0));
  }

  @Test
  void aPreviewSaysTheSameAndTouchesNothing() throws Exception {
    folder.policy(1, 0, 0).with(MONDAY, TUESDAY, TUESDAY + ".index", WEDNESDAY, THURSDAY);
    SortedSet<String> before = folder.names();

    RotationReport preview = rotator.preview(store);

    assertThat(store.deletions()).isEmpty();
    assertThat(folder.names()).isEqualTo(before);
    assertThat(preview.deleted()).hasSize(3);
    assertThat(rotator.rotate(store)).isEqualTo(preview);
  }

  @Test
  void rotatingTwiceDeletesNothingMore() throws Exception {
    folder.policy(1, 1, 1).with(MONDAY, TUESDAY, WEDNESDAY, THURSDAY);
    rotator.rotate(store);
    SortedSet<String> after = folder.names();

    assertThat(rotator.rotate(store).deleted()).isEmpty();
    assertThat(folder.names()).isEqualTo(after);
  }

  @Test
  void aDeletionThatFailsDoesNotKeepTheOthersFromBeingDone() throws Exception {
    folder.policy(0, 0, 0).with(MONDAY, MONDAY + ".index", TUESDAY, TUESDAY + ".index", WEDNESDAY);
    ObservedStore faulty = new ObservedStore(store, MONDAY, TUESDAY + ".index");

    RotationReport report = rotator.rotate(faulty);

    // The index of an archive that is still there stays with it.
    assertThat(folder.names())
        .containsExactlyInAnyOrder(MONDAY, MONDAY + ".index", TUESDAY + ".index");
    assertThat(report.deleted())
        .containsExactly(new Deletion(TUESDAY, 1000), new Deletion(WEDNESDAY, 1000));
    assertThat(report.failures())
        .map(Failure::getMessage)
        .containsExactly("cannot delete " + MONDAY, "cannot delete " + TUESDAY + ".index");
    assertThat(report.failures()).map(Failure::exitCode).containsOnly(ExitCode.STORAGE);

    // Once the fault is gone, the next rotation finishes it.
    rotator.rotate(store);
    assertThat(folder.names()).isEmpty();
  }

  @Test
  void linksAndFoldersAreNoArchives(@TempDir Path elsewhere) throws Exception {
    folder.policy(0, 0, 0);
    Path target = Files.writeString(elsewhere.resolve("precious"), "precious");
    Files.createSymbolicLink(path.resolve(TUESDAY), target);
    Files.createDirectory(path.resolve(WEDNESDAY));
    SortedSet<String> before = folder.names();

    assertThat(rotator.rotate(store).deleted()).isEmpty();

    assertThat(folder.names()).isEqualTo(before);
    assertThat(target).hasContent("precious");
  }

  @Test
  void withoutAPolicyNothingIsDeletedAndTheMessageSaysWhatToWrite() {
    folder.with(MONDAY, TUESDAY);

    Failure failure = catchThrowableOfType(Failure.class, () -> rotator.rotate(store));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(failure)
        .hasMessageStartingWith(path + "/plasma-rotate.json is missing; nothing was deleted.")
        .hasMessageEndingWith(PolicyFile.EXAMPLE);
    assertThat(folder.names()).containsExactly(MONDAY, TUESDAY);
  }

  @Test
  void aMalformedPolicyDeletesNothing() {
    folder.with(MONDAY, TUESDAY).file(PolicyFile.NAME, "{\"policy\": {\"daily\": 0}}");

    assertThat(catchThrowableOfType(Failure.class, () -> rotator.rotate(store)).exitCode())
        .isEqualTo(ExitCode.CONFIGURATION);
    assertThat(catchThrowableOfType(Failure.class, () -> rotator.rotateAfter(name(TUESDAY), store)))
        .isNotNull();
    assertThat(store.deletions()).isEmpty();
  }

  @Test
  void afterABackupAFolderWithoutPolicyIsLeftAlone() throws Exception {
    folder.with(MONDAY, TUESDAY);

    assertThat(rotator.rotateAfter(name(TUESDAY), store)).isEmpty();
    assertThat(store.deletions()).isEmpty();
  }

  @Test
  void theArchiveJustMadeStaysEvenIfThePolicyKeepsNone() throws Exception {
    folder.policy(0, 0, 0).with(WEDNESDAY, THURSDAY, THURSDAY + ".index");

    RotationReport report = rotator.rotateAfter(name(THURSDAY), store).orElseThrow();

    assertThat(folder.names()).containsExactly(THURSDAY, THURSDAY + ".index");
    assertThat(report.rotation().keep()).containsExactly(name(THURSDAY));
  }

  @Test
  void theArchiveJustMadeDoesNotPushOutNewerOnes() throws Exception {
    folder.policy(2, 0, 0).with(TUESDAY, WEDNESDAY, THURSDAY);

    rotator.rotateAfter(name(TUESDAY), store);

    assertThat(folder.names()).containsExactly(TUESDAY, WEDNESDAY, THURSDAY);
  }

  @Test
  void aBackupThatIsNotInTheFolderDeletesNothing() {
    folder.policy(0, 0, 0).with(MONDAY, TUESDAY);

    Failure failure =
        catchThrowableOfType(Failure.class, () -> rotator.rotateAfter(name(THURSDAY), store));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.STORAGE);
    assertThat(failure).hasMessageContaining(THURSDAY).hasMessageContaining("nothing was deleted");
    assertThat(store.deletions()).isEmpty();
  }

  @Test
  void abandonedPartialFilesGoAfterTheArchives() throws Exception {
    folder
        .policy(1, 0, 0)
        .with(TUESDAY, WEDNESDAY, ABANDONED, ABANDONED_INDEX, RECENT)
        .modified(ABANDONED, WEEK_AGO)
        .modified(ABANDONED_INDEX, WEEK_AGO)
        .modified(RECENT, WEEK_AGO.plusSeconds(2));

    RotationReport preview = rotator.preview(store);
    assertThat(store.deletions()).isEmpty();
    RotationReport report = rotator.rotate(store);

    assertThat(report).isEqualTo(preview);
    assertThat(store.deletions())
        .startsWith(TUESDAY)
        .containsExactlyInAnyOrder(TUESDAY, ABANDONED, ABANDONED_INDEX);
    assertThat(report.deleted())
        .contains(new Deletion(ABANDONED, 1000), new Deletion(ABANDONED_INDEX, 1000));
    assertThat(report.freedBytes()).isEqualTo(3000);
    assertThat(folder.names()).containsExactlyInAnyOrder(WEDNESDAY, RECENT);
  }

  @Test
  void withoutAPolicyNoPartialFileGoesEither() {
    folder.with(ABANDONED).modified(ABANDONED, WEEK_AGO);

    assertThat(catchThrowableOfType(Failure.class, () -> rotator.rotate(store))).isNotNull();
    assertThat(folder.names()).containsExactly(ABANDONED);
  }

  @Test
  void aPartialFileThatIsOpenStaysHoweverOldItIs() throws Exception {
    folder.policy(1, 1, 1).with(ABANDONED_INDEX).modified(ABANDONED_INDEX, WEEK_AGO);
    try (Upload upload = store.begin(ABANDONED.substring(1, ABANDONED.length() - 5))) {
      folder.modified(ABANDONED, WEEK_AGO);

      assertThat(rotator.rotate(store).deleted()).isEmpty();
      assertThat(folder.names()).containsExactly(ABANDONED_INDEX, ABANDONED);
      assertThat(upload.position()).isZero();
    }
    assertThat(rotator.rotate(store).deleted()).hasSize(1);
  }

  @Test
  void linksAndFoldersAreNoPartialFiles(@TempDir Path elsewhere) throws Exception {
    folder.policy(0, 0, 0);
    Path target = Files.writeString(elsewhere.resolve("precious"), "precious");
    Files.setLastModifiedTime(target, FileTime.from(WEEK_AGO));
    Files.createSymbolicLink(path.resolve(ABANDONED), target);
    Files.createDirectory(path.resolve(ABANDONED_INDEX));
    folder.modified(ABANDONED_INDEX, WEEK_AGO);

    assertThat(rotator.rotate(store).deleted()).isEmpty();
    assertThat(folder.names()).containsExactlyInAnyOrder(ABANDONED, ABANDONED_INDEX);
  }

  /** The storage may have another clock than whoever rotates. */
  @Test
  void anAgeIsByTheClockOfTheStorageToo() throws Exception {
    Instant storageNow = Instant.parse("2020-02-02T02:02:02Z");
    Instant week = storageNow.minus(Duration.ofDays(7));
    folder
        .policy(5, 5, 5)
        .modified(PolicyFile.NAME, week)
        .with(THURSDAY, ABANDONED, RECENT)
        .modified(THURSDAY, storageNow)
        .modified(ABANDONED, week.minusSeconds(1))
        .modified(RECENT, week.plusSeconds(1));

    RotationReport report = rotator.rotateAfter(name(THURSDAY), store).orElseThrow();

    assertThat(report.deleted()).containsExactly(new Deletion(ABANDONED, 1000));
    folder.with(ABANDONED).modified(ABANDONED, WEEK_AGO.plusSeconds(2));
    folder.modified(THURSDAY, Instant.parse("2030-01-01T00:00:00Z"));
    assertThat(rotator.rotateAfter(name(THURSDAY), store).orElseThrow().deleted())
        .as("where the storage is ahead of us, our own clock counts")
        .containsExactly(new Deletion(RECENT, 1000));
  }

  /** As if the archive was published during the listing: too late for it, its index was not. */
  @Test
  void theIndexOfAnArchiveThatCameMeanwhileStays() throws Exception {
    folder.policy(1, 0, 0).with(WEDNESDAY + ".index", THURSDAY);
    Store racing = new ObservedStore(store, () -> folder.with(WEDNESDAY));

    assertThat(rotator.rotate(racing).deleted()).isEmpty();
    assertThat(folder.names()).containsExactly(WEDNESDAY, WEDNESDAY + ".index", THURSDAY);
  }

  @Test
  void nowIsTheLocalTimeOfTheClock() throws Exception {
    folder.policy(0, 0, 0).with("20240510-0600-daily.tar");

    assertThat(rotator.preview(store).rotation().future()).hasSize(1);
    Rotator tokyo = new Rotator(Clock.fixed(NOW, ZoneId.of("Asia/Tokyo")));
    assertThat(tokyo.preview(store).rotation().future()).isEmpty();
  }

  @Test
  void whatIsYoungerThanTheMinimumAgeStaysAndIsNotCounted() throws Exception {
    folder
        .policyWithAge(1, 0, 0, "14d")
        .with(MONDAY, TUESDAY, WEDNESDAY, WEDNESDAY + ".index", THURSDAY)
        .modified(MONDAY, NOW.minus(Duration.ofDays(16)))
        .modified(TUESDAY, NOW.minus(Duration.ofDays(15)))
        .modified(WEDNESDAY, NOW.minus(Duration.ofDays(14)).plusSeconds(1))
        .modified(THURSDAY, NOW);

    RotationReport report = rotator.rotate(store);

    assertThat(folder.names()).containsExactly(TUESDAY, WEDNESDAY, WEDNESDAY + ".index", THURSDAY);
    assertThat(report.rotation().recent()).containsExactly(name(WEDNESDAY), name(THURSDAY));
    assertThat(report.rotation().keep()).containsExactly(name(TUESDAY));
  }

  /** Names are what whoever stores chooses; when that was is the storage's word. */
  @Test
  void anArchiveIsAsOldAsItsLastChangeWhateverItsName() throws Exception {
    folder
        .policyWithAge(0, 0, 0, "24h")
        .with(MONDAY, THURSDAY)
        .modified(MONDAY, NOW.minus(Duration.ofHours(23)))
        .modified(THURSDAY, NOW.minus(Duration.ofHours(24)));

    rotator.rotate(store);

    assertThat(folder.names()).containsExactly(MONDAY);
  }

  @Test
  void aRotatorsOwnMinimumAgeCountsWhereThePolicySaysNone() throws Exception {
    Rotator careful = new Rotator(Clock.fixed(NOW, ZoneId.of("UTC")), Duration.ofDays(7));
    folder.policy(0, 0, 0).with(MONDAY).modified(MONDAY, NOW.minus(Duration.ofDays(6)));
    assertThat(careful.rotate(store).deleted()).isEmpty();

    folder.policyWithAge(0, 0, 0, "0d");
    assertThat(careful.rotate(store).deleted()).hasSize(1);
  }

  @Test
  void withAMinimumAgeTheAgentsRotationSparesTheYoungToo() throws Exception {
    folder
        .policyWithAge(0, 0, 0, "1d")
        .with(WEDNESDAY, THURSDAY)
        .modified(WEDNESDAY, NOW.minus(Duration.ofHours(2)))
        .modified(THURSDAY, NOW);

    assertThat(rotator.rotateAfter(name(THURSDAY), store).orElseThrow().deleted()).isEmpty();
  }

  private static ArchiveName name(String fileName) {
    return ArchiveName.parse(fileName).orElseThrow();
  }
}
