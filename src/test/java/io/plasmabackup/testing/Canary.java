package io.plasmabackup.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A folder that nobody may touch: the kernel tells what was opened, read or changed in it, and what
 * it was like before is compared with what it is like afterwards. Stop watching before anything is
 * done there on purpose.
 */
public final class Canary implements AutoCloseable {

  private final Path folder;
  private final Map<Path, String> before;
  private final Process watcher;
  private final Writer questions;
  private final BufferedReader answers;

  private Canary(Path folder) throws IOException {
    this.folder = folder;
    this.before = state();
    this.watcher = PythonScript.start("watch-folder.py", folder.toString());
    this.questions = watcher.outputWriter(StandardCharsets.UTF_8);
    this.answers = watcher.inputReader(StandardCharsets.UTF_8);
    happened();
  }

  /** Of a folder as it is now. */
  public static Canary of(Path folder) throws IOException {
    return new Canary(folder);
  }

  /** What was opened, read or changed since this was asked last. */
  private String happened() throws IOException {
    questions.write("\n");
    questions.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new AssertionError("the watcher of " + folder + " has ended");
    }
    return answer;
  }

  /** Fails if somebody has touched it since the last time. */
  public void assertUntouched(String description) throws IOException {
    assertThat(happened()).as(description).isEmpty();
    assertThat(state()).as(description).isEqualTo(before);
    // That was us.
    happened();
  }

  /** All that can be told of all that is there; but for access times, which looking may change. */
  private Map<Path, String> state() throws IOException {
    Map<Path, String> state = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.toList()) {
        Map<String, Object> status =
            new TreeMap<>(Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS));
        status.remove("lastAccessTime");
        String content = Files.isRegularFile(path) ? Files.readString(path) : "";
        state.put(path, status + content);
      }
    }
    return state;
  }

  @Override
  public void close() throws IOException {
    questions.close();
    answers.close();
    watcher.destroy();
  }
}
