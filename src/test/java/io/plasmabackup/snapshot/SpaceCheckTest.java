package io.plasmabackup.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.SubvolumeInfo;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FilesystemSpace;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class SpaceCheckTest {

  private static final long MIB = 1 << 20;

  @ParameterizedTest
  @CsvSource({
    // From 50 GiB on, 1 GiB is less than 2 %.
    "1024, 10000000, false",
    "1023, 10000000, true",
    "1024, 51200,    false",
    "1023, 51200,    true",
    "20,   1000,     false",
    "19,   1000,     true",
    "0,    1000,     true",
    // A filesystem that says nothing about itself is no reason to refuse.
    "0,    0,        false",
  })
  void lowIsLessThanAGibibyteAndLessThanTwoPercent(long free, long total, boolean low) {
    assertThat(SpaceCheck.isLow(new FilesystemSpace(free * MIB, total * MIB))).isEqualTo(low);
  }

  @Test
  void aFilesystemThatFillsUpIsRefusedUntilThereIsRoomAgain() throws Exception {
    try (LoopbackBtrfs roomy = LoopbackBtrfs.create();
        LoopbackBtrfs full = LoopbackBtrfs.create(512 * MIB)) {
      List<SnapshotPlan> plans =
          List.of(plan(roomy.subvolume("data")), plan(full.subvolume("data")));
      assertThatCode(() -> SpaceCheck.require(plans)).doesNotThrowAnyException();
      assertThat(isLow(full.root())).isFalse();

      fill(full.root(), "filler");

      Failure failure = catchThrowableOfType(Failure.class, () -> SpaceCheck.require(plans));
      assertThat(failure.exitCode()).isEqualTo(ExitCode.SNAPSHOT);
      assertThat(failure.getMessage())
          .matches(
              ".* %s/data has only \\d MiB free of 512 MiB, .* \\(btrfs filesystem usage %s/data\\); no backup was made"
                  .formatted(full.root(), full.root()));
      assertThat(isLow(full.root())).isTrue();
      assertThat(space(full.root()).freeBytes() / 4096)
          .isEqualTo(Long.parseLong(Command.run("stat", "-f", "-c", "%a", full.root().toString())));
      assertThat(isLow(roomy.root())).isFalse();

      Files.delete(full.root().resolve("filler"));
      Command.run("btrfs", "filesystem", "sync", full.root().toString());
      assertThatCode(() -> SpaceCheck.require(plans)).doesNotThrowAnyException();
    }
  }

  @Test
  void whatIsGoneIsNamed() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path data = btrfs.subvolume("data");
      List<SnapshotPlan> plans = List.of(plan(data));
      btrfs.btrfs("subvolume", "delete", data.toString());

      Failure failure = catchThrowableOfType(Failure.class, () -> SpaceCheck.require(plans));

      assertThat(failure.exitCode()).isEqualTo(ExitCode.SNAPSHOT);
      assertThat(failure).hasMessageContaining(data.toString());
    }
  }

  /** Until less than 8 MiB are free, which takes some attempts: it is an estimate. */
  private static void fill(Path folder, String name) throws IOException, ErrnoException {
    byte[] chunk = new byte[(int) (4 * MIB)];
    try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
      while (space(folder).freeBytes() >= 8 * MIB) {
        out.write(chunk);
        Command.run("btrfs", "filesystem", "sync", folder.toString());
      }
    }
  }

  private static FilesystemSpace space(Path path) throws ErrnoException {
    try (Fd fd = Fd.open(RawPath.of(path.toString()), Fd.Use.LOCATE)) {
      return fd.filesystemSpace();
    }
  }

  private static boolean isLow(Path path) throws ErrnoException {
    try (Fd fd = Fd.openDirectory(RawPath.of(path.toString()))) {
      return SpaceCheck.isLow(fd);
    }
  }

  private static SnapshotPlan plan(Path subvolume) throws ErrnoException {
    RawPath path = RawPath.of(subvolume.toString());
    try (Fd fd = Fd.openDirectory(path)) {
      SubvolumeInfo info = Subvolumes.info(fd);
      return new SnapshotPlan(
          path,
          info.id(),
          info.uuid(),
          path.resolve(RawPath.of(".plasma-snapshots")),
          RawPath.of("run-1"));
    }
  }
}
