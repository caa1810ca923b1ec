package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Owners and permissions of what is restored, whatever the umask, and whatever the folder passes on
 * to what is made in it.
 */
class ExtractedOwnersTest {

  @TempDir private Path home;
  private Path folder = Path.of("");
  private Path storage = Path.of("");

  @BeforeEach
  void backUp() throws IOException {
    Requires.root();
    folder = Files.createDirectory(home.resolve("folder"));
    storage = Files.createDirectory(home.resolve("storage"));
    // The first hundred files are made in another way than those that follow.
    for (String half : List.of("first", "second")) {
      for (String mode :
          List.of(
              "0", "400", "444", "440", "640", "660", "600", "644", "666", "755", "777", "1755",
              "2755", "4755")) {
        for (String owner : List.of("0:0", "0:7", "7:0", "1000:1001")) {
          Path sub = Files.createDirectories(folder.resolve(half).resolve("in-" + owner));
          Path file = Files.writeString(sub.resolve("file-" + mode), mode);
          Path directory = Files.createDirectory(sub.resolve("directory-" + mode));
          Files.writeString(directory.resolve("file"), owner);
          for (Path path : List.of(file, directory)) {
            Command.run("chown", owner, path.toString());
            Command.run("chmod", "0" + mode, path.toString());
          }
        }
      }
    }
    Run run = new AgentSetup(home).strategy("tar").folders(folder).to(storage).run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
  }

  private static String owners(Path folder) {
    return Command.run(
        "bash",
        "-ec",
        "cd \"$0\"; find . -mindepth 1 -printf '%p %m %U:%G\\n' | sort",
        folder.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "000, true",
    "022, true",
    "027, 'chmod 700'",
    "077, true",
    "777, true",
    "022, 'chgrp 7'",
    "022, 'chgrp 7 DIR; chmod 2755'",
    "022, 'chown 7:7'",
    "000, 'setfacl -d -m u:7:rwx,o::---'",
    "077, 'setfacl -d -m g:7:r'"
  })
  void areThoseOfTheArchive(String umask, String prepare) throws Exception {
    Path target = Files.createDirectory(home.resolve("target"));
    Command.run("bash", "-ec", prepare.replace("DIR", "\"$0\"") + " \"$0\"", target.toString());
    List<String> command =
        new ArrayList<>(List.of("bash", "-ec", "umask " + umask + "; exec \"$@\"", "bash"));
    command.addAll(
        Commands.restore(
            "extract", "latest", "--from", storage.toString(), "--to", target.toString()));

    Command.run(command.toArray(String[]::new));

    assertThat(owners(target.resolve(folder.toString().substring(1)))).isEqualTo(owners(folder));
  }
}
