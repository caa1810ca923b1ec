package io.plasmabackup.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnershipTest {

  @ParameterizedTest(name = "owner {0}, mode {1}, read by {2}: {3}")
  @CsvSource({
    "0, 0644, 0, trusted",
    "0, 0600, 0, trusted",
    "0, 0777644, 0, trusted",
    "0, 0664, 0, chmod",
    "0, 0646, 0, chmod",
    "0, 0666, 0, chmod",
    "0, 0020, 0, chmod",
    "1000, 0600, 0, chown",
    "1000, 0666, 0, chown",
    "4294967295, 0600, 0, chown",
    "0, 0644, 1000, trusted",
    "0, 0664, 1000, trusted",
    "0, 0646, 1000, chmod",
    "1000, 0600, 1000, trusted",
    "1000, 0664, 1000, trusted",
    "1000, 0602, 1000, chmod",
    "1001, 0644, 1000, chown",
  })
  void saysWhetherAFileMayDecideWhatRuns(long owner, String mode, long user, String verdict) {
    var distrust = new Ownership(owner, Integer.parseInt(mode, 8)).distrust(user, "/etc/x.conf");

    if (verdict.equals("trusted")) {
      assertThat(distrust).isEmpty();
    } else {
      assertThat(distrust).get().asString().contains("; check what it says, then run: " + verdict);
    }
  }

  @Test
  void theAdviceIsSafeToPaste() {
    assertThat(new Ownership(0, 0666).distrust(0, "/a b/$(x)'; rm -r ~"))
        .get()
        .asString()
        .endsWith("chmod go-w '/a b/$(x)'\\''; rm -r ~'");
  }
}
