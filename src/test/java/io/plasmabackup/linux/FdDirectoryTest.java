package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.linux.Fd.Use;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Listings;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a directory is asked for: names, status, links, and directories made and removed. */
@ExtendWith(NoLeakedFds.class)
class FdDirectoryTest {

  private Path folder;
  private Fd directory;

  @BeforeEach
  void make() throws IOException {
    folder = Files.createTempDirectory("plasma-test-").toRealPath();
    directory = Fd.openDirectory(RawPath.of(folder.toString()));
  }

  /** Not by {@code @TempDir}: there are names here that Java cannot delete. */
  @AfterEach
  void remove() {
    directory.close();
    Command.run("rm", "-rf", folder.toString());
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  private FileStatus status(String name) throws ErrnoException {
    return directory.statusAt(RawPath.of(name));
  }

  private static void assertErrno(Errno errno, ErrnoException e) {
    assertThat(e.errno()).isEqualTo(errno);
  }

  @Test
  void listsNamesOfAnyBytes() throws ErrnoException {
    List<RawPath> names = new ArrayList<>();
    for (int b = 1; b < 256; b++) {
      if (b != '/' && b != '.') {
        names.add(RawPath.copyOf(new byte[] {(byte) b}));
      }
    }
    names.add(RawPath.of("..."));
    names.add(RawPath.of(".hidden"));
    names.add(RawPath.of("n".repeat(255)));
    names.add(RawPath.of("\u00e4\u20ac\ud83d\ude00"));
    names.add(RawPath.copyOf(new byte[] {'x', (byte) 0xc3}));
    for (RawPath name : names) {
      directory.makeDirectoryAt(name, 0700);
    }

    assertThat(Listings.names(directory.list())).containsExactlyInAnyOrderElementsOf(names);
    for (RawPath name : names) {
      assertThat(directory.statusAt(name).isDirectory()).isTrue();
    }
    // By another program's account as well, as octal numbers.
    assertThat(Command.run("ls", "-A", "--quoting-style=escape", folder.toString()).lines())
        .hasSameSizeAs(names)
        .contains("\\001", "\\377", "x\\303", "\\n", "\\\\");
  }

  @Test
  void listsManyNames() throws IOException {
    int count = 20_000;
    List<RawPath> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = "a name that fills the buffer some more " + i;
      Files.createFile(folder.resolve(name));
      names.add(RawPath.of(name));
    }

    List<RawPath> listed = new ArrayList<>(Listings.names(directory.list()));
    listed.sort(null);
    names.sort(null);
    assertThat(listed).isEqualTo(names);
  }

  @Test
  void listsFromTheStartEachTime() throws IOException {
    assertThat(Listings.names(directory.list())).isEmpty();
    Files.createFile(folder.resolve("one"));
    assertThat(Listings.names(directory.list())).containsExactly(RawPath.of("one"));
    assertThat(Listings.names(directory.list())).containsExactly(RawPath.of("one"));
  }

  @Test
  void listsNoFile() throws IOException {
    Files.createFile(folder.resolve("file"));
    try (Fd file = directory.openAt(RawPath.of("file"), Use.READ)) {
      assertThatThrownBy(file::list)
          .isInstanceOf(ErrnoException.class)
          .hasMessage("cannot list " + path("file") + ": " + Errno.ENOTDIR);
    }
  }

  @Test
  void knowsEveryType() throws IOException {
    Requires.root();
    Files.createFile(folder.resolve("file"));
    Files.createDirectory(folder.resolve("directory"));
    Files.createSymbolicLink(folder.resolve("link"), Path.of("nowhere"));
    Command.run("mkfifo", path("fifo"));
    Command.run("mknod", path("character"), "c", "4095", "1048575");
    Command.run("mknod", path("block"), "b", "7", "130");
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(folder.resolve("socket")));

      assertThat(status("file").type()).isEqualTo(FileStatus.Type.REGULAR);
      assertThat(status("directory").type()).isEqualTo(FileStatus.Type.DIRECTORY);
      assertThat(status("link").type()).isEqualTo(FileStatus.Type.SYMBOLIC_LINK);
      assertThat(status("fifo").type()).isEqualTo(FileStatus.Type.FIFO);
      assertThat(status("character").type()).isEqualTo(FileStatus.Type.CHARACTER_DEVICE);
      assertThat(status("character").device()).isEqualTo(new DeviceNumber(4095, 1048575));
      assertThat(status("block").type()).isEqualTo(FileStatus.Type.BLOCK_DEVICE);
      assertThat(status("block").device()).hasToString("7:130");
      assertThat(status("socket").type()).isEqualTo(FileStatus.Type.SOCKET);
    }
  }

  @Test
  void statusIsWhatStatSays() throws IOException {
    Requires.root();
    Path file = Files.write(folder.resolve("file"), new byte[12345]);
    Files.createLink(folder.resolve("second"), file);
    Command.run("chown", "4294967294:3000000000", file.toString());
    Command.run("chmod", "6751", file.toString());
    Command.run("touch", "-d", "1960-01-02T03:04:05.123456789Z", file.toString());

    FileStatus status = status("file");

    assertThat(
            "%x %d %d %d %d %d %d %d.%09d %d"
                .formatted(
                    status.mode(),
                    status.links(),
                    status.uid(),
                    status.gid(),
                    status.size(),
                    status.blocks(),
                    status.id().inode(),
                    status.changed().seconds(),
                    status.changed().nanos(),
                    status.id().device().major()))
        .isEqualTo(Command.run("stat", "-c", "%f %h %u %g %s %b %i %.9Z %Hd", file.toString()));
    assertThat(status.permissions()).isEqualTo(06751);
    assertThat(status.modified()).isEqualTo(new Timestamp(-315521755, 123456789));
    assertThat(status("second").id()).isEqualTo(status.id());
    try (Fd open = directory.openAt(RawPath.of("file"), Use.READ)) {
      assertThat(open.status()).isEqualTo(status);
    }
  }

  @Test
  void knowsFilesThatCannotBeChanged() throws IOException {
    Requires.root();
    Requires.tool("chattr");
    for (String flag : new String[] {"i", "a"}) {
      Files.createFile(folder.resolve(flag));
      Command.Result result = Command.attempt("chattr", "+" + flag, path(flag));
      Assumptions.assumeTrue(
          result.status() == 0, () -> "needs a filesystem with flags: " + result.output());
      try {
        assertThat(status(flag).isImmutable()).isEqualTo(flag.equals("i"));
        assertThat(status(flag).isAppendOnly()).isEqualTo(flag.equals("a"));
      } finally {
        Command.run("chattr", "-" + flag, path(flag));
      }
      assertThat(status(flag).isImmutable()).isFalse();
      assertThat(status(flag).isAppendOnly()).isFalse();
    }
  }

  @Test
  void statusHasTheMountOfTheTable() throws IOException {
    long id = directory.status().mount();

    assertThat(MountTable.read().byId(id).orElseThrow().mountPoint().toString())
        .isEqualTo(
            Command.run("findmnt", "--noheadings", "--output", "TARGET", "--target", path("")));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 254, 4095})
  void readsLinksOfAnyLength(int length) throws IOException {
    String target = "t".repeat(length);
    Files.createSymbolicLink(folder.resolve("link"), Path.of(target));

    assertThat(directory.readLinkAt(RawPath.of("link"))).isEqualTo(RawPath.of(target));
  }

  @Test
  void readsLinksOfAnyBytes() throws ErrnoException {
    Command.run("sh", "-c", "ln -s \"$(printf '\\377\\001/\\303')\" \"$1\"", "sh", path("link"));

    assertThat(directory.readLinkAt(RawPath.of("link")))
        .isEqualTo(RawPath.copyOf(new byte[] {(byte) 0xff, 1, '/', (byte) 0xc3}));
  }

  @Test
  void readsNoFileAsALink() throws IOException {
    Files.createFile(folder.resolve("file"));

    assertThatThrownBy(() -> directory.readLinkAt(RawPath.of("file")))
        .isInstanceOf(ErrnoException.class)
        .hasMessage("cannot read the link " + path("file") + ": " + Errno.EINVAL);
  }

  @Test
  void makesAndRemovesDirectories() throws IOException {
    RawPath name = RawPath.of("made");
    directory.makeDirectoryAt(name, 0700);
    assertThat(directory.statusAt(name).permissions()).isEqualTo(0700);
    assertThatThrownBy(() -> directory.makeDirectoryAt(name, 0700))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertErrno(Errno.EEXIST, e))
        .hasMessageStartingWith("cannot create the directory " + path("made"));
    Files.createFile(folder.resolve("made/file"));
    assertThatThrownBy(() -> directory.removeDirectoryAt(name))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertErrno(Errno.ENOTEMPTY, e))
        .hasMessageStartingWith("cannot remove the directory " + path("made"));
    Files.delete(folder.resolve("made/file"));
    directory.removeDirectoryAt(name);
    assertThatThrownBy(() -> directory.statusAt(name))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertErrno(Errno.ENOENT, e))
        .hasMessageStartingWith("cannot stat " + path("made"));
  }

  @Test
  void knowsTheFilesystem() throws ErrnoException {
    assertThat(Long.toHexString(directory.filesystemType()))
        .isEqualTo(Command.run("stat", "-f", "-c", "%t", folder.toString()));
    try (Fd proc = Fd.open(RawPath.of("/proc"), Use.LOCATE)) {
      assertThat(proc.filesystemType()).isEqualTo(0x9fa0);
    }
  }

  @Test
  void knowsHowMuchRoomThereIs() throws ErrnoException {
    String[] blocks = Command.run("stat", "-f", "-c", "%b %S", folder.toString()).split(" ", -1);

    FilesystemSpace space = directory.filesystemSpace();

    assertThat(space.totalBytes())
        .isEqualTo(Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]))
        .isPositive();
    assertThat(space.freeBytes()).isBetween(0L, space.totalBytes());
  }
}
