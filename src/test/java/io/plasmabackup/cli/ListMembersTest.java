package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * {@code plasma-restore ls} and {@code find}, compared with what GNU find finds in the same tree:
 * one whose index has many frames, so that few of them are read, and names that are before or
 * behind others only because a slash counts as the first of all bytes.
 */
@ExtendWith(NoLeakedFds.class)
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
@Timeout(300)
class ListMembersTest {

  private static final int FILES = 60_000;

  @TempDir private Path home;

  private final List<Path> folders = new ArrayList<>();

  /** Wide, deep and narrow directories beside each other. */
  private Path growTree() throws IOException {
    Random random = new Random(11);
    Path root = Files.createDirectories(home.resolve("folder"));
    folders.add(root);
    String[] names = {
      "a", "a b", "a-b", "a.b", "ab", "a!", "Ärger", "new\nline", "quo\"te", "b\\c"
    };
    for (int i = 0; i < 120; i++) {
      Path above = folders.get(random.nextInt(folders.size()));
      Path folder = above.resolve(names[random.nextInt(names.length)] + (i < 9 ? "" : "-" + i));
      if (Files.notExists(folder)) {
        folders.add(Files.createDirectory(folder));
      }
    }
    for (int i = 0; i < FILES; i++) {
      // Half of them are in three directories.
      int folder = random.nextBoolean() ? random.nextInt(3) : random.nextInt(folders.size());
      Files.createFile(folders.get(folder).resolve("file " + i));
    }
    return root;
  }

  private void backUp(AgentSetup agent, String compression) throws IOException {
    Run run =
        agent
            .strategy("tar")
            .folders(growTree())
            .with("compression", '"' + compression + '"')
            .run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  /** Names of members, without the folder that they are in. */
  private static List<String> listed(Path folder, String... where) {
    String[] command =
        Stream.concat(Stream.of("ls", "--json", "latest", folder.toString()), Stream.of(where))
            .toArray(String[]::new);
    Run run = Commands.run(new PlasmaRestore(), command);
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    List<String> names = new ArrayList<>();
    try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), run.out())) {
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        if (token == JsonToken.PROPERTY_NAME && json.currentName().equals("name")) {
          String name = json.nextStringValue();
          assertThat(name).startsWith(folder.toString().substring(1) + "/");
          names.add(name.substring(folder.toString().length()));
        }
      }
    }
    return names;
  }

  private static List<String> onDisk(Path folder) {
    String out =
        Command.run(
            "find", folder.toString(), "-mindepth", "1", "-maxdepth", "1", "-printf", "%f\\0");
    return Stream.of(out.split("\0", -1)).filter(name -> !name.isEmpty()).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "zstd"})
  void showsWhatIsDirectlyInEachFolder(String compression) throws Exception {
    Path storage = Files.createDirectory(home.resolve("storage"));
    backUp(new AgentSetup(home).to(storage), compression);
    int all = 0;
    for (Path folder : folders) {
      List<String> names = listed(folder, "--from", storage.toString());
      assertThat(names)
          .as(folder.toString())
          .hasSameElementsAs(onDisk(folder))
          .doesNotHaveDuplicates();
      all += names.size();
    }
    assertThat(all).isEqualTo(FILES + folders.size() - 1);
  }

  @Test
  void showsThemOverSsh() throws Exception {
    try (SshdServer server = SshdServer.start()) {
      AgentSetup agent = new AgentSetup(home).to(server);
      backUp(agent, "none");
      String configuration = agent.file().toString();
      for (Path folder : folders.subList(0, 4)) {
        assertThat(listed(folder, "--config", configuration)).hasSameElementsAs(onDisk(folder));
      }
      Run find =
          Commands.run(
              new PlasmaRestore(), "find", "-0", "latest", "*77", "--config", configuration);
      assertThat(find.err()).isEmpty();
      assertThat(find.out().split("\0"))
          .containsExactlyInAnyOrder(
              Command.run("find", folders.getFirst().toString(), "-name", "*77", "-printf", "%p\\0")
                  .replaceAll("(^|\0)/", "$1")
                  .split("\0"));
    }
  }
}
