package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.testing.Refusals;
import java.nio.charset.StandardCharsets;

/** A guess would delete backups: what is read as a policy is one, and what isn't is refused. */
class PolicyFileFuzzTest {

  private static final String FILE = "user@host:/backup/plasma-rotate.json";

  @FuzzTest
  void anyBytes(byte[] content) throws Failure {
    Policy policy;
    try {
      policy = PolicyFile.parse(FILE, content);
    } catch (Failure refused) {
      Refusals.check(refused, ExitCode.CONFIGURATION);
      assertThat(refused).hasMessageStartingWith(FILE + ", line ");
      assertThat(refused).hasMessageEndingWith("; nothing was deleted");
      return;
    }
    String rewritten =
        "{\"policy\": {\"daily\": %d, \"weekly\": %d, \"monthly\": %d}}"
            .formatted(policy.daily(), policy.weekly(), policy.monthly());
    assertThat(PolicyFile.parse(FILE, rewritten.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(policy);
  }
}
