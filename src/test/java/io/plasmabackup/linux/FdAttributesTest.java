package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.Fd.Use;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeakedFds.class)
class FdAttributesTest {

  private static final RawPath FILE = RawPath.of("file");

  @TempDir private Path folder;
  private Path file;
  private Fd directory;

  @BeforeEach
  void make() throws IOException {
    file = Files.createFile(folder.resolve("file"));
    directory = Fd.openDirectory(RawPath.of(folder.toString()));
  }

  @AfterEach
  void close() {
    directory.close();
  }

  private static void set(Path path, String name, byte[] value) throws IOException {
    UserDefinedFileAttributeView view =
        Objects.requireNonNull(
            Files.getFileAttributeView(path, UserDefinedFileAttributeView.class));
    view.write(name, ByteBuffer.wrap(value));
  }

  @Test
  void hasThemInTheOrderOfTheirNames() throws IOException {
    byte[] bytes = new byte[256];
    for (int i = 0; i < 256; i++) {
      bytes[i] = (byte) i;
    }
    set(file, "z", bytes);
    set(file, "empty", new byte[0]);
    set(file, "a", new byte[] {1});
    set(file, "\u00e4", new byte[] {2});

    Map<RawPath, byte[]> attributes = directory.attributesAt(FILE);

    assertThat(attributes.keySet())
        .containsExactly(
            RawPath.of("user.a"),
            RawPath.of("user.empty"),
            RawPath.of("user.z"),
            RawPath.of("user.\u00e4"));
    assertThat(attributes.values())
        .containsExactly(new byte[] {1}, new byte[0], bytes, new byte[] {2});
    try (Fd open = directory.openAt(FILE, Use.READ)) {
      assertThat(open.attributes()).containsExactlyEntriesOf(attributes);
    }
  }

  @Test
  void hasNoneOfAFileWithoutAny() throws ErrnoException {
    assertThat(directory.attributesAt(FILE)).isEmpty();
    assertThat(directory.attributes()).isEmpty();
  }

  @Test
  void hasNoneOnAFilesystemThatKnowsNone() throws ErrnoException {
    try (Fd proc = Fd.openDirectory(RawPath.of("/proc/self"));
        Fd status = proc.openAt(RawPath.of("status"), Use.READ)) {
      assertThat(proc.attributesAt(RawPath.of("status"))).isEmpty();
      assertThat(status.attributes()).isEmpty();
    }
  }

  @Test
  void hasAValueOfTheGreatestSize(@TempDir(factory = SharedMemory.class) Path memory)
      throws IOException {
    byte[] value = new byte[64 * 1024];
    new Random(1).nextBytes(value);
    Path large = Files.createFile(memory.resolve("file"));
    try {
      set(large, "large", value);
    } catch (IOException e) {
      Assumptions.abort("needs a tmpfs with attributes (Linux 6.6): " + e.getMessage());
    }
    try (Fd open = Fd.open(RawPath.of(large.toString()), Use.READ)) {
      assertThat(open.attributes().get(RawPath.of("user.large"))).isEqualTo(value);
    }
  }

  @Test
  void hasThoseOfALinkItself() throws IOException {
    Requires.root();
    set(file, "of-the-file", new byte[] {1});
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
    String setfattr = Requires.tool("setfattr").toString();
    Command.run(setfattr, "-h", "-n", "trusted.of-the-link", "-v", "text", link.toString());

    Map<RawPath, byte[]> attributes = directory.attributesAt(RawPath.of("link"));
    assertThat(attributes).containsOnlyKeys(RawPath.of("trusted.of-the-link"));
    assertThat(attributes.values()).containsExactly("text".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void hasAccessListsAndCapabilities() throws IOException {
    Requires.root();
    Command.run(Requires.tool("setfacl").toString(), "-m", "u:12345:r", file.toString());
    Command.run(Requires.tool("setcap").toString(), "cap_net_raw=ep", file.toString());

    assertThat(directory.attributesAt(FILE).keySet())
        .containsExactly(RawPath.of("security.capability"), RawPath.of("system.posix_acl_access"));
  }

  @Test
  void neverHasThoseOfTheDirectoryForThoseOfALongName() throws IOException {
    set(folder, "of-the-folder", new byte[] {1});

    assertThat(directory.attributes()).containsOnlyKeys(RawPath.of("user.of-the-folder"));
    for (int length : new int[] {256, 4000, 5000}) {
      RawPath name = RawPath.of("n".repeat(length));
      assertThatThrownBy(() -> directory.attributesAt(name))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG));
    }
  }

  @Test
  void tellsWhoseCouldNotBeRead() {
    assertThatThrownBy(() -> directory.attributesAt(RawPath.of("missing")))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("cannot list the attributes of " + folder + "/missing: " + Errno.ENOENT);
  }
}
