package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.EntryStream;
import io.plasmabackup.walk.Item;
import io.plasmabackup.walk.Metadata;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ArchiveWriterTest {

  private static final int MIB = 1024 * 1024;
  private static final ArchiveSink NOWHERE = bytes -> {};

  @TempDir Path folder;

  private static ArchiveSummary write(
      EntryStream entries, IndexHeader header, ArchiveSink archive, ArchiveSink index)
      throws Failure {
    return ArchiveWriter.write(
        entries,
        WrittenArchive.collecting(new ArrayList<>()),
        header,
        WrittenArchive.PLAIN,
        EarlierArchive.NONE,
        archive,
        new IndexWriter(index),
        SegmentListener.NONE,
        stored -> {});
  }

  private static ArchiveSummary write(List<Entry> entries, ArchiveSink archive, ArchiveSink index)
      throws Failure {
    return write(Entries.stream(entries), WrittenArchive.HEADER, archive, index);
  }

  private static List<Entry> files(int count, long size) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(Entries.file("file-%04d".formatted(i), size));
    }
    return entries;
  }

  /** Whatever happened, nobody uses the sinks any more. */
  @AfterEach
  void noThreadIsLeft() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (Set.of("plasma-store", "plasma-pack").contains(thread.getName())) {
        // It may be past its work and still about to end.
        thread.join(5_000);
        assertThat(thread.isAlive()).isFalse();
      }
    }
  }

  @Test
  void anArchiveOfNothingIsATrailer() throws Exception {
    WrittenArchive written = write(List.of());
    assertThat(Files.readAllBytes(written.file())).isEqualTo(new byte[1024]);
    ArchiveChecks.indexDescribes(written);
  }

  private WrittenArchive write(List<Entry> entries) throws Failure, IOException {
    Path file = Files.createTempFile(folder, "archive", ".tar");
    return WrittenArchive.write(Entries.stream(entries), new ArrayList<>(), file);
  }

  @Test
  void theSameEntriesGiveTheSameBytes() throws Exception {
    List<Entry> entries = new ArrayList<>(files(3000, 5_000));
    entries.add(Entries.file("large", 20L * MIB));
    entries.addAll(files(500, 40_000));
    WrittenArchive first = write(entries);
    WrittenArchive second = write(entries);
    assertThat(Files.mismatch(first.file(), second.file())).isEqualTo(-1);
    assertThat(second.index()).isEqualTo(first.index());
    assertThat(second.summary()).isEqualTo(first.summary());
    ArchiveChecks.indexDescribes(first);
  }

  @Test
  void aSegmentsBytesDontDependOnWhatStandsBeforeIt() throws Exception {
    List<Entry> entries = files(3000, 5_000);
    List<Entry> more = new ArrayList<>(entries);
    more.addFirst(Entries.file("before", 123_456));
    List<String> digests = digests(write(entries));
    List<String> common = digests(write(more));
    common.retainAll(digests);
    assertThat(common).hasSizeGreaterThan(digests.size() - 4).hasSizeGreaterThan(2);
  }

  private static List<String> digests(WrittenArchive written) throws IOException {
    List<String> digests = new ArrayList<>();
    for (IndexFile.Line line : IndexFile.parse(written.index()).lines()) {
      if (line.isSegment()) {
        digests.add(line.text("key") + line.text("sha256"));
      }
    }
    return digests;
  }

  @Test
  void memoryIsThatOfAFewSegmentsHoweverMuchIsWritten() throws Exception {
    Set<Long> buffers = new HashSet<>();
    write(
        files(40, 5L * MIB),
        bytes -> {
          if (bytes.remaining() > MIB) {
            assertThat(bytes.isDirect()).isTrue();
            buffers.add(MemorySegment.ofBuffer(bytes).address());
          }
        },
        NOWHERE);
    assertThat(buffers).hasSizeBetween(1, WrittenArchive.PLAIN.workers() + 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 20})
  void aSinkThatFailsEndsTheReading(int writes) {
    Failure disk = new Failure(ExitCode.STORAGE, "disk full");
    int[] left = {writes};
    Throwable thrown =
        catchThrowable(() ->
            write(
                files(30, 5L * MIB),
                bytes -> {
                  if (left[0]-- == 0) {
                    throw disk;
                  }
                },
                NOWHERE));
    assertThat(thrown).isSameAs(disk);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 10})
  void aSinkThatFailsBeforeTheFirstSegmentEndsTheReadingToo(int segments) {
    Failure disk = new Failure(ExitCode.STORAGE, "disk full");
    byte[] noise = new byte[1_000_000];
    new Random(1).nextBytes(noise);
    IndexHeader header =
        new IndexHeader(
            "a.tar",
            "run",
            "host",
            WrittenArchive.HEADER.time(),
            ZoneOffset.UTC,
            "tar",
            List.of(HexFormat.of().formatHex(noise)),
            List.of(),
            Duration.ZERO,
            WrittenArchive.HEADER.time(),
            Optional.empty(),
            "tool");
    Throwable thrown =
        catchThrowable(() ->
            write(
                Entries.stream(files(segments, 5L * MIB)),
                header,
                NOWHERE,
                bytes -> {
                  throw disk;
                }));
    assertThat(thrown).isSameAs(disk);
  }

  @Test
  void anIndexSinkThatFailsAtTheEndIsHeard() {
    Failure disk = new Failure(ExitCode.STORAGE, "disk full");
    Throwable thrown =
        catchThrowable(() ->
            write(
                files(3, 10),
                NOWHERE,
                bytes -> {
                  throw disk;
                }));
    assertThat(thrown).isSameAs(disk);
  }

  @Test
  void aDefectInASinkStaysWhatItIs() {
    IllegalStateException defect = new IllegalStateException("defect");
    Throwable thrown =
        catchThrowable(() ->
            write(
                files(3, 10),
                bytes -> {
                  throw defect;
                },
                NOWHERE));
    assertThat(thrown).isSameAs(defect);
  }

  @Test
  void aReaderThatFailsEndsTheStoring() {
    Failure unreadable = new Failure(ExitCode.READ, "cannot read");
    List<Entry> entries = files(20, 3_000_000);
    EntryStream stream = Entries.stream(entries);
    Throwable thrown =
        catchThrowable(() ->
            write(
                new EntryStream() {
                  private int left = 15;

                  @Override
                  public @Nullable Item next() throws Failure {
                    if (left-- == 0) {
                      throw unreadable;
                    }
                    return stream.next();
                  }

                  @Override
                  public void close() {}
                },
                WrittenArchive.HEADER,
                NOWHERE,
                NOWHERE));
    assertThat(thrown).isSameAs(unreadable);
  }

  @Test
  void anInterruptionEndsBothThreads() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread writer =
        new Thread(() -> {
          Throwable failure =
              catchThrowable(() ->
                  write(
                      files(30, 5L * MIB),
                      bytes -> {
                        writing.countDown();
                        blockUntilInterrupted();
                      },
                      NOWHERE));
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
          thrown.complete(failure);
        });
    writer.start();
    writing.await();
    writer.interrupt();
    assertThat(thrown.get(30, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERRUPTED));
    writer.join();
  }

  private static void blockUntilInterrupted() throws Failure {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      throw new Failure(ExitCode.STORAGE, "connection closed", e);
    }
  }

  @Test
  void measuringCanBeInterruptedToo() {
    Thread.currentThread().interrupt();
    Throwable thrown =
        catchThrowable(() -> ArchiveSize.of(Entries.stream(files(3, 10)), WrittenArchive.PLAIN));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(thrown)
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERRUPTED));
  }

  @Test
  void theIndexTellsWhatTheFormatPromises() throws Exception {
    Metadata protectedFile =
        new Metadata(
            04755,
            4_294_967_295L,
            0,
            "root",
            "",
            new Timestamp(-5, 7),
            new Timestamp(1L << 40, 0),
            Set.of(Metadata.Flag.IMMUTABLE, Metadata.Flag.APPEND_ONLY),
            Map.of());
    FileId id = new FileId(new DeviceNumber(0, 42), -1);
    byte[] binary = {'n', (byte) 0xff};
    List<Entry> entries =
        List.of(
            new Entry(RawPath.of("d\n\"ü"), Entries.PLAIN, new Kind.Directory(), id),
            new Entry(RawPath.copyOf(binary), protectedFile, Entries.file(5), id),
            Entries.entry(
                RawPath.of("sparse"), Entries.PLAIN, Entries.sparse(1L << 30, new Extent(0, 4096))),
            Entries.entry(
                RawPath.of("link"), Entries.PLAIN, new Kind.SymbolicLink(RawPath.copyOf(binary))),
            Entries.entry(
                RawPath.of("second"), Entries.PLAIN, new Kind.HardLink(RawPath.of("sparse"))),
            Entries.entry(
                RawPath.of("sda1"), Entries.PLAIN, new Kind.Device(true, new DeviceNumber(8, 1))),
            Entries.file("w-large", 9L * MIB));
    WrittenArchive written = write(entries);
    ArchiveChecks.indexDescribes(written);
    List<IndexFile.Line> lines = IndexFile.parse(written.index()).lines();

    assertThat(lines.getFirst().values())
        .containsEntry("version", 1)
        .containsEntry("archive", "20260105-0300-weekly.tar")
        .containsEntry("run", "run-1")
        .containsEntry("host", "host")
        .containsEntry("time", "2026-01-05T02:00:00Z")
        .containsEntry("zone", "+01:00")
        .containsEntry("strategy", "btrfs-snapshot")
        .containsEntry("compression", "none")
        .containsEntry("alignment", 4096)
        .containsEntry("alignFrom", 32768)
        .containsEntry("folders", List.of("/tree"))
        .containsEntry("skewMicros", 1234)
        .containsEntry("tool", "plasma test");
    assertThat(lines.getFirst().values().get("subvolumes"))
        .isEqualTo(
            List.of(
                Map.of(
                    "path", "/",
                    "uuid", "00000000-0000-0001-0000-000000000002",
                    "snapshot", "00000000-0000-0003-0000-000000000004",
                    "generation", 77,
                    "transaction", 78,
                    "time", "2026-01-05T02:00:01.500Z")));
    IndexFile.Line directory = lines.get(2);
    assertThat(directory.text("name")).isEqualTo("d\n\"ü");
    assertThat(directory.text("type")).isEqualTo("directory");
    assertThat(directory.text("user")).isEqualTo("user");
    assertThat(directory.has("mtimeNanos")).isFalse();
    assertThat(directory.number("ctimeNanos")).isEqualTo(5);
    IndexFile.Line file = lines.get(3);
    assertThat(file.name("name")).isEqualTo(binary);
    assertThat(file.values())
        .containsEntry("mode", "4755")
        .containsEntry("uid", 4_294_967_295L)
        .containsEntry("mtime", -5)
        .containsEntry("mtimeNanos", 7)
        .containsEntry("ctime", 1L << 40)
        .containsEntry("immutable", true)
        .containsEntry("appendOnly", true)
        .containsEntry("device", "0:42")
        .containsEntry("inode", new BigInteger("18446744073709551615"))
        .doesNotContainKey("group");
    assertThat(lines.get(4).number("dataLength")).isEqualTo(4096);
    assertThat(lines.get(5).name("link")).isEqualTo(binary);
    assertThat(lines.get(6).text("link")).isEqualTo("sparse");
    assertThat(lines.get(7).text("node")).isEqualTo("8:1");
    IndexFile.Line rest = lines.get(lines.size() - 3);
    assertThat(rest.text("continues")).isEqualTo("w-large");
    assertThat(rest.number("from")).isEqualTo(4L * MIB);
    assertThat(rest.number("to")).isEqualTo(9L * MIB);
    assertThat(lines.get(lines.size() - 2).values().keySet())
        .containsExactly(
            "scanned",
            "readBytes",
            "packedBytes",
            "sentBytes",
            "copiedBytes",
            "clonedBytes",
            "sharedBytes");
    assertThat(lines.getLast().values().keySet())
        .containsExactly("archiveSize", "segments", "members", "digest", "sha256");
  }
}
