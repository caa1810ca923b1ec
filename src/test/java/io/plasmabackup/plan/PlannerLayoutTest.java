package io.plasmabackup.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.OtherFilesystems;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.Live;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is planned where the mount tables of real layouts are found. */
class PlannerLayoutTest {

  private static final String KERNEL = "the content is made up by the kernel ";
  private static final String MEMORY = "the content is kept in memory only (tmpfs)";

  private static Plan plan(
      String layout, Strategy strategy, OtherFilesystems others, String... folders)
      throws Failure, IOException {
    TableFacts facts = TableFacts.of(layout);
    Wishes wishes = new Wishes(strategy, others, false, false, Exclusions.NONE);
    return new Planner(wishes, new Privileges(true, true), new OwnPlaces(List.of(), List.of()))
        .plan(
            "run",
            Instant.parse("2026-01-05T02:00:00Z").atZone(ZoneOffset.UTC),
            Stream.of(folders).map(facts::folder).toList());
  }

  private static List<String> planned(String layout, String... folders) throws Exception {
    return plan(layout, Strategy.BTRFS_SNAPSHOT, OtherFilesystems.INCLUDE, folders)
        .parts()
        .map(PlannerLayoutTest::show)
        .toList();
  }

  private static String show(Part part) {
    return part.path()
        + switch (part.reading()) {
          case FromSnapshot from ->
              " = snapshot of " + from.snapshot().subvolume() + ", " + from.within();
          case Live live -> " = live";
          case NotRead notRead -> " - " + notRead.why();
        };
  }

  @Test
  void arch() throws Exception {
    assertThat(planned("arch", "/"))
        .containsExactly(
            "/ = snapshot of /, ",
            "/.snapshots = snapshot of /.snapshots, ",
            "/boot = live",
            "/dev - " + KERNEL + "(devtmpfs)",
            "/home = snapshot of /home, ",
            "/proc - " + KERNEL + "(proc)",
            "/run - " + MEMORY,
            "/run/timeshift/backup = snapshot of /run/timeshift/backup, ",
            "/sys - " + KERNEL + "(sysfs)",
            "/sys/firmware/efi/efivars - " + KERNEL + "(efivarfs)",
            "/var/cache/pacman/pkg = snapshot of /var/cache/pacman/pkg, ",
            "/var/log = snapshot of /var/log, ");
  }

  @Test
  void archWithTwoFoldersOfWhichOneIsInTheOther() throws Exception {
    Plan plan =
        plan(
            "arch", Strategy.BTRFS_SNAPSHOT, OtherFilesystems.INCLUDE, "/var/log", "/var", "/home");

    assertThat(plan.parts().map(PlannerLayoutTest::show))
        .containsExactly(
            "/home = snapshot of /home, ",
            "/var = snapshot of /, var",
            "/var/cache/pacman/pkg = snapshot of /var/cache/pacman/pkg, ",
            "/var/log = snapshot of /var/log, ");
    assertThat(plan.warnings()).containsExactly("/var/log is part of /var; it is archived once");
    assertThat(plan.snapshots()).hasSize(4);
    assertThat(plan.snapshots())
        .extracting(snapshot -> snapshot.home().toString())
        .containsOnly("/.plasma-snapshots");
  }

  @Test
  void openSuse() throws Exception {
    assertThat(planned("opensuse", "/"))
        .containsExactly(
            "/ = snapshot of /, ",
            "/.snapshots = snapshot of /.snapshots, ",
            "/boot/grub2/x86_64-efi = snapshot of /boot/grub2/x86_64-efi, ",
            "/home = live",
            "/opt = snapshot of /opt, ",
            "/proc - " + KERNEL + "(proc)",
            "/srv = snapshot of /srv, ",
            "/usr/local = snapshot of /usr/local, ",
            "/var/lib/libvirt/images = snapshot of /var/lib/libvirt/images, ",
            "/var/lib/named = snapshot of /var/lib/named, ",
            "/var/log = snapshot of /var/log, ");
  }

  @Test
  void dockerWhoseFolderIsBoundToItself() throws Exception {
    assertThat(planned("docker-btrfs", "/"))
        .containsExactly(
            "/ = snapshot of /, ",
            "/run - " + MEMORY,
            "/run/docker/netns/2f6a - " + KERNEL + "(nsfs)",
            "/var/lib/docker = snapshot of /var/lib/docker, ",
            "/var/lib/docker/volumes/db/_data = live");
  }

  @Test
  void ext4WithBtrfsElsewhere() throws Exception {
    assertThat(planned("ext4-root", "/srv/pool", "/home"))
        .containsExactly(
            "/home = snapshot of /srv/pool, homes/current",
            "/home/shared = live",
            "/srv/pool = snapshot of /srv/pool, ");
    Failure refused =
        catchThrowableOfType(Failure.class, () -> planned("ext4-root", "/srv/pool", "/etc"));
    assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused).hasMessageContaining("/etc is on ext4, not on btrfs");
  }

  @Test
  void ext4AsItIs() throws Exception {
    Plan plan = plan("ext4-root", Strategy.TAR, OtherFilesystems.INCLUDE, "/");

    assertThat(plan.parts().map(PlannerLayoutTest::show))
        .containsExactly(
            "/ = live",
            "/boot = live",
            "/home - the same as /srv/pool/homes/current, which is archived",
            "/home/shared = live",
            "/proc - " + KERNEL + "(proc)",
            "/srv/backups = live",
            "/srv/pool = live");
    assertThat(plan.snapshots()).isEmpty();
    assertThat(plan.warnings()).isEmpty();
  }

  @Test
  void otherFilesystemsAreSkippedOrRefused() throws Exception {
    Plan skipped = plan("ext4-root", Strategy.TAR, OtherFilesystems.SKIP, "/");
    assertThat(skipped.parts().filter(part -> part.reading() instanceof Live))
        .extracting(part -> part.path().toString())
        .containsExactly("/");

    Failure refused =
        catchThrowableOfType(
            Failure.class, () -> plan("arch", Strategy.TAR, OtherFilesystems.FAIL, "/"));
    assertThat(refused)
        .hasMessageContaining(
            "/boot is another filesystem (vfat) below /, and \"otherFilesystems\"");
  }
}
