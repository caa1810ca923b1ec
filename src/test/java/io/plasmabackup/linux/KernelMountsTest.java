package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Requires;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link MountTable} against the kernel itself, on random mounts: stacked, bound, moved, slipped
 * beneath others, shared, over the root, after a chroot, with names of all sorts.
 */
class KernelMountsTest {

  private static final String PYTHON = "/usr/bin/python3";

  @TempDir Path folder;

  /** More of them with {@code -Dplasma.seeds=1000}. */
  static LongStream seeds() {
    return LongStream.range(0, Long.getLong("plasma.seeds", 40));
  }

  /** What the kernel says of a path: the mount's id, and whether all that is around it is known. */
  private record Answer(long mount, boolean inFolder) {}

  /** Mounts at random and asks; see random-mounts.py. */
  private Iterator<String> askKernel(long seed) throws Exception {
    URL script = Objects.requireNonNull(KernelMountsTest.class.getResource("random-mounts.py"));
    Process process =
        new ProcessBuilder(
                "timeout",
                "60",
                PYTHON,
                Path.of(script.toURI()).toString(),
                Long.toString(seed),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor()).as("exit status of %s", script).isZero();
    // Each field has a NUL at its end, so what is behind the last one is none.
    return Arrays.stream(output.split("\0", -1))
        .limit(output.chars().filter(c -> c == 0).count())
        .iterator();
  }

  private static byte[] bytes(String field) {
    return field.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void agreesWithTheKernel(long seed) throws Exception {
    Requires.systemAdministration();
    Requires.tool(PYTHON);
    Requires.tool("timeout");
    Iterator<String> fields = askKernel(seed);
    MountTable table = MountTable.parse(bytes(fields.next()));
    SortedMap<RawPath, Answer> answers = new TreeMap<>();
    for (String path = fields.next(); !path.isEmpty(); path = fields.next()) {
      answers.put(
          RawPath.copyOf(bytes(path)),
          new Answer(Long.parseLong(fields.next()), !fields.next().isEmpty()));
    }

    SoftAssertions all = new SoftAssertions();
    answers.forEach((path, answer) ->
        all.assertThat(table.at(path)).as("mount at %s", path).isEqualTo(table.byId(answer.mount)));
    answers.values().removeIf(answer -> !answer.inFolder);
    SortedMap<RawPath, Long> mountPoints = mountPoints(answers);
    for (RawPath around : answers.keySet()) {
      all.assertThat(table.visibleBelow(around))
          .as("below %s", around)
          .extracting(Mount::id)
          .containsExactlyElementsOf(below(around, mountPoints));
    }
    while (fields.hasNext()) {
      RawPath path = RawPath.copyOf(bytes(fields.next()));
      RawPath place = RawPath.copyOf(bytes(fields.next()));
      Optional<Mount> mount = table.at(path);
      if (mount.isPresent()) {
        all.assertThat(mount.get().within(path))
            .as("place of %s", path)
            .isEqualTo(Optional.of(place).filter(shown -> !shown.toString().endsWith("//deleted")));
      }
    }
    all.assertAll();
  }

  /** Where the way changes over into another mount. */
  private static SortedMap<RawPath, Long> mountPoints(SortedMap<RawPath, Answer> answers) {
    SortedMap<RawPath, Long> mountPoints = new TreeMap<>();
    answers.forEach((path, answer) -> {
      Answer around = answers.get(path.parent());
      if (around != null && around.mount != answer.mount) {
        mountPoints.put(path, answer.mount);
      }
    });
    return mountPoints;
  }

  private static List<Long> below(RawPath folder, SortedMap<RawPath, Long> mountPoints) {
    return mountPoints.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith(folder) && !entry.getKey().equals(folder))
        .map(Map.Entry::getValue)
        .toList();
  }
}
