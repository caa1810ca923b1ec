package io.plasmabackup.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeakedFds.class)
class RunJournalTest {

  private static final String RUN = "20260101T000000Z-0123abcd";

  @TempDir Path temp;
  private Path folder;

  @BeforeEach
  void setUp() {
    folder = temp.resolve("state");
  }

  private static RunRecord record() {
    RawPath odd = RawPath.copyOf(new byte[] {'/', (byte) 0xff, '\n', '"', '\\', ' '});
    return new RunRecord(
        RUN,
        Instant.parse("2026-01-01T00:00:00.123456789Z"),
        ZoneId.of("Europe/Berlin"),
        "settings",
        "plasma@host:/srv/backup",
        "20260101-0100-monthly.tar",
        Stage.SNAPSHOTS_MADE,
        List.of(
            new RunRecord.LocalFile("/var/tmp/a.tar", Optional.of("17@now")),
            new RunRecord.LocalFile("/var/tmp/a.tar.index", Optional.empty())),
        Duration.ofNanos(12_345_678),
        List.of(
            new RunRecord.Snapshot(
                odd,
                256,
                UUID.randomUUID(),
                odd.resolve(".plasma-snapshots"),
                RawPath.of(RUN + "-1"),
                Optional.of(UUID.randomUUID())),
            new RunRecord.Snapshot(
                RawPath.of("/"),
                5,
                new UUID(0, 0),
                RawPath.of("/.plasma-snapshots"),
                RawPath.of(RUN + "-2"),
                Optional.empty())),
        List.of(
            new RunRecord.Tree(Optional.of(1), RawPath.EMPTY, odd),
            new RunRecord.Tree(Optional.empty(), RawPath.of("/boot"), RawPath.of("boot"))),
        List.of(new RunRecord.LeftOut(odd, "MOUNT", "why ü")),
        List.of(odd),
        List.of());
  }

  private static List<Chunk> chunks(int count) {
    Random random = new Random(count);
    List<Chunk> chunks = new ArrayList<>();
    long at = 0;
    for (int i = 0; i < count; i++) {
      byte[] sha256 = new byte[32];
      random.nextBytes(sha256);
      chunks.add(new Chunk(at, 1 + random.nextInt(8 << 20), sha256));
      at = chunks.getLast().end();
    }
    return chunks;
  }

  private Path runFolder() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.endsWith(RUN)).findFirst().orElseThrow();
    }
  }

  private List<RunRecord> unfinished() throws Failure {
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
      return state.part(Optional.empty()).unfinished().journals().stream()
          .map(RunJournal::record)
          .toList();
    }
  }

  /** As a signal stops a run. */
  @Test
  void logsWhatWasConfirmedAlsoWhenInterrupted() throws Exception {
    List<Chunk> chunks = chunks(3);
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
      RunJournal journal = state.part(Optional.empty()).begin(record());
      journal.logFrom(List.of());
      journal.encryptWith(new byte[16]);
      Thread.currentThread().interrupt();
      try {
        for (Chunk chunk : chunks) {
          journal.aboutToSend(List.of(chunk));
          journal.acknowledged(chunk);
        }
        journal.close();
      } finally {
        assertThat(Thread.interrupted()).as("the interrupt is not lost").isTrue();
      }
      assertThat(journal.chunks()).isEqualTo(chunks);
      assertThat(journal.key()).isPresent();
      assertThat(journal.goOnWithKey()).isEqualTo(chunks);
      journal.close();
    }
  }

  @Test
  void isFoundAsItWasLeft() throws Exception {
    List<Chunk> chunks = chunks(100);
    RunRecord record = record();
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf");
        RunJournal journal = state.part(Optional.empty()).begin(record.at(Stage.PLANNED))) {
      journal.logFrom(chunks.subList(0, 50));
      journal.write(record);
      for (Chunk chunk : chunks.subList(50, 100)) {
        journal.acknowledged(chunk);
      }
    }

    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
      StatePart.Unfinished unfinished = state.part(Optional.empty()).unfinished();
      assertThat(unfinished.damaged()).isEmpty();
      RunJournal journal = unfinished.journals().getFirst();
      assertThat(journal.record()).isEqualTo(record);
      assertThat(journal.chunks()).isEqualTo(chunks);
      journal.remove();
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void onlyOneRunHasIt() throws Exception {
    try (StateFolder _ = StateFolder.open(folder, "/etc/a.conf")) {
      Failure busy =
          catchThrowableOfType(Failure.class, () -> StateFolder.open(folder, "/etc/a.conf"));
      assertThat(busy.exitCode()).isEqualTo(ExitCode.BUSY);
      try (StateFolder other = StateFolder.open(folder, "/etc/b.conf")) {
        assertThat(other.part(Optional.empty()).unfinished().journals()).isEmpty();
      }
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void aFolderThatOthersCanReadIsRefused() throws Exception {
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
      assertThat(state.part(Optional.empty()).unfinished().journals()).isEmpty();
    }
    try (Stream<Path> parts = Files.list(folder)) {
      Files.setPosixFilePermissions(
          parts.findFirst().orElseThrow(), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    Failure refused =
        catchThrowableOfType(Failure.class, () -> StateFolder.open(folder, "/etc/a.conf"));

    assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(refused).hasMessageContaining("mode 0700");
  }

  private void begin(RunRecord record, List<Chunk> chunks) throws Failure {
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf");
        RunJournal journal = state.part(Optional.empty()).begin(record)) {
      journal.logFrom(chunks);
    }
  }

  /** Whatever happens to one file, the record is known, and of the chunks a beginning. */
  @Test
  void survivesDamageOfAnyOneFile() throws Exception {
    List<Chunk> chunks = chunks(20);
    RunRecord record = record();
    begin(record, chunks);
    Random random = new Random(1);
    for (String name : List.of("run", "run.copy", "chunks")) {
      Path file = runFolder().resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < 100; i++) {
        byte[] damaged = whole.clone();
        if (i % 2 == 0) {
          damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        } else {
          damaged = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length));
        }
        Files.write(file, damaged);
        try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
          StatePart.Unfinished unfinished = state.part(Optional.empty()).unfinished();
          assertThat(unfinished.journals()).hasSize(1);
          assertThat(unfinished.journals().getFirst().record()).isEqualTo(record);
          List<Chunk> read = unfinished.journals().getFirst().chunks();
          assertThat(read).isEqualTo(chunks.subList(0, read.size()));
        }
      }
      Files.write(file, whole);
    }
  }

  @Test
  void twoDamagedCopiesAreToldApartFromARunThatMadeNothing() throws Exception {
    begin(record(), List.of());
    Path run = runFolder();
    for (String name : List.of("run", "run.copy")) {
      Files.writeString(run.resolve(name), "damaged", StandardCharsets.UTF_8);
    }
    try (StateFolder state = StateFolder.open(folder, "/etc/a.conf")) {
      assertThat(state.part(Optional.empty()).unfinished().damaged()).containsExactly(run);
      Files.delete(run.resolve("run"));
      Files.move(run.resolve("run.copy"), run.resolve("run.new"));
      assertThat(state.part(Optional.empty()).unfinished().damaged()).isEmpty();
      assertThat(run).doesNotExist();
    }
  }

  @Test
  void aRecordOfAnotherVersionOrWithATreeOfNoSnapshotIsDamaged() throws Exception {
    RunRecord record = record();
    String json = new String(RunRecordJson.write(record), StandardCharsets.UTF_8);
    assertThat(RunRecordJson.read(json.getBytes(StandardCharsets.UTF_8))).contains(record);
    for (String[] change :
        List.of(
            new String[] {"\"version\":1", "\"version\":2"},
            new String[] {"\"snapshot\":1", "\"snapshot\":2"},
            new String[] {"\"snapshot\":1", "\"snapshot\":-1"},
            new String[] {"SNAPSHOTS_MADE", "SNAPSHOTS"},
            new String[] {"Europe/Berlin", "Europe/Nowhere"},
            new String[] {"\"settings\":\"settings\"", "\"settings\":3"})) {
      String changed = json.replace(change[0], change[1]);
      assertThat(changed).isNotEqualTo(json);
      assertThat(RunRecordJson.read(changed.getBytes(StandardCharsets.UTF_8))).isEmpty();
    }
  }
}
