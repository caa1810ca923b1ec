package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.testing.SshdServer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

class ShellCommandTest {

  @Property(tries = 200)
  void shellSeesExactlyTheArguments(@ForAll @Size(max = 4) List<@From("words") String> words) {
    String line = ShellCommand.of("printf", with("%s|", words));
    String expected = words.isEmpty() ? "|" : String.join("|", words) + "|";
    assertThat(SshdServer.run(List.of("sh", "-c", line))).isEqualTo(expected);
  }

  @Provide
  Arbitrary<String> words() {
    return Arbitraries.strings().withChars("ab '\"\\$`!*?[]{}()<>|&;#~=\n\t-ü漢").ofMaxLength(12);
  }

  private static List<String> with(String first, List<String> rest) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(rest);
    return all;
  }

  @Example
  void plainWordsStayReadable() {
    assertThat(ShellCommand.of("ssh-keygen", List.of("-f", "/a/b.c")))
        .isEqualTo("ssh-keygen -f /a/b.c");
    assertThat(ShellCommand.quote("")).isEqualTo("''");
    assertThat(ShellCommand.quote("~root")).isEqualTo("'~root'");
  }

  @Example
  void nulIsRefused() {
    assertThatThrownBy(() -> ShellCommand.quote("a\0b"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
