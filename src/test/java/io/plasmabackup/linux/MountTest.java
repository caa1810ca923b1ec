package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MountTest {

  private static Mount mount(String root, String place, String type) {
    return new Mount(
        1, 0, new DeviceNumber(0, 1), RawPath.of(root), RawPath.of(place), type, RawPath.EMPTY);
  }

  @ParameterizedTest
  @CsvSource({
    "/, /, /, /",
    "/, /, /a/b, /a/b",
    "/, /mnt, /mnt, /",
    "/, /mnt, /mnt/a, /a",
    "/@, /, /, /@",
    "/@, /, /a, /@/a",
    "/@home, /home, /home, /@home",
    "/@home, /home, /home/alice, /@home/alice",
    "/deleted, /d, /d/x, /deleted/x",
  })
  void aPathIsAtItsPlaceBelowTheRoot(String root, String place, String path, String within) {
    assertThat(mount(root, place, "btrfs").within(RawPath.of(path))).contains(RawPath.of(within));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a//deleted", "net:[4026532689]", "mnt:[4026531840]"})
  void whatIsNoPathHasNoPlaces(String root) {
    assertThat(mount(root, "/mnt", "btrfs").within(RawPath.of("/mnt/a"))).isEmpty();
  }

  @Test
  void aPathElsewhereIsAMistake() {
    assertThatThrownBy(() -> mount("/", "/mnt", "btrfs").within(RawPath.of("/mnt2")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "proc, the content is made up by the kernel (proc)",
    "rpc_pipefs, the content is made up by the kernel (rpc_pipefs)",
    "nsfs, the content is made up by the kernel (nsfs)",
    "tmpfs, the content is kept in memory only (tmpfs)",
    "ramfs, the content is kept in memory only (ramfs)",
    "overlay, the content is a view of files in other places (overlay)",
    "fuse.portal, the content is a view of files in other places (fuse.portal)",
    "fuse.lxcfs, the content is made up by a program (fuse.lxcfs)",
  })
  void saysWhyAPseudoFilesystemIsOne(String type, String reason) {
    assertThat(mount("/", "/x", type).whyPseudo()).contains(reason);
    assertThat(mount("/", "/x", type).isPseudo()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9p",
        "afs",
        "apfs",
        "bcachefs",
        "btrfs",
        "ceph",
        "cifs",
        "ecryptfs",
        "erofs",
        "exfat",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "fuse",
        "fuse.bindfs",
        "fuse.encfs",
        "fuse.gocryptfs",
        "fuse.mergerfs",
        "fuse.ntfs-3g",
        "fuse.snapfuse",
        "fuse.sshfs",
        "fuseblk",
        "gfs2",
        "glusterfs",
        "hfsplus",
        "iso9660",
        "jfs",
        "lustre",
        "nfs",
        "nfs4",
        "nilfs2",
        "ntfs3",
        "ocfs2",
        "prl_fs",
        "reiserfs",
        "smb3",
        "squashfs",
        "ubifs",
        "udf",
        "vboxsf",
        "vfat",
        "virtiofs",
        "xfs",
        "zfs",
        "something new",
      })
  void whatHoldsDataIsReal(String type) {
    assertThat(mount("/", "/x", type).isPseudo()).isFalse();
  }
}
