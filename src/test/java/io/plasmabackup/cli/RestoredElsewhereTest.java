package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import io.plasmabackup.testing.TreeComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What comes back where not everything can: every single thing that doesn't is named, and nothing
 * else is.
 */
@Tag("loopback")
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
class RestoredElsewhereTest {

  private static final Pattern TOLD =
      Pattern.compile(
          "^plasma-restore: warning: (refused|kept|not restored): (\\S+): (.*?)(?: \\(.*\\))?$",
          Pattern.MULTILINE);

  @TempDir private Path home;
  private Path folder = Path.of("");
  private Path storage = Path.of("");
  private Path target = Path.of("");

  @BeforeEach
  void backUp() throws IOException {
    Requires.systemAdministration();
    folder = Files.createDirectory(home.resolve("folder"));
    storage = Files.createDirectory(home.resolve("storage"));
    target = home.resolve("target");
    for (String name : List.of("capable", "harmless", "listed", "others", "trusted")) {
      Files.writeString(folder.resolve(name), name);
    }
    run("mknod", path("device"), "c", "1", "3");
    run("mkfifo", path("fifo"));
    run("ln", "-s", "harmless", path("link"));
    run("ln", path("harmless"), path("z hard link"));
    run("chown", "--no-dereference", "1000:1000", path("others"), path("link"));
    run("chmod", "6755", path("others"));
    run("setfacl", "--modify", "user:1:rw", path("listed"));
    run("setfattr", "--name", "user.x", "--value", "y", path("listed"));
    run("setfattr", "--name", "trusted.x", "--value", "y", path("trusted"));
    run(
        "setfattr",
        "--name",
        "security.capability",
        "--value",
        "0x0100000200040000000000000000000000000000",
        path("capable"));
    assertThat(new AgentSetup(home).strategy("tar").folders(folder).to(storage).run().status())
        .isZero();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private static void run(String... command) {
    Command.run(command);
  }

  private Command.Result extract(String... before) {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(
        Commands.restore(
            "extract", "latest", "--from", storage.toString(), "--to", target.toString()));
    return Command.attempt(command.toArray(String[]::new));
  }

  private List<String> told(String output) {
    String name = folder.toString().substring(1) + "/";
    return TOLD.matcher(output)
        .results()
        .map(told -> told.group(1) + " " + told.group(2).replace(name, "") + ": " + told.group(3))
        .sorted()
        .toList();
  }

  private Path restored() {
    return target.resolve(folder.toString().substring(1));
  }

  @Test
  void withoutAnyPrivilege() throws IOException {
    Command.Result result = extract("setpriv", "--inh-caps=-all", "--bounding-set=-all");

    assertThat(told(result.output()))
        .containsExactly(
            "not restored capable: its attribute security.capability",
            "not restored link: its owner 1000:1000",
            "not restored others: its owner 1000:1000",
            "not restored others: set-uid and set-gid, as the owner is another",
            "not restored trusted: its attribute trusted.x",
            "refused device: is a device, which only root may make");
    assertThat(result.status()).isEqualTo(19);
    assertThat(result.output())
        .contains("0 kept out by what is there, 1 refused, 5 not restored in full");
    assertThat(Files.readString(restored().resolve("others"))).isEqualTo("others");
    assertThat(Files.getAttribute(restored().resolve("others"), "unix:mode")).isEqualTo(0100755);
    assertThat(Files.isSameFile(restored().resolve("harmless"), restored().resolve("z hard link")))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ext4", "xfs"})
  void onAnotherFilesystem(String type) throws IOException {
    Path image = home.resolve("image");
    run("truncate", "--size=400M", image.toString());
    run(Requires.tool("mkfs." + type).toString(), "-q", image.toString());
    Files.createDirectory(target);
    run("mount", "-o", "loop", image.toString(), target.toString());
    try {
      Command.Result result = extract();
      assertThat(told(result.output())).isEmpty();
      assertThat(result.status()).isZero();
      // XFS shows ACLs a second time, under a name of its own.
      assertThat(TreeComparison.withRestored(folder, restored()).lines())
          .allMatch(line -> type.equals("xfs") && line.contains("trusted.SGI_ACL_FILE"));
    } finally {
      run("umount", target.toString());
    }
  }

  @Test
  void onOneWithoutAttributes() throws IOException {
    Files.createDirectory(target);
    run("mount", "-t", "ramfs", "ramfs", target.toString());
    try {
      Command.Result result = extract();
      assertThat(told(result.output()))
          .containsExactly(
              "not restored capable: its attribute security.capability",
              "not restored listed: its ACL",
              "not restored listed: its attribute user.x",
              "not restored trusted: its attribute trusted.x");
      assertThat(result.status()).isEqualTo(19);
      assertThat(Files.getAttribute(restored().resolve("others"), "unix:mode")).isEqualTo(0106755);
    } finally {
      run("umount", target.toString());
    }
  }
}
