package io.plasmabackup.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Listings;
import io.plasmabackup.testing.LoopbackBtrfs;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a real btrfs, with btrfs-progs as the judge. */
@Tag("loopback")
@ExtendWith(NoLeakedFds.class)
class SubvolumesTest {

  private static final UUID NONE = new UUID(0, 0);
  private static final RawPath SNAPSHOT = RawPath.of("snapshot");

  @AutoClose private static LoopbackBtrfs btrfs;
  private static int folders;

  /** A directory of this test's own. */
  private Path folder;

  private Path source;

  @BeforeAll
  static void makeFilesystem() throws IOException {
    btrfs = LoopbackBtrfs.create("compress=zstd:3");
  }

  @BeforeEach
  void makeSubvolume(TestInfo test) throws IOException {
    folder = Files.createDirectory(btrfs.root().resolve("folder-" + folders++));
    source = btrfs.subvolume(folder.getFileName() + "/source");
    Files.writeString(source.resolve("file"), test.getDisplayName());
  }

  private static Fd open(Path directory) throws ErrnoException {
    return Fd.openDirectory(RawPath.of(directory.toString()));
  }

  private static void assertRefused(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  private void snapshot(RawPath name) throws ErrnoException {
    try (Fd from = open(source);
        Fd to = open(folder)) {
      Subvolumes.createReadOnlySnapshot(from, to, name);
    }
  }

  private void delete(RawPath name) throws ErrnoException {
    try (Fd directory = open(folder)) {
      Subvolumes.delete(directory, name);
    }
  }

  private static SubvolumeInfo info(Path directory) throws ErrnoException {
    try (Fd fd = open(directory)) {
      return Subvolumes.info(fd);
    }
  }

  /** What {@code btrfs subvolume show} prints, by its captions. */
  private static Map<String, String> shown(Path subvolume) {
    Map<String, String> facts = new HashMap<>();
    btrfs
        .btrfs("subvolume", "show", subvolume.toString())
        .lines()
        .forEach(line -> {
          String[] parts = line.strip().split(":\\s*", 2);
          if (parts.length == 2) {
            facts.put(parts[0], parts[1]);
          }
        });
    return facts;
  }

  private static void assertShown(SubvolumeInfo info, Path subvolume) {
    Map<String, String> shown = shown(subvolume);
    assertThat(info.id()).hasToString(shown.get("Subvolume ID"));
    assertThat(info.uuid()).hasToString(shown.get("UUID"));
    assertThat(info.parentUuid().equals(NONE) ? "-" : info.parentUuid().toString())
        .isEqualTo(shown.get("Parent UUID"));
    assertThat(info.generation()).hasToString(shown.get("Generation"));
    assertThat(info.readOnly()).isEqualTo("readonly".equals(shown.get("Flags")));
    assertThat(info.created().truncatedTo(ChronoUnit.SECONDS))
        .isEqualTo(
            OffsetDateTime.parse(
                    shown.get("Creation time"),
                    DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss Z"))
                .toInstant());
  }

  @Test
  void knowsASubvolume() throws ErrnoException {
    SubvolumeInfo info = info(source);

    assertShown(info, source);
    assertThat(info.readOnly()).isFalse();
    assertThat(Duration.between(info.created(), Instant.now()).abs())
        .isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void knowsTheSubvolumeOfAnyFileInIt() throws IOException {
    Files.createDirectories(source.resolve("a/b"));
    try (Fd file = Fd.open(RawPath.of(source.resolve("file").toString()), Fd.Use.READ)) {
      assertThat(Subvolumes.info(file)).isEqualTo(info(source));
    }
    assertThat(info(source.resolve("a/b"))).isEqualTo(info(source));
  }

  @Test
  void knowsTheTopLevel() throws ErrnoException {
    SubvolumeInfo info = info(btrfs.root());

    assertThat(info.id()).isEqualTo(5);
    assertThat(info.parentUuid()).isEqualTo(NONE);
    assertThat(info.readOnly()).isFalse();
    assertThat(info(folder)).isEqualTo(info);
  }

  @Test
  void snapshotIsReadOnlyAndHasAllThatWasWrittenBefore() throws IOException {
    Files.write(source.resolve("large"), new byte[5_000_000]);
    Files.writeString(source.resolve("late"), "not synced");

    snapshot(SNAPSHOT);

    Path snapshot = folder.resolve("snapshot");
    SubvolumeInfo info = info(snapshot);
    assertShown(info, snapshot);
    assertThat(info.readOnly()).isTrue();
    assertThat(info.parentUuid()).isEqualTo(info(source).uuid());
    assertThat(info.uuid()).isNotEqualTo(info(source).uuid());
    Files.writeString(source.resolve("file"), "changed afterwards");
    assertThat(snapshot.resolve("late")).hasContent("not synced");
    assertThat(snapshot.resolve("large")).hasSize(5_000_000);
    assertThat(snapshot.resolve("file")).content().isNotEqualTo("changed afterwards");
    assertThatThrownBy(() -> Files.writeString(snapshot.resolve("file"), "x"))
        .hasMessageContaining("Read-only");
  }

  @Test
  void snapshotOfASnapshot() throws ErrnoException {
    snapshot(SNAPSHOT);
    try (Fd from = open(folder.resolve("snapshot"));
        Fd to = open(folder)) {
      Subvolumes.createReadOnlySnapshot(from, to, RawPath.of("second"));
    }
    assertThat(info(folder.resolve("second")).parentUuid())
        .isEqualTo(info(folder.resolve("snapshot")).uuid());
  }

  @Test
  void deletesASnapshot() throws ErrnoException {
    snapshot(SNAPSHOT);

    delete(SNAPSHOT);

    assertThat(folder.resolve("snapshot")).doesNotExist();
    assertThat(btrfs.btrfs("subvolume", "list", btrfs.root().toString()))
        .doesNotContain(folder.getFileName() + "/snapshot");
    assertThat(source.resolve("file")).exists();
    assertRefused(Errno.ENOENT, () -> delete(SNAPSHOT));
  }

  @Test
  void existingNameIsAnError() throws IOException {
    snapshot(SNAPSHOT);
    Files.createFile(folder.resolve("a file"));

    assertRefused(Errno.EEXIST, () -> snapshot(RawPath.of("a file")));
    assertThatThrownBy(() -> snapshot(SNAPSHOT))
        .hasMessage(
            "cannot create the snapshot %s/snapshot of %s: %s", folder, source, Errno.EEXIST);
  }

  @Test
  void namesHaveUpTo255BytesOfAnyValue() throws ErrnoException {
    byte[] bytes = new byte[255];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i + 1 == '/' ? '-' : i + 1);
    }
    RawPath name = RawPath.copyOf(bytes);

    snapshot(name);

    try (Fd directory = open(folder)) {
      assertThat(Listings.names(directory.list())).contains(name);
      try (Fd root = directory.openAt(name, Fd.Use.DIRECTORY)) {
        assertThat(Subvolumes.info(root).parentUuid()).isEqualTo(info(source).uuid());
      }
    }
    delete(name);
    assertRefused(Errno.ENAMETOOLONG, () -> snapshot(RawPath.of("n".repeat(256))));
    assertRefused(Errno.ENAMETOOLONG, () -> snapshot(RawPath.of("n".repeat(4039))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "/a", "a/", "/"})
  void refusesWhatIsNoName(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> snapshot(RawPath.of(name)))
        .withMessageStartingWith("not a subvolume's name");
    assertThatIllegalArgumentException().isThrownBy(() -> delete(RawPath.of(name)));
    assertThatIllegalArgumentException().isThrownBy(() -> snapshot(RawPath.of("n".repeat(4040))));
  }

  @Test
  void onlySubvolumesAreSnapshotted() throws IOException {
    Path inside = Files.createDirectory(source.resolve("inside"));
    try (Fd from = open(inside);
        Fd to = open(folder)) {
      assertRefused(Errno.EINVAL, () -> Subvolumes.createReadOnlySnapshot(from, to, SNAPSHOT));
    }
  }

  @Test
  void onlySubvolumesAreDeleted() throws IOException {
    Files.createDirectory(folder.resolve("plain"));
    Files.createSymbolicLink(folder.resolve("link"), source);

    assertRefused(Errno.EINVAL, () -> delete(RawPath.of("plain")));
    assertThatThrownBy(() -> delete(RawPath.of("link"))).isInstanceOf(ErrnoException.class);

    assertThat(folder.resolve("plain")).exists();
    assertThat(source).exists();
  }

  @Test
  void subvolumeWithOneInItIsNotDeleted() {
    btrfs.subvolume(folder.getFileName() + "/source/nested");

    assertThatThrownBy(() -> delete(RawPath.of("source")))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTEMPTY))
        .hasMessageStartingWith("cannot delete the snapshot " + source);
  }

  @Test
  void nestedSubvolumesArePlaceholdersInASnapshot() throws IOException {
    btrfs.subvolume(folder.getFileName() + "/source/nested");
    Files.createFile(source.resolve("nested/file"));
    Files.createDirectory(source.resolve("empty"));
    snapshot(SNAPSHOT);

    try (Fd from = open(source);
        Fd root = open(folder.resolve("snapshot"))) {
      assertThat(Subvolumes.isRoot(from.status())).isTrue();
      assertThat(Subvolumes.isRoot(root.status())).isTrue();
      assertThat(Subvolumes.isRoot(from.statusAt(RawPath.of("nested")))).isTrue();
      assertThat(Subvolumes.isPlaceholder(from.statusAt(RawPath.of("nested")))).isFalse();
      assertThat(Subvolumes.isRoot(root.statusAt(RawPath.of("nested")))).isFalse();
      assertThat(Subvolumes.isPlaceholder(root.statusAt(RawPath.of("nested")))).isTrue();
      for (String other : new String[] {"empty", "file"}) {
        assertThat(Subvolumes.isRoot(root.statusAt(RawPath.of(other)))).isFalse();
        assertThat(Subvolumes.isPlaceholder(root.statusAt(RawPath.of(other)))).isFalse();
      }
    }
    assertThat(folder.resolve("snapshot/nested")).isEmptyDirectory();
  }

  @Test
  void subvolumeDeletedMeanwhileIsGone() throws ErrnoException {
    try (Fd open = open(source);
        Fd to = open(folder)) {
      delete(RawPath.of("source"));

      assertRefused(Errno.ENOENT, () -> Subvolumes.info(open));
      assertThatThrownBy(() -> Subvolumes.createReadOnlySnapshot(open, to, SNAPSHOT))
          .isInstanceOf(ErrnoException.class);
      assertThat(folder.resolve("snapshot")).doesNotExist();
    }
  }

  @Test
  void otherFilesystemsAreTold(@TempDir Path elsewhere) throws IOException {
    try (Fd from = open(source);
        Fd other = open(elsewhere)) {
      assertThat(Subvolumes.isOnBtrfs(from)).isTrue();
      assertThat(Subvolumes.isOnBtrfs(other)).isFalse();
      assertRefused(Errno.ENOTTY, () -> Subvolumes.info(other));
      assertRefused(Errno.ENOTTY, () -> Subvolumes.createReadOnlySnapshot(from, other, SNAPSHOT));
      assertRefused(Errno.ENOTTY, () -> Subvolumes.delete(other, SNAPSHOT));
    }
  }

  @Test
  void snapshotStaysOnItsFilesystem() throws IOException {
    try (LoopbackBtrfs another = LoopbackBtrfs.create(32 << 20);
        Fd from = open(source);
        Fd to = open(another.root())) {
      assertRefused(Errno.EXDEV, () -> Subvolumes.createReadOnlySnapshot(from, to, SNAPSHOT));
    }
  }

  @Test
  void readOnlyMountTakesNoSnapshot() throws IOException {
    Path readOnly = btrfs.mount("ro");
    try (Fd from = open(source);
        Fd to = open(readOnly)) {
      assertRefused(Errno.EROFS, () -> Subvolumes.createReadOnlySnapshot(from, to, SNAPSHOT));
      assertRefused(Errno.EROFS, () -> Subvolumes.delete(to, SNAPSHOT));
    }
  }

  @Test
  void readOnlySnapshotTakesNoSnapshot() throws ErrnoException {
    snapshot(SNAPSHOT);
    try (Fd from = open(source);
        Fd to = open(folder.resolve("snapshot"))) {
      assertRefused(
          Errno.EROFS, () -> Subvolumes.createReadOnlySnapshot(from, to, RawPath.of("x")));
    }
  }

  @Test
  void fullFilesystemTakesNoSnapshot() throws IOException {
    try (LoopbackBtrfs small = LoopbackBtrfs.create(32 << 20)) {
      Path subvolume = small.subvolume("subvolume");
      assertThatThrownBy(
              () -> {
                try (OutputStream fill = Files.newOutputStream(subvolume.resolve("fill"))) {
                  for (int i = 0; i < 64; i++) {
                    fill.write(new byte[1 << 20]);
                  }
                }
              })
          .isInstanceOf(IOException.class);
      Command.run("sync", "--file-system", small.root().toString());

      try (Fd from = open(subvolume);
          Fd to = open(small.root())) {
        assertRefused(Errno.ENOSPC, () -> Subvolumes.createReadOnlySnapshot(from, to, SNAPSHOT));
      }
      assertThat(small.root().resolve("snapshot")).doesNotExist();
    }
  }

  @Test
  void whoeverMayNotIsTold() throws IOException {
    // Whatever the user, a descriptor that only locates a file can ask for nothing.
    Requires.root();
    try (Fd located = Fd.open(RawPath.of(source.toString()), Fd.Use.LOCATE)) {
      assertRefused(Errno.EBADF, () -> Subvolumes.info(located));
    }
  }
}
