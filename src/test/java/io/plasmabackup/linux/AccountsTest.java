package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccountsTest {

  private final Accounts accounts = new Accounts();

  @Test
  void knowsWhoeverTheSystemKnows() {
    List<String> users = Command.run("getent", "passwd").lines().toList();
    assertThat(users).isNotEmpty();
    for (String user : users) {
      String[] fields = user.split(":", -1);
      // Several may have one id; the first is found.
      String first = Command.run("getent", "passwd", fields[2]);
      assertThat(accounts.user(Long.parseLong(fields[2])))
          .isEqualTo(first.substring(0, first.indexOf(':')));
    }
  }

  @Test
  void knowsGroups() {
    String group = Command.run("getent", "group", "0");

    assertThat(accounts.group(0)).isEqualTo(group.substring(0, group.indexOf(':')));
    assertThat(accounts.group(0)).as("remembered").isEqualTo(accounts.group(0));
  }

  @ParameterizedTest
  @ValueSource(longs = {1234567890, 4294967294L, 4294967295L})
  void nobodyHasNoName(long id) {
    assertThat(accounts.user(id)).isEmpty();
    assertThat(accounts.group(id)).isEmpty();
  }

  @Test
  void knowsAGroupOfVeryManyMembers(@TempDir Path folder) throws IOException {
    Requires.root();
    String unshare = Requires.tool("unshare").toString();
    String members =
        IntStream.range(0, 50_000).mapToObj(i -> "member" + i).collect(Collectors.joining(","));
    Path groups =
        Files.writeString(folder.resolve("group"), "root:x:0:\nmany:x:77777:" + members + "\n");
    String withGroups = "mount --bind \"$0\" /etc/group && exec \"$@\"";

    assertThat(
            Probe.run(
                List.of(unshare, "--mount", "sh", "-c", withGroups, groups.toString()),
                "group",
                "77777"))
        .isEqualTo("many");
  }

  @Test
  void knowsWhoWeAre() {
    assertThat(Accounts.effectiveUser()).hasToString(Command.run("id", "-u"));
  }
}
