package io.plasmabackup.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class SnapshotSetTest {

  @AutoClose private static LoopbackBtrfs btrfs;
  private static int folders;

  private Path home;
  private Path data;

  /** Where the snapshots go. */
  private Path directory;

  @BeforeAll
  static void makeFilesystem() throws IOException {
    btrfs = LoopbackBtrfs.create();
  }

  @BeforeEach
  void makeSubvolumes() throws IOException {
    int number = folders++;
    home = btrfs.subvolume("home-" + number);
    data = btrfs.subvolume("data-" + number);
    directory = home.resolve(".plasma-snapshots");
    Files.writeString(home.resolve("file"), "of home");
    Files.writeString(data.resolve("file"), "of data");
  }

  private static RawPath raw(Path path) {
    return RawPath.of(path.toString());
  }

  private SnapshotPlan plan(Path subvolume, String name) throws ErrnoException {
    return new SnapshotPlan(
        raw(subvolume),
        info(subvolume).id(),
        info(subvolume).uuid(),
        raw(directory),
        RawPath.of(name));
  }

  private List<SnapshotPlan> plans() throws ErrnoException {
    return List.of(plan(home, "run-1"), plan(data, "run-2"));
  }

  private static SubvolumeInfo info(Path subvolume) throws ErrnoException {
    try (Fd fd = Fd.openDirectory(raw(subvolume))) {
      return Subvolumes.info(fd);
    }
  }

  private static Failure failure(List<SnapshotPlan> plans) {
    Failure failure = catchThrowableOfType(Failure.class, () -> SnapshotSet.create(plans));
    assertThat(failure).isNotNull();
    assertThat(failure.exitCode()).isEqualTo(ExitCode.SNAPSHOT);
    assertThat(failure.getSuppressed()).isEmpty();
    return failure;
  }

  private void makeDirectory(String permissions) throws IOException {
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
  }

  private static String content(Snapshot snapshot) throws ErrnoException {
    byte[] bytes = new byte[100];
    try (Fd file = snapshot.root().openAt(RawPath.of("file"), Fd.Use.READ)) {
      return new String(bytes, 0, file.read(0, bytes, 0, 100), StandardCharsets.UTF_8);
    }
  }

  @Test
  void powerCutBringsNothingBackThatWasDeleted() throws Exception {
    SnapshotSet.create(plans()).delete();
    assertThat(directory).doesNotExist();

    btrfs.cutPower();

    assertThat(home.resolve("file")).exists();
    assertThat(directory).doesNotExist();
  }

  /** Who deleted them was killed before that was on disk. */
  @Test
  void powerCutBringsNothingBackThatWasFoundDeleted() throws Exception {
    SnapshotSet made = SnapshotSet.create(plans());
    Map<SnapshotPlan, Optional<UUID>> recorded = new LinkedHashMap<>();
    for (Snapshot snapshot : made.snapshots()) {
      recorded.put(snapshot.plan(), Optional.of(snapshot.info().uuid()));
      btrfs.btrfs("subvolume", "delete", snapshot.plan().path().toString());
    }
    made.release();

    assertThat(SnapshotSet.adopt(recorded).delete()).isEmpty();
    btrfs.cutPower();

    assertThat(home.resolve("file")).exists();
    assertThat(directory).doesNotExist();
  }

  @Test
  void makesSnapshotsAndDeletesThem() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());

    Files.writeString(home.resolve("file"), "changed");
    List<Snapshot> snapshots = set.snapshots();
    assertThat(snapshots).extracting(Snapshot::plan).containsExactlyElementsOf(plans());
    assertThat(content(snapshots.get(0))).isEqualTo("of home");
    assertThat(content(snapshots.get(1))).isEqualTo("of data");
    for (Snapshot snapshot : snapshots) {
      assertThat(snapshot.info()).isEqualTo(info(Path.of(snapshot.plan().path().toString())));
      assertThat(snapshot.info().readOnly()).isTrue();
    }
    assertThat(snapshots.get(1).info().parentUuid()).isEqualTo(info(data).uuid());
    assertThat(Files.getPosixFilePermissions(directory))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));

    assertThat(set.delete()).isEmpty();

    assertThat(directory).doesNotExist();
    assertThat(btrfs.btrfs("subvolume", "list", btrfs.root().toString()))
        .doesNotContain(home.getFileName() + "/.plasma-snapshots");
    assertThat(set.snapshots()).isEmpty();
    assertThat(set.delete()).as("a second time").isEmpty();
  }

  @Test
  void nothingPlannedIsNothingDone() throws Exception {
    SnapshotSet set = SnapshotSet.create(List.of());

    assertThat(set.snapshots()).isEmpty();
    assertThat(set.delete()).isEmpty();
  }

  @Test
  void keepsADirectoryThatWasThere() throws Exception {
    makeDirectory("rwx------");

    assertThat(SnapshotSet.create(plans()).delete()).isEmpty();

    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void worksBelowADirectoryWhoseGroupIsInherited() throws Exception {
    Command.run("chmod", "g+s", home.toString());

    SnapshotSet set = SnapshotSet.create(plans());

    assertThat(Command.run("stat", "-c", "%a", directory.toString())).isEqualTo("2700");
    assertThat(set.delete()).isEmpty();
    assertThat(directory).doesNotExist();
  }

  @Test
  void keepsAnotherRunsSnapshots() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    Path other = directory.resolve("other-run");
    btrfs.btrfs("subvolume", "snapshot", "-r", data.toString(), other.toString());

    assertThat(set.delete()).isEmpty();

    assertThat(directory).isDirectoryNotContaining(path -> !path.equals(other));
    assertThat(other.resolve("file")).hasContent("of data");
  }

  @Test
  void takesBackWhatWasMadeWhenANameIsTaken() throws Exception {
    makeDirectory("rwx------");
    Path taken = Files.createDirectory(directory.resolve("run-2"));
    btrfs.btrfs("subvolume", "snapshot", "-r", data.toString(), taken + "/snapshot");
    SubvolumeInfo before = info(taken.resolve("snapshot"));

    assertThat(failure(plans()))
        .hasMessage("cannot create the directory %s: %s; no backup was made", taken, Errno.EEXIST);

    assertThat(directory).isDirectoryNotContaining(path -> !path.equals(taken));
    assertThat(info(taken.resolve("snapshot"))).isEqualTo(before);
  }

  @Test
  void takesBackAllWhenOneOfManyCannotBeMade() throws Exception {
    // Only a swap file's subvolume cannot be snapshotted.
    Path swap = data.resolve("swap");
    Command.run(
        "sh",
        "-ec",
        "truncate -s 0 \"$0\"; chattr +C \"$0\"; fallocate -l 1M \"$0\"; chmod 600 \"$0\";"
            + " mkswap -q \"$0\"; swapon \"$0\"",
        swap.toString());
    try {
      assertThat(failure(plans()))
          .hasMessageStartingWith("cannot create the snapshot ")
          .hasMessageContaining(" of " + data + ": ");
    } finally {
      Command.run("swapoff", swap.toString());
    }

    assertThat(directory).doesNotExist();
  }

  @Test
  void manyAreOfOneMomentAndCloseTogether() throws Exception {
    List<SnapshotPlan> plans = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      plans.add(plan(btrfs.subvolume("many-" + data.getFileName() + "-" + i), "run-" + i));
    }

    SnapshotSet set = SnapshotSet.create(plans);

    long transactions =
        set.snapshots().stream().map(made -> made.info().createdIn()).distinct().count();
    Duration skew = set.skew();
    List<SnapshotPlan> made = set.snapshots().stream().map(Snapshot::plan).toList();
    assertThat(set.delete()).isEmpty();
    assertThat(directory).doesNotExist();
    assertThat(made).containsExactlyElementsOf(plans);
    assertThat(skew).isPositive().isLessThan(Duration.ofSeconds(10));
    // Each after the other would take as many as there are snapshots; two is usual, but not on a
    // machine that has other things to do.
    assertThat(transactions).isLessThan(75);
  }

  @Test
  void refusesASubvolumeThatWasReplacedSinceItWasPlanned() throws Exception {
    List<SnapshotPlan> plans = plans();
    btrfs.btrfs("subvolume", "delete", data.toString());
    btrfs.btrfs("subvolume", "create", data.toString());

    assertThat(failure(plans))
        .hasMessage(data + " is not the subvolume any more that it was a moment ago; start again");

    assertThat(directory).doesNotExist();
  }

  @Test
  void refusesASubvolumeThatIsADirectoryOrALinkNow() throws Exception {
    List<SnapshotPlan> plans = plans();
    btrfs.btrfs("subvolume", "delete", data.toString());
    Files.createDirectory(data);
    assertThat(failure(plans)).hasMessageContaining(data + " is not the subvolume any more");
    Files.delete(data);
    Files.createSymbolicLink(data, home);
    assertThat(failure(plans)).hasMessageContaining("cannot open " + data);
    Files.delete(data);
    assertThat(failure(plans)).hasMessageContaining(Errno.ENOENT.toString());

    assertThat(directory).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxr-xr-x", "rwx--x---", "rwx-----x", "rwxrwxrwx"})
  void refusesADirectoryThatOthersCanLookInto(String permissions) throws Exception {
    makeDirectory(permissions);

    assertThat(failure(plans()))
        .hasMessage(
            directory
                + " was not made by Plasma: it must belong to the user who runs this, with mode"
                + " 0700; move it away");

    assertThat(directory).isEmptyDirectory();
    assertThat(Files.getPosixFilePermissions(directory))
        .isEqualTo(PosixFilePermissions.fromString(permissions));
  }

  @Test
  void refusesADirectoryOfAnotherUser() throws Exception {
    makeDirectory("rwx------");
    Files.setAttribute(directory, "unix:uid", 1000);

    assertThat(failure(plans())).hasMessageContaining("was not made by Plasma");

    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void refusesALinkInTheDirectorysPlace() throws Exception {
    Path elsewhere = Files.createDirectory(data.resolve("elsewhere"));
    Files.setPosixFilePermissions(elsewhere, PosixFilePermissions.fromString("rwx------"));
    Files.createSymbolicLink(directory, elsewhere);

    assertThat(failure(plans())).hasMessageContaining("cannot open " + directory);

    assertThat(elsewhere).isEmptyDirectory();
    assertThat(directory).isSymbolicLink();
  }

  @Test
  void refusesAFileInTheDirectorysPlace() throws Exception {
    Files.createFile(directory);

    assertThat(failure(plans())).hasMessageContaining(Errno.ENOTDIR.toString());

    assertThat(directory).isRegularFile();
  }

  @Test
  void saysWhatToDoOnAReadOnlyMount() throws Exception {
    Path readOnly = btrfs.mount("ro", "subvol=" + home.getFileName());
    SnapshotPlan plan =
        new SnapshotPlan(
            raw(readOnly),
            info(readOnly).id(),
            info(readOnly).uuid(),
            raw(readOnly.resolve(".plasma-snapshots")),
            RawPath.of("run-1"));

    assertThat(failure(List.of(plan)))
        .hasMessageEndingWith(
            ": " + Errno.EROFS + "; mount that filesystem writable; no backup was made");
  }

  @Test
  void leavesASnapshotAloneThatIsNotItsOwnAnyMore() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    Path replaced = directory.resolve("run-1/snapshot");
    btrfs.btrfs("subvolume", "delete", replaced.toString());
    btrfs.btrfs("subvolume", "snapshot", "-r", data.toString(), replaced.toString());
    SubvolumeInfo before = info(replaced);

    List<Failure> failures = set.delete();

    assertThat(failures)
        .singleElement()
        .satisfies(failure -> {
          assertThat(failure.exitCode()).isEqualTo(ExitCode.CLEANUP);
          assertThat(failure)
              .hasMessage(
                  replaced + " is not the snapshot any more that we made; it is left alone");
        });
    assertThat(info(replaced)).isEqualTo(before);
    assertThat(directory.resolve("run-2/snapshot")).as("the other one is deleted").doesNotExist();
  }

  @Test
  void leavesADirectoryAloneThatTookASnapshotsPlace() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    Path replaced = directory.resolve("run-1/snapshot");
    btrfs.btrfs("subvolume", "delete", replaced.toString());
    Files.createDirectory(replaced);

    assertThat(set.delete()).hasSize(1);

    assertThat(replaced).isDirectory();
  }

  @Test
  void isContentWithSnapshotsThatAreGoneAlready() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    btrfs.btrfs("subvolume", "delete", directory.resolve("run-1/snapshot").toString());

    assertThat(set.delete()).isEmpty();

    assertThat(directory).doesNotExist();
  }

  @Test
  void saysHowToDeleteWhatItCannotAndGoesOn() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    Path stuck = directory.resolve("run-1/snapshot");
    btrfs.btrfs("property", "set", stuck.toString(), "ro", "false");
    btrfs.btrfs("subvolume", "create", stuck.resolve("nested").toString());

    List<Failure> failures = set.delete();

    assertThat(failures)
        .singleElement()
        .satisfies(failure -> {
          assertThat(failure.exitCode()).isEqualTo(ExitCode.CLEANUP);
          assertThat(failure)
              .hasMessage(
                  "cannot delete the snapshot %1$s: %2$s; delete it with: btrfs subvolume delete"
                      + " %1$s",
                  stuck, Errno.ENOTEMPTY);
        });
    assertThat(directory.resolve("run-2/snapshot")).doesNotExist();
  }

  @Test
  void makesSnapshotsInADirectoryThatSeveralPlansShare() throws Exception {
    SnapshotSet set = SnapshotSet.create(plans());
    SnapshotSet later = SnapshotSet.create(List.of(plan(data, "run-3")));

    assertThat(set.delete()).isEmpty();
    assertThat(directory.resolve("run-3")).isDirectory();
    assertThat(later.delete()).isEmpty();
  }
}
