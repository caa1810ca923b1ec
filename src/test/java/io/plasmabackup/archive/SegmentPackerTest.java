package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Command;
import io.plasmabackup.walk.EntryStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files that change between being listed and being read. */
class SegmentPackerTest {

  @TempDir Path parent;

  private Path tree = Path.of("");
  private final List<String> notes = new ArrayList<>();

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(parent.resolve("tree"));
    write("a", 10);
    write("b", 50_000);
    write("c", 40_000);
  }

  private void write(String name, int size) throws IOException {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i + name.charAt(0));
    }
    Files.write(tree.resolve(name), bytes);
  }

  private interface Change {
    void make() throws IOException;
  }

  /** Lists, changes, then packs; gives the members. */
  private Map<String, byte[]> pack(boolean live, Change change) throws Exception {
    Map<String, byte[]> members = new LinkedHashMap<>();
    ByteBuffer buffer = ByteBuffer.allocateDirect(Packing.BUFFER);
    try (Fd base = Fd.openDirectory(RawPath.of(parent.toString()));
        EntryStream entries =
            WrittenArchive.walk(base, "tree", live, WrittenArchive.collecting(notes));
        Assembly assembly = new TarAssembly();
        SegmentPacker packer =
            new SegmentPacker(device -> false, 0, WrittenArchive.collecting(notes))) {
      Segmenter segmenter = new Segmenter(entries);
      List<Segment> segments = new ArrayList<>();
      for (Segment next = segmenter.next(); next != null; next = segmenter.next()) {
        segments.add(next);
      }
      change.make();
      segments.forEach(packer::announce);
      long number = 0;
      for (Segment segment : segments) {
        assembly.begin(buffer);
        Segment packed = packer.pack(number++, segment, assembly, new ArrayList<>());
        if (!packed.pieces().isEmpty()) {
          assertThat(packed.length()).isEqualTo(packed.pieces().getLast().end());
          assertThat(segment.pieces()).containsAll(packed.pieces());
          if (!packed.continuesMember()) {
            read(buffer, packed, members);
          }
        }
      }
    }
    return members;
  }

  private static void read(ByteBuffer buffer, Segment packed, Map<String, byte[]> members)
      throws IOException {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(bytes))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        names.add(entry.getName().replaceAll("/$", ""));
        members.put(entry.getName(), tar.readAllBytes());
      }
    }
    assertThat(packed.entries().stream().map(entry -> entry.name().toString()))
        .containsExactlyElementsOf(names);
  }

  private byte[] contentOf(String name) throws IOException {
    return Files.readAllBytes(tree.resolve(name));
  }

  @Test
  void unchangedFilesArePackedAsTheyAre() throws Exception {
    Map<String, byte[]> members = pack(true, () -> {});
    assertThat(members).containsOnlyKeys("tree/", "tree/a", "tree/b", "tree/c");
    assertThat(members.get("tree/b")).isEqualTo(contentOf("b"));
    assertThat(members.get("tree/c")).isEqualTo(contentOf("c"));
    assertThat(notes).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rm b",
        "rm b; ln -s c b",
        "rm b; mkdir b",
        "rm b; mkfifo b",
        "mv c b",
        "rm b; /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"b\")'"
      })
  void aLiveFileThatIsGoneOrReplacedIsLeftOutAndNoted(String change) throws Exception {
    byte[] a = contentOf("a");
    Map<String, byte[]> members = pack(true, () -> shell(change));
    assertThat(members).containsKeys("tree/", "tree/a").doesNotContainKey("tree/b");
    assertThat(members.get("tree/a")).isEqualTo(a);
    assertThat(notes).contains("/tree/b: vanished before it was read; it is not in the archive");
  }

  private void shell(String command) {
    Command.run("sh", "-c", "cd \"$0\" && " + command, tree.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rm a", "mv c a", "truncate -s 1 a", "echo more >> a"})
  void aSmallLiveFileIsWhatItWasWhenItWasListed(String change) throws Exception {
    byte[] before = contentOf("a");
    assertThat(pack(true, () -> shell(change)).get("tree/a")).isEqualTo(before);
    assertThat(notes).noneMatch(note -> note.startsWith("/tree/a:"));
  }

  @Test
  void whatFollowsAVanishedFileStaysWhereItIs() throws Exception {
    write("a", 50_000);
    Map<String, byte[]> members = pack(true, () -> Files.delete(tree.resolve("a")));
    assertThat(members).containsOnlyKeys("tree/", "tree/b", "tree/c");
    assertThat(members.get("tree/c")).isEqualTo(contentOf("c"));
  }

  @Test
  void aHardLinkToAVanishedFileIsLeftOutTooAndNoted() throws Exception {
    Files.createLink(tree.resolve("d"), tree.resolve("b"));
    Map<String, byte[]> members = pack(true, () -> Files.delete(tree.resolve("b")));
    assertThat(members).containsOnlyKeys("tree/", "tree/a", "tree/c");
    assertThat(notes).hasSize(2);
    assertThat(notes.getLast()).startsWith("/tree/d: was a second name of /tree/b");
  }

  @Test
  void aLargeFileThatVanishedLeavesNoSegmentAndOneNote() throws Exception {
    write("b", 15_000_000);
    Map<String, byte[]> members = pack(true, () -> Files.delete(tree.resolve("b")));
    assertThat(members).containsOnlyKeys("tree/", "tree/a", "tree/c");
    assertThat(notes).hasSize(1);
  }

  @Test
  void aLiveFileThatShrankEndsInZerosAndIsNoted() throws Exception {
    byte[] before = contentOf("b");
    Map<String, byte[]> members = pack(true, () -> shell("truncate -s 20000 b"));
    byte[] packed = members.get("tree/b");
    assertThat(packed).hasSize(50_000);
    assertThat(packed).startsWith(Arrays.copyOf(before, 20_000));
    assertThat(Arrays.copyOfRange(packed, 20_000, 50_000)).containsOnly(0);
    assertThat(notes).containsExactly("/tree/b: changed while it was read");
    assertThat(members.get("tree/c")).isEqualTo(contentOf("c"));
  }

  @Test
  void aLiveFileThatGrewIsCutAndNoted() throws Exception {
    byte[] before = contentOf("b");
    Map<String, byte[]> members = pack(true, () -> shell("echo more >> b"));
    assertThat(members.get("tree/b")).isEqualTo(before);
    assertThat(notes).containsExactly("/tree/b: changed while it was read");
  }

  @ParameterizedTest
  @ValueSource(strings = {"truncate -s 20000 b", "rm b", "cp c b.new; mv b.new b"})
  void aFrozenFileThatIsNotWhatWasListedEndsTheBackup(String change) {
    Failure failure = catchThrowableOfType(Failure.class, () -> pack(false, () -> shell(change)));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
    assertThat(failure).hasMessageContaining("/tree/b");
    assertThat(notes).isEmpty();
  }
}
