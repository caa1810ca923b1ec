package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.RandomTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** {@code plasma-restore diff}: each sort of difference, made one at a time, and none. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class DiffArchiveTest {

  @TempDir private Path home;

  private static void sh(Path folder, String script) {
    Command.run("bash", "-euc", "cd \"$0\"; " + script, folder.toString());
  }

  private Path storage() {
    return home.resolve("storage");
  }

  private void backUp(Path folder, String... extra) throws IOException {
    Files.createDirectory(storage());
    AgentSetup agent =
        new AgentSetup(home)
            .strategy("btrfs-snapshot")
            .folders(folder)
            .with("compression", "\"zstd\"")
            .to(storage());
    if (extra.length > 0) {
      agent = agent.with("exclude", extra[0]);
    }
    Run run = agent.run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  private Run diff(String... arguments) {
    return Commands.run(
        new PlasmaRestore(),
        Stream.concat(
                Stream.of("diff", "--from", storage().toString(), "latest"), Stream.of(arguments))
            .toArray(String[]::new));
  }

  @Test
  void nothingDiffersInATreeThatIsAsItWas() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create("compress=zstd:3")) {
      Path folder = btrfs.subvolume("data");
      // Not the subvolume itself, in which the agent makes its snapshots.
      backUp(RandomTree.growOnBtrfs(folder, 11).path());

      for (Run run : List.of(diff(), diff("--content"))) {
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).contains(": nothing differs, of ").hasLineCount(1);
        assertThat(run.status()).isZero();
      }
      assertThat(diff("--json").out()).contains("\"differences\":[],\"members\":");
      Run elsewhere = diff(home.resolve("storage").toString());
      assertThat(elsewhere.status()).isEqualTo(20);
      assertThat(elsewhere.out().lines().filter(line -> line.startsWith("removed    ")).count())
          .isGreaterThan(100);
    }
  }

  private static final String MAKE =
      """
      mkdir d d/sub empty
      printf one >d/a; printf two >d/b; printf three >d/sub/c; printf last >z
      ln d/a d/twin
      ln -s a d/link
      mkfifo fifo
      mknod node c 1 3
      truncate -s 1M holes; printf end >>holes
      setfattr -n user.x -v 1 d/b
      setfacl -m u:1234:r d/b
      printf odd >"$(printf 'caf\\351\\nx')"
      find . -exec touch -hd '2026-01-05 02:00:00.123456789Z' {} +
      """;

  private static final String TIME = "2026-01-05T02:00:00.123456789Z";

  /** A copy of the folder, in which something was changed, and all that is told of it. */
  private void assertDiffers(Path folder, String change, List<String> mode, String... lines)
      throws Exception {
    Path copy = Files.createTempDirectory(home, "copy");
    Path inner = copy.resolve(folder.toString().substring(1));
    Files.createDirectories(inner.getParent());
    Command.run("cp", "-a", folder.toString(), inner.toString());
    // What is changed in a directory is not to show in its time as well.
    sh(
        inner,
        change
            + "\nfor t in . d d/sub empty; do if [ -d $t ]; then touch -d '"
            + TIME
            + "' $t; fi; done");
    List<String> arguments = new ArrayList<>(mode);
    arguments.add(copy.toString());

    Run run = diff(arguments.toArray(String[]::new));

    assertThat(run.err()).as(change).isEmpty();
    List<String> told = run.out().lines().toList();
    String prefix = folder.toString().substring(1);
    List<String> expected =
        Stream.of(lines)
            .map(line -> line.replace("@", prefix + "/").replace("@.", prefix))
            .toList();
    assertThat(told.subList(0, told.size() - 1)).as(change).isEqualTo(expected);
    assertThat(run.status()).as(change).isEqualTo(lines.length == 0 ? 0 : 20);
    Command.run("rm", "-r", copy.toString());
  }

  private void assertDiffers(Path folder, String change, String... lines) throws Exception {
    assertDiffers(folder, change, List.of(), lines);
    assertDiffers(folder, change, List.of("--content"), lines);
  }

  private void assertOnlyContentTells(Path folder, String change, String... lines)
      throws Exception {
    assertDiffers(folder, change, List.of());
    assertDiffers(folder, change, List.of("--content"), lines);
  }

  @Test
  void eachDifferenceIsToldExactly() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path f = Files.createDirectory(btrfs.subvolume("data").resolve("f"));
      sh(f, MAKE);
      backUp(f);
      assertDiffers(f, ":");

      assertDiffers(f, "printf new >d/ab", "added       @d/ab");
      assertDiffers(f, "printf new >zz", "added       @zz");
      assertDiffers(
          f,
          "mkdir d/n; printf 1 >d/n/2; ln -s /etc d/n/1; mkfifo d/n/3",
          "added       @d/n",
          "added       @d/n/1",
          "added       @d/n/2",
          "added       @d/n/3");
      assertDiffers(f, "rm z", "removed     @z");
      assertDiffers(f, "rm -r d/sub", "removed     @d/sub", "removed     @d/sub/c");
      assertDiffers(
          f,
          "rm -r d/sub; ln -s ../empty d/sub; touch -hd " + TIME + " d/sub",
          "changed     @d/sub: type directory -> symbolic link",
          "removed     @d/sub/c");
      assertDiffers(
          f,
          "rm z; mkdir z; printf 1 >z/in",
          "changed     @z: type file -> directory",
          "added       @z/in");
      assertDiffers(f, "printf more >>z; touch -d " + TIME + " z", "changed     @z: size 4 -> 8");
      assertDiffers(
          f,
          "touch -d 1969-12-31T23:59:59.5Z z",
          "changed     @z: time " + TIME + " -> 1969-12-31T23:59:59.500Z");
      assertDiffers(f, "chmod 4711 z", "changed     @z: permissions 0644 -> 4711");
      assertDiffers(f, "chown 12:34 z", "changed     @z: owner 0:0 -> 12:34");
      assertDiffers(f, "chown -h 12:34 d/link", "changed     @d/link: owner 0:0 -> 12:34");
      assertDiffers(
          f,
          "ln -sfn b d/link; touch -hd " + TIME + " d/link",
          "changed     @d/link: target a -> b");
      assertDiffers(
          f,
          "rm node; mknod node c 1 5; touch -d " + TIME + " node",
          "changed     @node: device 1:3 -> 1:5");
      assertDiffers(
          f,
          "rm node; mknod node b 1 3; touch -d " + TIME + " node",
          "changed     @node: type character device -> block device");
      assertDiffers(
          f, "rm d/twin; cp -a d/a d/twin", "changed     @d/twin: link @d/a -> another file");
      assertDiffers(f, "chmod 700 empty", "changed     @empty: permissions 0755 -> 0700");
      assertDiffers(f, "rm caf*; printf 1 >caf", "added       @caf", "removed     @caf\\351\\012x");
      assertDiffers(f, "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'");

      assertOnlyContentTells(
          f, "printf TWO >d/b; touch -d " + TIME + " d/b", "changed     @d/b: content");
      assertOnlyContentTells(
          f,
          "printf x | dd of=holes bs=1 seek=5000 conv=notrunc status=none; touch -d "
              + TIME
              + " holes",
          "changed     @holes: content");
      assertOnlyContentTells(
          f,
          "printf end | dd of=holes bs=1 seek=1M conv=notrunc status=none; dd if=/dev/zero of=holes bs=4k count=3 conv=notrunc status=none; touch -d "
              + TIME
              + " holes");
      assertOnlyContentTells(
          f,
          "setfattr -n user.x -v 2 d/b",
          "changed     @d/b: attribute user.x 1 bytes -> 1 bytes");
      assertOnlyContentTells(
          f, "setfattr -x user.x d/b", "changed     @d/b: attribute user.x 1 bytes -> none");
      assertOnlyContentTells(
          f,
          "setfacl -d -m u:1:r empty",
          "changed     @empty: attribute system.posix_acl_default none -> 44 bytes");
      assertOnlyContentTells(
          f,
          "setfacl -m u:1234:rw,m::r d/b",
          "changed     @d/b: attribute system.posix_acl_access 44 bytes -> 44 bytes");
    }
  }

  @Test
  void whatWasLeftOutByIntentIsNoDifference() throws Exception {
    try (LoopbackBtrfs btrfs = LoopbackBtrfs.create()) {
      Path f = Files.createDirectory(btrfs.subvolume("data").resolve("f"));
      sh(f, MAKE + "mkdir cache; printf 1 >cache/1; printf 2 >d/x.o");
      backUp(f, "[\"cache/\", \"*.o\"]");
      sh(f, "printf 3 >cache/2; printf 4 >d/y.o");
      btrfs.btrfs(
          "subvolume",
          "snapshot",
          "-r",
          btrfs.root().resolve("data").toString(),
          f.resolve("snap").toString());

      Run run = diff();

      String name = f.toString().substring(1);
      assertThat(run.out().lines().filter(line -> !line.contains(": time ")))
          .containsSubsequence("added       " + name + "/d/y.o", "added       " + name + "/snap")
          .hasSize(3);
      assertThat(run.status()).isEqualTo(20);
      // A folder's time changes with what is in it.
      assertThat(run.out()).contains("changed     " + name + "/d: time ");
    }
  }
}
