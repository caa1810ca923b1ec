package io.plasmabackup.exclude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Refusals;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Patterns of an administrator on the names of a hostile user. */
class ExclusionsFuzzTest {

  /** The first line is a pattern, all that follows a path. */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    int line = 0;
    while (line < bytes.length && bytes[line] != '\n' && bytes[line] != 0) {
      line++;
    }
    String pattern = new String(bytes, 0, line, StandardCharsets.UTF_8);
    Optional<String> problem = Exclusions.problem(pattern);
    if (problem.isPresent()) {
      Refusals.checkShown(problem.get());
      assertThatIllegalArgumentException().isThrownBy(() -> Exclusions.of(List.of(pattern)));
      return;
    }
    Exclusions exclusions = Exclusions.of(List.of(pattern));
    RawPath path = path(bytes, line);
    for (boolean directory : new boolean[] {false, true}) {
      Optional<String> match = exclusions.match(path, directory);
      if (match.isPresent()) {
        assertThat(match).contains(pattern);
        assertThat(exclusions.matchWithParents(path, directory)).contains(pattern);
      }
    }
    if (exclusions.match(path, false).isPresent()) {
      assertThat(exclusions.match(path, true)).isPresent();
    }
  }

  /** Relative, and without empty components. */
  private static RawPath path(byte[] bytes, int from) {
    ByteArrayOutputStream path = new ByteArrayOutputStream();
    boolean slash = false;
    for (int i = from + 1; i < bytes.length; i++) {
      if (bytes[i] == '/') {
        slash = path.size() > 0;
      } else if (bytes[i] != 0) {
        if (slash) {
          path.write('/');
        }
        slash = false;
        path.write(bytes[i]);
      }
    }
    return RawPath.copyOf(path.toByteArray());
  }
}
