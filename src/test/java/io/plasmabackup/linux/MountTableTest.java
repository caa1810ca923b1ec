package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.testing.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MountTableTest {

  private static final String DEBIAN =
      """
      22 27 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
      23 27 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:13 - proc proc rw
      24 27 0:5 / /dev rw,nosuid,relatime shared:2 - devtmpfs udev rw,size=8120916k,nr_inodes=2030229,mode=755,inode64
      25 24 0:23 / /dev/pts rw,nosuid,noexec,relatime shared:3 - devpts devpts rw,gid=5,mode=620,ptmxmode=000
      26 27 0:24 / /run rw,nosuid,nodev,noexec,relatime shared:5 - tmpfs tmpfs rw,size=1630008k,mode=755,inode64
      27 1 0:25 /@rootfs / rw,relatime shared:1 - btrfs /dev/nvme0n1p2 rw,ssd,discard=async,space_cache=v2,subvolid=256,subvol=/@rootfs
      45 23 0:40 / /proc/sys/fs/binfmt_misc rw,relatime shared:15 - autofs systemd-1 rw,fd=30,pgrp=1,timeout=0,minproto=5,maxproto=5,direct,pipe_ino=1373
      92 27 259:1 / /boot/efi rw,relatime shared:50 - vfat /dev/nvme0n1p1 rw,fmask=0077,dmask=0077,codepage=437
      """;

  private static final String ARCH =
      """
      27 1 0:24 /@ / rw,noatime shared:1 - btrfs /dev/mapper/root rw,compress=zstd:3,ssd,space_cache=v2,subvolid=256,subvol=/@
      41 27 0:24 /@home /home rw,noatime shared:30 - btrfs /dev/mapper/root rw,compress=zstd:3,ssd,space_cache=v2,subvolid=257,subvol=/@home
      44 27 0:24 /@log /var/log rw,noatime shared:32 - btrfs /dev/mapper/root rw,compress=zstd:3,ssd,space_cache=v2,subvolid=259,subvol=/@log
      47 27 0:24 /@pkg /var/cache/pacman/pkg rw,noatime shared:34 - btrfs /dev/mapper/root rw,compress=zstd:3,ssd,space_cache=v2,subvolid=260,subvol=/@pkg
      50 41 0:24 / /home/alice/top\\040level rw,noatime shared:36 - btrfs /dev/mapper/root rw,compress=zstd:3,ssd,space_cache=v2,subvolid=5,subvol=/
      """;

  private static final String OPENSUSE =
      """
      64 1 0:31 /@/.snapshots/1/snapshot / rw,relatime shared:1 - btrfs /dev/vda2 rw,space_cache=v2,subvolid=267,subvol=/@/.snapshots/1/snapshot
      66 64 0:31 /@/.snapshots /.snapshots rw,relatime shared:40 - btrfs /dev/vda2 rw,space_cache=v2,subvolid=266,subvol=/@/.snapshots
      67 64 0:31 /@/boot/grub2/x86_64-efi /boot/grub2/x86_64-efi rw,relatime shared:42 - btrfs /dev/vda2 rw,space_cache=v2,subvolid=265,subvol=/@/boot/grub2/x86_64-efi
      68 64 0:31 /@/var /var rw,relatime shared:44 - btrfs /dev/vda2 rw,space_cache=v2,subvolid=258,subvol=/@/var
      """;

  private static final String FEDORA_WITH_DOCKER =
      """
      63 1 0:33 /root / rw,relatime shared:1 - btrfs /dev/nvme0n1p3 rw,seclabel,compress=zstd:1,ssd,discard=async,space_cache=v2,subvolid=257,subvol=/root
      36 63 0:33 /home /home rw,relatime shared:18 - btrfs /dev/nvme0n1p3 rw,seclabel,compress=zstd:1,ssd,discard=async,space_cache=v2,subvolid=256,subvol=/home
      37 63 259:2 / /boot rw,relatime shared:20 - ext4 /dev/nvme0n1p2 rw,seclabel
      571 63 0:61 / /var/lib/docker/overlay2/0c2d/merged rw,relatime shared:290 - overlay overlay rw,seclabel,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/var/lib/docker/overlay2/0c2d/diff,workdir=/var/lib/docker/overlay2/0c2d/work
      603 63 0:4 net:[4026532689] /run/docker/netns/5b9e rw shared:301 - nsfs nsfs rw
      """;

  private static final String IN_A_CONTAINER =
      """
      801 712 0:61 / / rw,relatime master:290 - overlay overlay rw,lowerdir=/l/A:/l/B
      802 801 0:65 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
      811 801 259:2 /var/lib/docker/containers/1f/hosts /etc/hosts rw,relatime - ext4 /dev/nvme0n1p2 rw
      812 801 0:33 /root/srv/data /data rw,relatime master:1 propagate_from:2 unbindable - btrfs /dev/nvme0n1p3 rw,subvolid=257,subvol=/root
      """;

  private static MountTable parse(String text) throws IOException {
    return MountTable.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Mount at(MountTable table, String place) {
    return table.mounts().stream()
        .filter(mount -> mount.mountPoint().equals(RawPath.of(place)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readsDebian() throws IOException {
    MountTable table = parse(DEBIAN);

    assertThat(table.mounts()).hasSize(8);
    assertThat(table.byId(27))
        .contains(
            new Mount(
                27,
                1,
                new DeviceNumber(0, 25),
                RawPath.of("/@rootfs"),
                RawPath.of("/"),
                "btrfs",
                RawPath.of("/dev/nvme0n1p2")));
    assertThat(table.byId(28)).isEmpty();
    assertThat(table.mounts().stream().filter(mount -> !mount.isPseudo()))
        .extracting(mount -> mount.mountPoint().toString())
        .containsExactly("/", "/boot/efi");
    assertThat(at(table, "/boot/efi").device()).hasToString("259:1");
  }

  @Test
  void readsSeveralSubvolumesOfOneFilesystem() throws IOException {
    MountTable table = parse(ARCH);

    assertThat(table.mounts()).extracting(Mount::device).containsOnly(new DeviceNumber(0, 24));
    assertThat(table.mounts())
        .extracting(mount -> mount.root().toString())
        .containsExactly("/@", "/@home", "/@log", "/@pkg", "/");
    assertThat(at(table, "/home/alice/top level").parent()).isEqualTo(41);
    assertThat(table.visibleBelow(RawPath.of("/home")))
        .extracting(mount -> mount.mountPoint().toString())
        .containsExactly("/home/alice/top level");
    assertThat(table.visibleBelow(RawPath.of("/hom"))).isEmpty();
    assertThat(table.visibleBelow(RawPath.of("/"))).hasSize(4);
  }

  @Test
  void readsARootThatIsASnapshot() throws IOException {
    MountTable table = parse(OPENSUSE);

    assertThat(at(table, "/").root()).isEqualTo(RawPath.of("/@/.snapshots/1/snapshot"));
    assertThat(at(table, "/boot/grub2/x86_64-efi").root())
        .isEqualTo(RawPath.of("/@/boot/grub2/x86_64-efi"));
  }

  @Test
  void readsContainersFromOutsideAndInside() throws IOException {
    assertThat(at(parse(FEDORA_WITH_DOCKER), "/run/docker/netns/5b9e").root())
        .isEqualTo(RawPath.of("net:[4026532689]"));
    assertThat(at(parse(FEDORA_WITH_DOCKER), "/var/lib/docker/overlay2/0c2d/merged").isPseudo())
        .isTrue();
    MountTable inside = parse(IN_A_CONTAINER);
    assertThat(at(inside, "/proc").type()).isEqualTo("proc");
    assertThat(at(inside, "/data").type()).isEqualTo("btrfs");
    assertThat(at(inside, "/data").root()).isEqualTo(RawPath.of("/root/srv/data"));
    assertThat(at(inside, "/etc/hosts").source()).isEqualTo(RawPath.of("/dev/nvme0n1p2"));
  }

  @Test
  void keepsTheKernelsOrder() throws IOException {
    MountTable table =
        parse(
            """
            90 1 0:40 / /mnt rw - tmpfs first rw
            91 90 8:1 / /mnt rw - ext4 second rw
            """);

    assertThat(table.mounts()).extracting(Mount::id).containsExactly(90L, 91L);
    assertThat(table.visibleBelow(RawPath.of("/mnt"))).isEmpty();
  }

  @Test
  void unescapesNames() throws IOException {
    MountTable table =
        MountTable.parse(
            "90 1 0:40 /a\\134040 /mnt/sp\\040ace\\011tab\\012line\\134back\\043hash\u00ff rw - fuse.x //server/sh\\040are rw\n"
                .getBytes(StandardCharsets.ISO_8859_1));

    Mount mount = table.mounts().getFirst();
    assertThat(mount.root()).as("unescaped once").isEqualTo(RawPath.of("/a\\040"));
    assertThat(mount.mountPoint().toBytes())
        .isEqualTo("/mnt/sp ace\ttab\nline\\back#hash\u00ff".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(mount.source()).isEqualTo(RawPath.of("//server/sh are"));
  }

  @Test
  void readsAnEmptySource() throws IOException {
    assertThat(parse("90 1 0:40 / /mnt rw - tmpfs  rw\n").mounts().getFirst().source())
        .isEqualTo(RawPath.EMPTY);
  }

  @Test
  void emptyTableIsEmpty() throws IOException {
    assertThat(parse("").mounts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n",
        "nonsense\n",
        "90 1\n",
        "90 1 0:40 / /mnt rw shared:1 tmpfs tmpfs rw\n",
        "90 1 0:40 / /mnt rw - tmpfs\n",
        "x 1 0:40 / /mnt rw - tmpfs tmpfs rw\n",
        "90 y 0:40 / /mnt rw - tmpfs tmpfs rw\n",
        "90 1 040 / /mnt rw - tmpfs tmpfs rw\n",
        "90 1 0:4:0 / /mnt rw - tmpfs tmpfs rw\n",
        "90 1 0:z / /mnt rw - tmpfs tmpfs rw\n",
        "99999999999999999999 1 0:40 / /mnt rw - tmpfs tmpfs rw\n",
        "90 1 0:40 / /m\\000nt rw - tmpfs tmpfs rw\n",
        "90 1 0:40 / /mnt rw - tmpfs tmpfs rw",
      })
  void refusesWhatIsMalformed(String line) {
    String good = "22 27 0:21 / /sys rw shared:7 - sysfs sysfs rw\n";
    assertThatThrownBy(() -> parse(good + line))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "/proc/self/mountinfo has a line of an unknown form: "
                + RawPath.of(line.stripTrailing()));
  }

  @Test
  void showsAMalformedLineWithoutItsControlCharacters() {
    assertThatThrownBy(() -> parse("\u001b[2J\n")).hasMessageEndingWith(": \\033[2J");
  }

  @Provide
  Arbitrary<RawPath> places() {
    return Arbitraries.oneOf(
            Arbitraries.bytes(),
            Arbitraries.of((byte) ' ', (byte) '\\', (byte) '\n', (byte) '-', (byte) '#'))
        .filter(b -> b != 0)
        .array(byte[].class)
        .ofMaxSize(30)
        .map(RawPath::copyOf);
  }

  /** seq_path() of the kernel. */
  private static String escape(RawPath path) {
    StringBuilder escaped = new StringBuilder();
    for (byte b : path.toBytes()) {
      if (" \t\n\\#".indexOf(b) >= 0) {
        escaped.append("\\%03o".formatted((int) b));
      } else {
        escaped.append((char) (b & 0xff));
      }
    }
    return escaped.toString();
  }

  @Provide
  Arbitrary<Mount> mounts() {
    Arbitrary<Integer> numbers = Arbitraries.integers().greaterOrEqual(0);
    return Combinators.combine(
            numbers,
            numbers,
            Combinators.combine(numbers, numbers).as(DeviceNumber::new),
            places(),
            places(),
            Arbitraries.of("btrfs", "fuse.a-b", "9p", "-"),
            places())
        .as((id, parent, device, root, mountPoint, type, source) ->
            new Mount(id, parent, device, root, mountPoint, type, source));
  }

  /** show_mountinfo() of the kernel. */
  private static String line(Mount mount, String optionalFields) {
    return "%d %d %s %s %s rw,relatime%s - %s %s rw,subvol=/-\n"
        .formatted(
            mount.id(),
            mount.parent(),
            mount.device(),
            escape(mount.root()),
            escape(mount.mountPoint()),
            optionalFields,
            mount.type(),
            escape(mount.source()));
  }

  @Property
  void readsBackWhatTheKernelWrites(
      @ForAll @Size(max = 10) List<@From("mounts") Mount> mounts,
      @ForAll("optionalFields") String optionalFields)
      throws IOException {
    String text =
        mounts.stream().map(mount -> line(mount, optionalFields)).collect(Collectors.joining());

    assertThat(MountTable.parse(text.getBytes(StandardCharsets.ISO_8859_1)).mounts())
        .isEqualTo(mounts);
  }

  @Provide
  Arbitrary<String> optionalFields() {
    return Arbitraries.of(
        "",
        " shared:1",
        " master:1",
        " shared:2 master:1",
        " master:1 propagate_from:2 unbindable");
  }

  @Property
  void neverFailsOtherwiseThanByIOException(@ForAll byte[] anything) {
    try {
      assertThat(MountTable.parse(anything).mounts()).isNotNull();
    } catch (IOException malformed) {
      assertThat(malformed).hasMessageStartingWith("/proc/self/mountinfo has a line");
    }
  }

  @Test
  void readsThisMachinesTable() throws IOException {
    List<String> places =
        Command.run("findmnt", "--kernel", "--noheadings", "--raw", "--output", "TARGET")
            .lines()
            .toList();

    assertThat(MountTable.read().mounts()).hasSameSizeAs(places);
  }
}
