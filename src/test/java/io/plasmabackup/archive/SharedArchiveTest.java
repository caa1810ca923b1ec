package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.luben.zstd.ZstdInputStream;
import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.walk.EntryStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives of files whose blocks a sink shares, or refuses to. */
@ExtendWith(NoLeakedFds.class)
class SharedArchiveTest {

  private static final int MIB = 1 << 20;

  @TempDir Path parent;
  private final Random random = new Random(7);

  @BeforeEach
  void makeTree() throws Exception {
    Path tree = Files.createDirectory(parent.resolve("tree"));
    int[] sizes = {0, 1, 5000, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 100_000, 3 * MIB, 11 * MIB};
    for (int size : sizes) {
      write(tree.resolve("file-" + size), size);
    }
    for (int i = 0; i < 300; i++) {
      write(tree.resolve("many-" + i), random.nextInt(60_000));
    }
    try (SeekableByteChannel sparse =
        Files.newByteChannel(
            tree.resolve("sparse"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long at : new long[] {64 * 1024, MIB, 20 * MIB}) {
        sparse.position(at).write(ByteBuffer.wrap(bytes(40_000)));
      }
    }
  }

  private void write(Path file, int size) throws Exception {
    Files.write(file, bytes(size));
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Takes a file's ranges as a filesystem would, but by reading them. */
  private static final class Sharer implements ArchiveSink {

    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final int refuseOneOf;
    private int asked;
    private long shared;

    Sharer(int refuseOneOf) {
      this.refuseOneOf = refuseOneOf;
    }

    @Override
    public void write(ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      taken.writeBytes(copy);
    }

    @Override
    public boolean sharesWith(DeviceNumber device) {
      return true;
    }

    @Override
    public boolean share(Fd file, long position, long length) {
      assertThat(List.of(position % 4096, length % 4096, (long) taken.size() % 4096))
          .containsOnly(0L);
      if (asked++ % refuseOneOf == refuseOneOf - 1) {
        return false;
      }
      byte[] range = new byte[(int) length];
      try {
        assertThat(file.read(position, range, 0, range.length)).isEqualTo(range.length);
      } catch (ErrnoException e) {
        throw new UncheckedIOException(e);
      }
      taken.writeBytes(range);
      shared += length;
      return true;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
  private record Written(ArchiveSummary summary, byte[] index, byte[] indexSha256, long told) {}

  private Written write(ArchiveSink archive) throws Exception {
    ByteArrayOutputStream index = new ByteArrayOutputStream();
    IndexWriter indexWriter = new IndexWriter(WrittenArchive.sink(index));
    long[] told = {0};
    try (Fd base = Fd.openDirectory(RawPath.of(parent.toString()));
        EntryStream entries =
            WrittenArchive.walk(
                base, "tree", false, WrittenArchive.collecting(new ArrayList<>()))) {
      ArchiveSummary summary =
          ArchiveWriter.write(
              entries,
              WrittenArchive.collecting(new ArrayList<>()),
              WrittenArchive.HEADER,
              WrittenArchive.PLAIN,
              EarlierArchive.NONE,
              archive,
              indexWriter,
              (offset, length, sha256) -> told[0] = offset + length,
              stored -> {});
      return new Written(summary, index.toByteArray(), indexWriter.sha256(), told[0]);
    }
  }

  private static IndexCompleter completer(byte[] archive) {
    ByteBuffer rest = ByteBuffer.wrap(archive);
    return new IndexCompleter((length, seen) -> {
      seen.accept(rest.slice(rest.position(), (int) length));
      rest.position(rest.position() + (int) length);
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000_000, 2, 3, 7})
  void archiveIsTheSameAndItsIndexCanBeCompleted(int refuseOneOf) throws Exception {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    Written read = write(WrittenArchive.sink(plain));
    Sharer sharer = new Sharer(refuseOneOf);

    Written shared = write(sharer);

    assertThat(sharer.taken.toByteArray()).isEqualTo(plain.toByteArray());
    assertThat(sharer.shared).isGreaterThan(4 * MIB);
    assertThat(shared.summary().sharedBytes()).isEqualTo(sharer.shared);
    assertThat(shared.summary().sha256()).isEmpty();
    assertThat(IndexFile.parse(shared.index()).lines())
        .filteredOn(line -> line.isSegment() && line.has("shared"))
        .isNotEmpty()
        .noneMatch(line -> line.has("sha256"))
        .extracting(line -> line.number("shared"))
        .satisfies(each ->
            assertThat(each.stream().mapToLong(Long::longValue).sum()).isEqualTo(sharer.shared));

    ByteArrayOutputStream index = new ByteArrayOutputStream();
    IndexCompleter completer = completer(sharer.taken.toByteArray());
    ArchiveSummary complete =
        completer.complete(
            new ByteArrayInputStream(shared.index()), WrittenArchive.sink(index), shared.summary());

    assertThat(complete)
        .usingRecursiveComparison()
        .ignoringFields("work")
        .isEqualTo(read.summary());
    assertThat(withoutWork(index.toByteArray())).isEqualTo(withoutWork(read.index()));
    assertThat(completer.sha256()).isEqualTo(Digests.sha256().digest(index.toByteArray()));
  }

  /** An index's lines, but for what was done for it. */
  private static List<String> withoutWork(byte[] index) throws IOException {
    try (InputStream text = new ZstdInputStream(new ByteArrayInputStream(index))) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("{\"scanned\":"))
          .toList();
    }
  }

  @Test
  void whatIsRefusedIsReadAndDigested() throws Exception {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    Written read = write(WrittenArchive.sink(plain));
    Sharer refuses = new Sharer(1);

    Written refused = write(refuses);

    assertThat(refuses.asked).isGreaterThan(100);
    assertThat(refuses.taken.toByteArray()).isEqualTo(plain.toByteArray());
    assertThat(refused.summary()).isEqualTo(read.summary());
    assertThat(refused.index()).isEqualTo(read.index());
    assertThat(refused.told()).isEqualTo(read.told());
  }

  @Test
  void nothingIsToldOfWhatFollowsSharedBlocks() throws Exception {
    Written shared = write(new Sharer(1_000_000));

    assertThat(shared.told()).isLessThan(shared.summary().bytes() - shared.summary().sharedBytes());
  }

  @Test
  void failureOfTheSinkIsTheRunsAndNothingStaysOpen() throws Exception {
    Sharer sharer = new Sharer(1_000_000);
    ArchiveSink full =
        new ArchiveSink() {
          @Override
          public void write(ByteBuffer bytes) {
            sharer.write(bytes);
          }

          @Override
          public boolean sharesWith(DeviceNumber device) {
            return true;
          }

          @Override
          public boolean share(Fd file, long position, long length) throws Failure {
            if (sharer.taken.size() > 2 * MIB) {
              throw new Failure(ExitCode.STORAGE, "the disk is full");
            }
            return sharer.share(file, position, length);
          }
        };

    assertThat(catchThrowableOfType(Failure.class, () -> write(full)))
        .hasMessage("the disk is full");
  }

  @Test
  void bytesThatAreNotWhatWasWrittenAreFoundWhenTheIndexIsCompleted() throws Exception {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    Written read = write(WrittenArchive.sink(plain));
    byte[] archive = plain.toByteArray();
    archive[archive.length / 2]++;

    Failure failure =
        catchThrowableOfType(
            Failure.class,
            () ->
                completer(archive)
                    .complete(new ByteArrayInputStream(read.index()), bytes -> {}, read.summary()));

    assertThat(failure).hasMessageContaining("is not what was written");
    assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
    assertThat(read.summary().sha256()).isNotEqualTo(Optional.empty());
  }
}
