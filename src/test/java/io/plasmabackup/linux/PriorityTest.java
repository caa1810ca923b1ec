package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On this very process, which must be allowed to take it back. */
class PriorityTest {

  @BeforeEach
  void mayTakeItBack() throws IOException {
    Requires.root();
  }

  @AfterEach
  void restore() throws IOException {
    Priority.processor(0);
    Priority.disk(Priority.Disk.NORMAL);
  }

  @Test
  void everyThreadIsNice() throws IOException {
    Priority.processor(7);

    assertThat(ofThreads(PriorityTest::nice)).hasSizeGreaterThan(5).containsOnly("7");
  }

  @Test
  void everyThreadWaitsForTheDisks() throws IOException {
    Priority.disk(Priority.Disk.IDLE);
    assertThat(ofThreads(PriorityTest::disk)).containsOnly("idle");

    Priority.disk(Priority.Disk.LOW);
    assertThat(ofThreads(PriorityTest::disk)).containsOnly("best-effort: prio 7");
  }

  @Test
  void childrenInheritIt() throws IOException {
    Priority.processor(9);
    Priority.disk(Priority.Disk.IDLE);

    assertThat(Command.run("nice").trim()).isEqualTo("9");
    assertThat(Command.run("ionice").trim()).isEqualTo("idle");
  }

  private interface Question {
    String of(String thread) throws IOException;
  }

  private static List<String> ofThreads(Question question) throws IOException {
    List<String> answers = new ArrayList<>();
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        answers.add(question.of(thread.getFileName().toString()));
      }
    }
    return answers;
  }

  /** The 19th field of proc_pid_stat(5); the second may hold anything, and ends with a bracket. */
  private static String nice(String thread) throws IOException {
    String stat = Files.readString(Path.of("/proc/self/task", thread, "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16];
  }

  private static String disk(String thread) throws IOException {
    return Command.run(Requires.tool("ionice").toString(), "-p", thread).trim();
  }
}
