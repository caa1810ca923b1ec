package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.ExitCode;
import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Machine;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The ways in which distributions and tools lay out subvolumes and mounts, each made for real: all
 * of it is in the archive, or named.
 */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class LayoutTest {

  private static final long SIZE = 256L << 20;

  private Machine machine;
  private Path root;
  private Path storage;
  private AgentSetup agent;

  @TempDir Path temp;

  @BeforeEach
  void setUp() throws IOException {
    machine = Machine.create();
    root = machine.root();
    storage = Files.createDirectory(temp.resolve("storage"));
    agent = new AgentSetup(temp).strategy("btrfs-snapshot").folders(root).to(storage);
  }

  @AfterEach
  void nothingIsLeftBehind() {
    try {
      assertThat(machine.sh("find . -name .plasma-snapshots 2>/dev/null || true")).isEmpty();
    } finally {
      machine.close();
    }
  }

  private Run backUp() throws IOException {
    Run run = agent.run();
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    return run;
  }

  private Path archive() throws IOException {
    try (Stream<Path> files = Files.list(storage)) {
      return files.filter(file -> file.toString().endsWith(".tar")).findFirst().orElseThrow();
    }
  }

  /** Names in the archive, below the root directory. */
  private List<String> members() throws IOException {
    String prefix = root.toString().substring(1) + "/";
    return Command.run("tar", "-tf", archive().toString())
        .lines()
        .filter(name -> name.startsWith(prefix) && !name.equals(prefix))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  /** Date and time of a member. */
  private String modified(String name) throws IOException {
    String line =
        Command.run(
                "tar",
                "--full-time",
                "-tvf",
                archive().toString(),
                "--no-recursion",
                root.toString().substring(1) + "/" + name)
            .strip();
    String[] fields = line.split(" +", -1);
    return fields[3] + " " + fields[4];
  }

  private List<String> files() throws IOException {
    return members().stream().filter(name -> !name.endsWith("/")).toList();
  }

  /** What the run says that it left out, below the root directory. */
  private List<String> leftOut(Run run) {
    return run.out()
        .lines()
        .filter(line -> line.startsWith("left out: "))
        .map(line -> line.substring("left out: ".length()).replace(root + "/", ""))
        .toList();
  }

  /** What the archive restores to is what the machine has, but for {@code except}. */
  private void restoresToTheSame(String... except) throws IOException {
    Path target = Files.createDirectory(temp.resolve("restored"));
    Command.run("tar", "-xpf", archive().toString(), "-C", target.toString());
    Path restored = target.resolve(root.toString().substring(1));
    List<String> diff =
        Stream.concat(
                Stream.of("diff", "-r", "--no-dereference"),
                Stream.of(except).map(name -> "--exclude=" + name))
            .toList();
    Command.run(
        Stream.concat(diff.stream(), Stream.of(root.toString(), restored.toString()))
            .toArray(String[]::new));
  }

  @Test
  void archWithFlatSubvolumes() throws Exception {
    String device = machine.filesystem("btrfs", SIZE);
    machine.sh(
        """
        here -o compress=zstd:3 $1
        for i in @ @home @log @pkg @.snapshots; do btrfs -q subvolume create $i; done
        here -o subvol=@ $1
        mkdir -p etc home var/log var/cache/pacman/pkg .snapshots proc
        for s in home:@home var/log:@log var/cache/pacman/pkg:@pkg .snapshots:@.snapshots; do
          mount -o subvol=${s#*:} $1 ${s%:*}
        done
        mount -t proc proc proc
        echo arch >etc/hostname; mkdir home/alice; echo letter >home/alice/letter
        echo line >var/log/pacman.log; echo package >var/cache/pacman/pkg/a.pkg
        mkdir .snapshots/1; echo '<xml/>' >.snapshots/1/info.xml
        sync -f .
        btrfs -q subvolume snapshot -r . .snapshots/1/snapshot
        """,
        device);

    Run run = backUp();

    assertThat(files())
        .containsExactlyInAnyOrder(
            "etc/hostname",
            "home/alice/letter",
            "var/log/pacman.log",
            "var/cache/pacman/pkg/a.pkg",
            ".snapshots/1/info.xml");
    assertThat(leftOut(run))
        .containsExactlyInAnyOrder(
            ".snapshots/1/snapshot: a read-only subvolume",
            "proc: the content is made up by the kernel (proc)");
    assertThat(run.out()).contains("5 snapshots within ");
    restoresToTheSame("snapshot", "proc");
  }

  @Test
  void readOnlySubvolumesOnDemand() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create data; echo old >data/file; sync -f .
        mkdir snaps; btrfs -q subvolume snapshot -r data snaps/1; echo new >data/file; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));
    agent.with("options", "{\"readOnlySubvolumes\": \"include\"}");

    assertThat(leftOut(backUp())).isEmpty();

    assertThat(files()).containsExactlyInAnyOrder("data/file", "snaps/1/file");
    restoresToTheSame();
  }

  @Test
  void openSuseWithItsRootInASnapshot() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create @
        for s in home opt root srv var .snapshots; do btrfs -q subvolume create @/$s; done
        mkdir -p @/boot/grub2 @/.snapshots/1 @/.snapshots/2 @/.snapshots/3
        btrfs -q subvolume create @/boot/grub2/i386-pc
        btrfs -q subvolume create @/.snapshots/1/snapshot
        here -o subvol=@/.snapshots/1/snapshot $1
        mkdir -p etc home opt root srv var .snapshots boot/grub2/i386-pc
        for s in home opt root srv var .snapshots boot/grub2/i386-pc; do mount -o subvol=@/$s $1 $s; done
        echo suse >etc/HOSTNAME; echo letter >home/letter; echo db >var/db; echo x >boot/grub2/i386-pc/x.mod
        sync -f .
        for i in 2 3; do
          btrfs -q subvolume snapshot -r . .snapshots/$i/snapshot; echo "<$i/>" >.snapshots/$i/info.xml
        done
        sync -f .
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(files())
        .containsExactlyInAnyOrder(
            "etc/HOSTNAME",
            "home/letter",
            "var/db",
            "boot/grub2/i386-pc/x.mod",
            ".snapshots/2/info.xml",
            ".snapshots/3/info.xml");
    assertThat(leftOut(run))
        .containsExactlyInAnyOrder(
            ".snapshots/1/snapshot: the same as " + root + ", which is archived",
            ".snapshots/2/snapshot: a read-only subvolume",
            ".snapshots/3/snapshot: a read-only subvolume");
    assertThat(run.out()).contains("8 snapshots within ");
    restoresToTheSame("snapshot");
  }

  /**
   * It has empty directories for the subvolumes that were nested in what it was rolled back from.
   */
  @Test
  void aRootThatWasRolledBack() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create @; mkdir -p @/etc @/var/lib
        for s in machines portables; do btrfs -q subvolume create @/var/lib/$s; done
        echo old >@/etc/hostname; echo image >@/var/lib/machines/image; sync -f .
        btrfs -q subvolume snapshot @ @rolled-back
        here -o subvol=@rolled-back $1
        rmdir var/lib/portables; btrfs -q subvolume create var/lib/portables
        echo new >var/lib/portables/image; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(files()).containsExactlyInAnyOrder("etc/hostname", "var/lib/portables/image");
    assertThat(members()).contains("var/lib/machines/");
    // It has no time of its own that would be the same the next time.
    assertThat(modified("var/lib/machines/")).isEqualTo(modified("var/lib/"));
    assertThat(leftOut(run)).isEmpty();
    restoresToTheSame();
  }

  @Test
  void fedoraWithTwoSubvolumesBesideEachOther() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create root; btrfs -q subvolume create home
        here -o subvol=root $1
        mkdir -p boot/efi home var/lib/machines; mount -o subvol=home $1 home
        mount $2 boot; mkdir boot/efi; mount $3 boot/efi
        btrfs -q subvolume create var/lib/portables; echo image >var/lib/portables/image
        echo kernel >boot/vmlinuz; echo efi >boot/efi/BOOTX64.EFI; echo letter >home/letter
        sync -f .; sync -f home
        """,
        machine.filesystem("btrfs", SIZE),
        machine.filesystem("ext4", 16L << 20, "-q"),
        machine.filesystem("xfs", 320L << 20));

    Run run = backUp();

    assertThat(files())
        .containsExactlyInAnyOrder(
            "boot/vmlinuz", "boot/efi/BOOTX64.EFI", "home/letter", "var/lib/portables/image");
    assertThat(run.err().lines())
        .containsExactlyInAnyOrder(warning("boot", "ext4"), warning("boot/efi", "xfs"));
    restoresToTheSame();
  }

  private String warning(String name, String type) {
    return "plasma-agent: warning: %s/%s (%s) is not on btrfs: it is archived as it is while it is read, not from a snapshot"
        .formatted(root, name, type);
  }

  @Test
  void dockersHundredsOfNestedSubvolumes() throws Exception {
    machine.sh(
        """
        here $1
        mkdir -p var/lib/docker/btrfs/subvolumes
        mount --bind var/lib/docker/btrfs var/lib/docker/btrfs; mount --make-private var/lib/docker/btrfs
        cd var/lib/docker/btrfs/subvolumes
        btrfs -q subvolume create base; mkdir base/bin; echo layer >base/bin/sh; sync -f .
        for i in $(seq 300); do btrfs -q subvolume snapshot base layer$i; echo $i >layer$i/number; done
        btrfs -q subvolume create layer7/inner; echo deep >layer7/inner/file
        sync -f .
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(run.out()).contains("303 snapshots within ");
    assertThat(leftOut(run)).isEmpty();
    assertThat(files())
        .hasSize(1 + 600 + 1)
        .contains("var/lib/docker/btrfs/subvolumes/layer7/inner/file");
    restoresToTheSame();
  }

  @Test
  void btrbkWithTheTopLevelMountedToo() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create @; btrfs -q subvolume create @home; mkdir btrbk_snapshots
        echo toplevel >note
        here -o subvol=@ $1
        mkdir -p home mnt/btr_pool; mount -o subvol=@home $1 home; mount -o subvolid=5 $1 mnt/btr_pool
        echo letter >home/letter; sync -f .
        btrfs -q subvolume snapshot -r home mnt/btr_pool/btrbk_snapshots/home.20260101
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(files()).containsExactlyInAnyOrder("home/letter", "mnt/btr_pool/note");
    assertThat(leftOut(run))
        .containsExactlyInAnyOrder(
            "mnt/btr_pool/@: the same as " + root + ", which is archived",
            "mnt/btr_pool/@home: the same as home, which is archived",
            "mnt/btr_pool/btrbk_snapshots/home.20260101: a read-only subvolume");
    restoresToTheSame("@", "@home", "home.20260101");
  }

  @Test
  void bindMountsAndOvermounts() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create data; mkdir -p data/www srv/www mnt/covered
        echo page >data/www/index.html
        mount --bind data/www srv/www
        echo below >mnt/covered/below; btrfs -q subvolume create mnt/covered/hidden; echo h >mnt/covered/hidden/h
        sync -f .
        mount -t tmpfs tmpfs mnt/covered
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(files()).containsExactlyInAnyOrder("data/www/index.html", "mnt/covered/below");
    assertThat(leftOut(run))
        .containsExactlyInAnyOrder(
            "mnt/covered: the content is kept in memory only (tmpfs)",
            "mnt/covered/hidden: a subvolume that something mounted above it hides",
            "srv/www: the same as data/www, which is archived");
  }

  @Test
  void aBindMountOfAPartOfASubvolumeThatIsMountedElsewhere() throws Exception {
    String device = machine.filesystem("btrfs", SIZE);
    Path pool = machine.beside("pool");
    machine.sh(
        """
        mount $1 "$2"; btrfs -q subvolume create "$2/data"; mkdir -p "$2/data/a/b"; echo deep >"$2/data/a/b/file"
        btrfs -q subvolume create "$2/data/a/b/inner"; echo in >"$2/data/a/b/inner/file"
        sync -f "$2"
        mkdir part; mount --bind "$2/data/a/b" part
        """,
        device,
        pool.toString());
    agent.folders(root.resolve("part"));

    Run run = backUp();

    assertThat(files()).containsExactlyInAnyOrder("part/file", "part/inner/file");
    assertThat(run.out()).contains("2 snapshots within ");

    machine.sh("umount \"$1\"", pool.toString());
    Run refused = agent.run();
    assertThat(refused.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(refused.err()).contains("only a part of its subvolume is mounted");
  }

  @Test
  void aHiddenDirectorysContentIsNamed() throws Exception {
    machine.sh(
        """
        here $1; mkdir mnt; echo below >mnt/below; echo below >mnt/too; sync -f .
        mount $2 mnt; echo above >mnt/above; sync -f mnt
        """,
        machine.filesystem("btrfs", SIZE),
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(files()).containsExactly("mnt/above");
    assertThat(leftOut(run))
        .containsExactly("mnt: what the mount point itself holds (2 names), hidden by the mount");
    assertThat(run.err()).isEmpty();
  }

  private void makeOthers() {
    machine.sh(
        """
        here $1; mkdir ext vol usb btr run
        mount $2 ext; mount $3 usb; mount $4 btr; mount -t tmpfs tmpfs run
        echo e >ext/e; echo u >usb/u; echo b >btr/b; echo r >run/r
        btrfs -q subvolume create btr/nested; echo n >btr/nested/n
        mkdir run/media; mount -o bind ext run/media
        sync -f .; sync -f btr
        """,
        machine.filesystem("btrfs", SIZE),
        machine.filesystem("ext4", 16L << 20, "-q"),
        machine.filesystem("xfs", 320L << 20),
        machine.filesystem("btrfs", SIZE));
  }

  @Test
  void otherFilesystemsAreIncluded() throws Exception {
    makeOthers();

    Run run = backUp();

    assertThat(files())
        .containsExactlyInAnyOrder("ext/e", "usb/u", "btr/b", "btr/nested/n", "run/media/e");
    assertThat(run.err().lines())
        .containsExactlyInAnyOrder(
            warning("ext", "ext4"), warning("usb", "xfs"), warning("run/media", "ext4"));
    assertThat(leftOut(run)).containsExactly("run: the content is kept in memory only (tmpfs)");
    assertThat(run.out()).contains("3 snapshots within ");
    restoresToTheSame("run");
  }

  @Test
  void otherFilesystemsAreSkipped() throws Exception {
    makeOthers();
    agent.with("options", "{\"otherFilesystems\": \"skip\"}");

    Run run = backUp();

    assertThat(files()).isEmpty();
    assertThat(members()).contains("ext/", "usb/", "btr/", "run/");
    assertThat(leftOut(run))
        .containsExactlyInAnyOrder(
            "ext: another filesystem (ext4), as \"otherFilesystems\" says",
            "usb: another filesystem (xfs), as \"otherFilesystems\" says",
            "btr: another filesystem (btrfs), as \"otherFilesystems\" says",
            "btr/nested: another filesystem (btrfs), as \"otherFilesystems\" says",
            "run: the content is kept in memory only (tmpfs)",
            "run/media: another filesystem (ext4), as \"otherFilesystems\" says");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void otherFilesystemsEndTheRun() throws Exception {
    makeOthers();
    agent.with("options", "{\"otherFilesystems\": \"fail\"}");

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(run.errors())
        .singleElement()
        .asString()
        .contains(root + "/btr is another filesystem (btrfs) below " + root, "\"fail\"");
  }

  @Test
  void rootsThatNobodyMayChange() throws Exception {
    machine.sh(
        """
        here $1; btrfs -q subvolume create a; btrfs -q subvolume create b; echo 1 >a/file; echo 2 >b/file
        chattr +i a; chattr +a .; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));
    try {
      assertThat(backUp().out()).contains("3 snapshots within ", root + "/b/.plasma-snapshots/");
      assertThat(files()).containsExactlyInAnyOrder("a/file", "b/file");
    } finally {
      machine.sh("chattr -a .; chattr -i a");
    }
  }

  @Test
  void aRootThatIsMountedReadOnly() throws Exception {
    machine.sh(
        """
        here $1; btrfs -q subvolume create @; btrfs -q subvolume create @home
        here -o subvol=@ $1; mkdir home; mount -o subvol=@home $1 home; echo 1 >file; echo 2 >home/file
        sync -f .; mount -o remount,bind,ro .
        """,
        machine.filesystem("btrfs", SIZE));

    assertThat(backUp().out()).contains(root + "/home/.plasma-snapshots/");
    assertThat(files()).containsExactlyInAnyOrder("file", "home/file");

    machine.sh("mount -o remount,bind,ro home");
    Run refused = agent.run();
    assertThat(refused.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(refused.errors())
        .singleElement()
        .asString()
        .contains(root.toString(), "mount it writable");
  }

  /** Whoever asks it anything would wait, or get an error as here. */
  private void mountDeadFilesystem() {
    machine.sh(
        """
        here $1; mkdir dead; echo x >file; sync -f .
        mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 dead dead 3<>/dev/fuse
        """,
        machine.filesystem("btrfs", SIZE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"btrfs-snapshot", "tar"})
  void aDeadFilesystemThatIsExcludedIsNotAsked(String strategy) throws Exception {
    mountDeadFilesystem();
    agent.strategy(strategy).with("exclude", "[\"dead\"]");

    Run run = backUp();

    assertThat(members()).containsExactly("file");
    assertThat(leftOut(run)).containsExactly("dead: excluded by \"dead\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"btrfs-snapshot", "tar"})
  void aDeadFilesystemThatIsSkippedIsNotAsked(String strategy) throws Exception {
    mountDeadFilesystem();
    agent.strategy(strategy).with("options", "{\"otherFilesystems\": \"skip\"}");

    Run run = backUp();

    assertThat(members()).containsExactly("dead/", "file");
    assertThat(leftOut(run))
        .containsExactly("dead: another filesystem (fuse), as \"otherFilesystems\" says");
  }

  @Test
  void aDeadFilesystemEndsTheRunWithAdvice() throws Exception {
    mountDeadFilesystem();

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.READ.number());
    assertThat(run.errors()).singleElement().asString().contains(root + "/dead", "\"exclude\"");
  }

  @Test
  void aTargetBehindALinkInAnotherOne() throws Exception {
    machine.sh(
        """
        here $1; mkdir -p a real/sub; ln -s ../real a/link; echo x >real/sub/file; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));
    agent.folders(root.resolve("a"), root.resolve("a/link/sub"));

    Run run = backUp();

    assertThat(files()).containsExactly("a/link", "real/sub/file");
    assertThat(run.err())
        .isEqualTo(
            "plasma-agent: warning: %1$s/a/link/sub is reached by a symbolic link in another target folder; it is archived as %1$s/real/sub\n"
                .formatted(root));
  }

  @ParameterizedTest
  @ValueSource(strings = {"btrfs-snapshot", "tar"})
  void hasTheSameOfNestedSubvolumesWhateverTheStrategy(String strategy) throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create a; mkdir -p a/b/c; btrfs -q subvolume create a/b/c/d; echo 1 >a/b/c/d/file
        btrfs -q subvolume create a/b/c/d/e; echo 2 >a/b/c/d/e/file; ln a/b/c/d/e/file a/b/c/d/e/link
        sync -f .
        btrfs -q subvolume snapshot -r a/b/c/d a/snap; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));
    agent.strategy(strategy);

    Run run = backUp();

    assertThat(files()).containsExactly("a/b/c/d/e/file", "a/b/c/d/e/link", "a/b/c/d/file");
    assertThat(leftOut(run)).containsExactly("a/snap: a read-only subvolume");
    restoresToTheSame("snap");
  }

  @Test
  void namesOfAnyBytesAndPathsOfAnyLength() throws Exception {
    machine.sh(
        """
        here $1
        /usr/bin/python3 - <<'END'
        import os, subprocess
        def subvolume(name):
            subprocess.run([b"btrfs", b"-q", b"subvolume", b"create", b"./" + name], check=True)
        for name in (b"with space", b"new\\nline", b"\\xff\\xfe", b"back\\\\slash", b"n" * 255):
            subvolume(name)
            open(name + b"/file", "w").write("x")
        for i in range(25):
            os.mkdir(b"d" * 200)
            os.chdir(b"d" * 200)
        subvolume(b"deep")
        open(b"deep/file", "w").write("deep")
        END
        sync -f .
        mkdir 'mount point'; mount -t tmpfs tmpfs 'mount point'
        """,
        machine.filesystem("btrfs", SIZE));

    Run run = backUp();

    assertThat(run.out()).contains("7 snapshots within ");
    assertThat(leftOut(run))
        .containsExactly("mount point: the content is kept in memory only (tmpfs)");
    assertThat(files().stream().filter(name -> name.endsWith("/file"))).hasSize(6);
    assertThat(files()).anyMatch(name -> name.endsWith("d/deep/file") && name.length() > 5000);
  }

  @Test
  void aTargetWithinATargetComesOnceAndAReadOnlyOneAllTheSame() throws Exception {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create home; echo letter >home/letter; sync -f .
        mkdir snaps; btrfs -q subvolume snapshot -r home snaps/1; btrfs -q subvolume snapshot -r home snaps/2
        """,
        machine.filesystem("btrfs", SIZE));
    agent.folders(root, root.resolve("home"), root.resolve("snaps/2"));

    Run run = backUp();

    assertThat(files()).containsExactly("home/letter", "snaps/2/letter");
    assertThat(leftOut(run)).containsExactly("snaps/1: a read-only subvolume");
    assertThat(run.err())
        .isEqualTo(
            "plasma-agent: warning: %s/home is part of %s; it is archived once\n"
                .formatted(root, root));
  }

  @Test
  void hooksMayMountAndMakeSubvolumes() throws Exception {
    machine.sh(
        "here $1; btrfs -q subvolume create old; echo o >old/file; mkdir mnt; sync -f .",
        machine.filesystem("btrfs", SIZE));
    String device = machine.filesystem("btrfs", SIZE);
    agent.before(
        "cd "
            + root
            + " && btrfs -q subvolume create new && echo n >new/file && mount "
            + device
            + " mnt && echo m >mnt/file && sync -f mnt && btrfs -q subvolume delete old && sync -f .");

    backUp();

    assertThat(files()).containsExactlyInAnyOrder("new/file", "mnt/file");
  }

  @Test
  void subvolumesThatComeAndGoMeanwhile() throws Exception {
    machine.sh(
        "here $1; btrfs -q subvolume create stays; echo s >stays/file; sync -f .",
        machine.filesystem("btrfs", SIZE));
    Process churn =
        new ProcessBuilder(
                "bash",
                "-c",
                "cd \"$0\"; i=0; while :; do i=$((i+1)); btrfs -q subvolume create t$i; sleep 0.05;"
                    + " btrfs -q subvolume delete t$i; sleep 0.05; done >/dev/null 2>&1",
                root.toString())
            .start();
    try {
      for (int i = 0; i < 10; i++) {
        Run run = agent.run();
        // In the archive, or not there any more, or loudly failed: never an empty directory.
        if (run.status() == 0) {
          assertThat(files()).contains("stays/file");
        } else {
          assertThat(run.status()).isEqualTo(ExitCode.SNAPSHOT.number());
          assertThat(run.errors()).singleElement().asString().contains("no backup was made");
        }
        Command.run("find", storage.toString(), "-type", "f", "-delete");
      }
    } finally {
      churn.destroyForcibly().waitFor();
      machine.sh("sleep 0.2; for t in t*; do [ ! -d $t ] || btrfs -q subvolume delete $t; done");
    }
  }

  private void makeSmallMachine() {
    machine.sh(
        """
        here $1
        btrfs -q subvolume create home; mkdir home/joe home/joe/.cache; echo letter >home/joe/letter
        btrfs -q subvolume create home/joe/.cache/build; echo o >home/joe/.cache/build/a.o
        touch home/nocow; chattr +C home/nocow; echo in place >home/nocow; chattr +i home/joe/letter
        mkdir run $'odd \\xff'; sync -f .
        btrfs -q subvolume snapshot -r home $'odd \\xff/snap'; mount -t tmpfs tmpfs run
        """,
        machine.filesystem("btrfs", SIZE));
    agent.with("exclude", "[\".cache/\"]");
  }

  private String index() throws IOException {
    return Command.run("sh", "-c", "zstd -dcq \"$0\".index", archive().toString());
  }

  @Test
  void theIndexHasWhatTheRunLeftOutAndWhenTheSnapshotsWereMade() throws Exception {
    makeSmallMachine();
    try {
      Run run = backUp();

      assertThat(run.out()).contains("2 snapshots within ");
      assertThat(files()).containsExactly("home/joe/letter", "home/nocow");
      List<String> lines = index().lines().toList();
      assertThat(lines.getFirst()).containsPattern("\"skewMicros\":[1-9]\\d*,?");
      assertThat(lines.getFirst().split("\"transaction\":[1-9]", -1)).hasSize(3);
      String prefix = root.toString().substring(1);
      assertThat(lines.stream().filter(line -> line.startsWith("{\"leftOut")))
          .hasSize(3)
          .contains(
              "{\"leftOut\":\"%s/home/joe/.cache\",\"reason\":\"excluded\",\"why\":\"excluded by \\\".cache/\\\"\"}"
                  .formatted(prefix))
          .anyMatch(line ->
              line.startsWith("{\"leftOutBase64\":")
                  && line.contains("\"reason\":\"readOnlySubvolume\""))
          .anyMatch(
              line -> line.startsWith("{\"leftOut\":\"" + prefix + "/run\",\"reason\":\"mount\""));
      assertThat(lines.stream().filter(line -> line.contains("\"noCow\":true")))
          .singleElement()
          .asString()
          .contains("/home/nocow");
      assertThat(lines.stream().filter(line -> line.contains("\"immutable\":true")))
          .singleElement()
          .asString()
          .contains("/home/joe/letter");
    } finally {
      machine.sh("chattr -i home/joe/letter");
    }
  }

  @Test
  void aDryRunShowsATreeToPeopleAndTheSameToMachines() throws Exception {
    makeSmallMachine();
    try {
      Run people = agent.run("--dry-run");
      Run machines = agent.run("--dry-run", "--json");

      assertThat(people.status()).isZero();
      assertThat(people.out().lines().map(line -> line.replaceAll(" +", " ")))
          .anyMatch(
              line -> line.matches(root + " snapshot btrfs /dev/loop\\d+, subvolume 5 at /: .*"))
          .anyMatch(line ->
              line.matches(" home snapshot btrfs /dev/loop\\d+, subvolume 256 at /home: .*"))
          .contains(
              " joe/.cache/build left out excluded by \".cache/\"",
              " odd \\377/snap left out a read-only subvolume",
              " run left out the content is kept in memory only (tmpfs)",
              "left out: " + root + "/home/joe/.cache: excluded by \".cache/\"",
              "nothing was changed");

      assertThat(machines.status()).isZero();
      assertThat(machines.out().lines()).hasSize(1);
      String summary =
          Command.run(
              "/usr/bin/python3",
              "-c",
              """
              import base64, json, sys
              plan = json.loads(sys.argv[1])
              for part in plan["folders"][0]["parts"]:
                  path = part.get("path") or repr(base64.b64decode(part["pathBase64"]))
                  print(path[len(sys.argv[2]):], part["read"], part.get("reason", part.get("entries")))
              print(len(plan["leftOut"]), plan["strategy"], plan["entries"] > 0)
              """,
              machines.out(),
              root.toString());
      assertThat(summary.lines().map(String::strip))
          .contains(
              "snapshot 3",
              "/home snapshot 4",
              "/home/joe/.cache/build no excluded",
              "/run no mount",
              "3 btrfs-snapshot True");
    } finally {
      machine.sh("chattr -i home/joe/letter");
    }
  }

  @Test
  void aTargetThatIsReachedByALinkDoesNotTakeAnythingFromTheOther() throws Exception {
    machine.sh(
        """
        here $1
        mkdir -p data/sub; ln -s data link
        btrfs -q subvolume create data/sub/nested; echo n >data/sub/nested/n; sync -f .
        """,
        machine.filesystem("btrfs", SIZE));
    agent.folders(root, root.resolve("link/sub"));

    Run run = backUp();

    assertThat(files()).containsExactlyInAnyOrder("data/sub/nested/n", "link");
    assertThat(run.out()).contains("2 snapshots within ");
  }

  @Test
  void aDirectoryWhoseNameAHiddenSubvolumeHasIsArchived() throws Exception {
    machine.sh(
        """
        here $1
        mkdir -p var/lib; btrfs -q subvolume create var/lib/machines; sync -f .
        mount $2 var; mkdir -p var/lib/machines; echo p >var/lib/machines/precious; sync -f var
        """,
        machine.filesystem("btrfs", SIZE),
        machine.filesystem("ext4", 16L << 20, "-q"));

    backUp();

    assertThat(files()).containsExactly("var/lib/machines/precious");
  }

  @ParameterizedTest
  @ValueSource(strings = {"btrfs-snapshot", "tar"})
  void whatIsShownTwiceButOnceUnderAnotherMountIsArchived(String strategy) throws Exception {
    machine.sh(
        """
        here $1
        mkdir log hdd.log; echo l >log/line; sync -f .
        mount --bind log hdd.log; mount -t tmpfs tmpfs log; mkdir srv; echo s >srv/s; mount --bind srv srv
        """,
        machine.filesystem("btrfs", SIZE));
    agent.strategy(strategy);

    Run run = backUp();

    assertThat(files()).contains("hdd.log/line", "srv/s");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void aTargetWithinAnExcludedFolderIsRefused() throws Exception {
    machine.sh("here $1; mkdir -p cache/keep", machine.filesystem("btrfs", SIZE));
    agent
        .folders(root, root.resolve("cache/keep"))
        .with("exclude", "[" + AgentSetup.string(root + "/cache") + "]");

    Run run = agent.run();

    assertThat(run.status()).isEqualTo(ExitCode.REFUSED.number());
    assertThat(run.err()).contains("cache/keep is a target folder, but \"exclude\" has");
  }

  @Test
  void aStoreThatIsASubvolumeIsNotInTheBackup() throws Exception {
    machine.sh(
        "here $1; btrfs -q subvolume create backup; echo o >backup/old; echo f >file; sync -f .",
        machine.filesystem("btrfs", SIZE));
    Path store = root.resolve("backup");
    agent.to(store);

    Run run = agent.run();

    assertThat(run.status()).isZero();
    assertThat(leftOut(run)).contains("backup: where the archives are stored");
    try (Stream<Path> stored = Files.list(store)) {
      Path tar = stored.filter(file -> file.toString().endsWith(".tar")).findFirst().orElseThrow();
      assertThat(Command.run("tar", "-tf", tar.toString()))
          .contains("/file")
          .doesNotContain("backup/");
    }
  }
}
