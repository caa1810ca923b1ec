package io.plasmabackup.store.guard;

import static io.plasmabackup.store.guard.RawSftp.APPEND;
import static io.plasmabackup.store.guard.RawSftp.CREATE;
import static io.plasmabackup.store.guard.RawSftp.DENIED;
import static io.plasmabackup.store.guard.RawSftp.EXCLUSIVE;
import static io.plasmabackup.store.guard.RawSftp.FAILED;
import static io.plasmabackup.store.guard.RawSftp.MISSING;
import static io.plasmabackup.store.guard.RawSftp.OK;
import static io.plasmabackup.store.guard.RawSftp.READ;
import static io.plasmabackup.store.guard.RawSftp.TRUNCATE;
import static io.plasmabackup.store.guard.RawSftp.UNSUPPORTED;
import static io.plasmabackup.store.guard.RawSftp.WRITE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.guard.RawSftp.Answer;
import io.plasmabackup.testing.NoLeakedFds;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client can and cannot do that has a key and sends whatever it wants. */
@ExtendWith(NoLeakedFds.class)
class GuardedSftpTest {

  /** A Tuesday. */
  private static final Instant NOW = Instant.parse("2026-05-12T10:00:00Z");

  private static final String OLD = "20260511-0200-weekly.tar";
  private static final String NEW = "20260512-0900-daily.tar";
  private static final String PART = "." + NEW + ".part";
  private static final byte[] CONTENT = "an archive that is stored".getBytes(UTF_8);
  private static final byte[] OTHER = "something else altogether".getBytes(UTF_8);

  @TempDir private Path temp;
  private Path path;
  private Path outside;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void makeFolder() throws IOException {
    path = Files.createDirectory(temp.resolve("host1"));
    outside = Files.writeString(temp.resolve("outside"), "outside");
    for (String name : List.of(OLD, OLD + ".index", OLD + ".verified")) {
      Files.write(path.resolve(name), CONTENT);
      Files.setLastModifiedTime(path.resolve(name), FileTime.from(NOW.minus(Duration.ofDays(2))));
    }
    Files.writeString(path.resolve("plasma-rotate.json"), "{}");
    Files.writeString(path.resolve("notes.txt"), "the administrator's");
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
    assertThat(outside).hasContent("outside");
    assertThat(path.resolve("notes.txt")).hasContent("the administrator's");
    assertThat(path.resolve("plasma-rotate.json")).hasContent("{}");
    for (String name : List.of(OLD, OLD + ".index", OLD + ".verified")) {
      assertThat(path.resolve(name)).hasBinaryContent(CONTENT);
      assertThat(Files.getLastModifiedTime(path.resolve(name)).toInstant())
          .isEqualTo(NOW.minus(Duration.ofDays(2)));
    }
  }

  private static Limits limits() {
    return new Limits(true, Duration.ofDays(7), 8, OptionalLong.empty(), 16, 0);
  }

  private RawSftp client() throws Exception {
    return client(limits(), NOW);
  }

  private RawSftp client(Limits limits, Instant now) throws Exception {
    GuardedFolder folder = GuardedFolder.open(path, temp, limits, Clock.fixed(now, ZoneOffset.UTC));
    open.add(folder);
    RawSftp client = RawSftp.of(folder);
    open.add(client);
    return client;
  }

  /** In the folder, by its own path. */
  private String in(String name) {
    return path + "/" + name;
  }

  private void store(RawSftp client, String name) throws IOException {
    byte[] handle = client.create(in("." + name + ".part")).bytes();
    assertThat(client.write(handle, 0, CONTENT).status()).isEqualTo(OK);
    assertThat(client.close(handle).status()).isEqualTo(OK);
    assertThat(client.rename(in("." + name + ".part"), in(name)).status()).isEqualTo(OK);
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  // What is allowed

  @Test
  void anArchiveAndItsIndexAreStored() throws Exception {
    RawSftp client = client();
    byte[] handle = client.create(in(PART)).bytes();
    assertThat(Files.getPosixFilePermissions(path.resolve(PART)))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    client.write(handle, 3, OTHER);
    client.write(handle, 0, CONTENT);
    assertThat(client.ask(10, handle, 1, (long) CONTENT.length).status()).isEqualTo(OK);
    assertThat(client.ask(200, "fsync@openssh.com", handle).status()).isEqualTo(OK);
    client.close(handle);

    assertThat(client.rename(in(PART), in(NEW)).status()).isEqualTo(OK);

    assertThat(path.resolve(NEW)).hasBinaryContent(CONTENT);
    assertThat(path.resolve(PART)).doesNotExist();
    assertThat(Files.getPosixFilePermissions(path.resolve(NEW)))
        .isEqualTo(PosixFilePermissions.fromString("r--------"));
    assertThat(Files.getLastModifiedTime(path.resolve(NEW)).toInstant()).isEqualTo(NOW);
    store(client, NEW + ".index");
    assertThat(client.ask(5, client.open(in(NEW), READ).bytes(), 3L, 5).bytes())
        .isEqualTo("archi".getBytes(UTF_8));
  }

  @Test
  void aPartialFileIsGoneOnWithHoweverOldItsDate() throws Exception {
    client().create(in(PART));
    RawSftp later = client(limits(), NOW.plus(Duration.ofDays(30)));
    byte[] handle = later.open(in(PART), READ | WRITE).bytes();
    assertThat(later.write(handle, 0, CONTENT).status()).isEqualTo(OK);
    assertThat(later.ask(10, handle, 1, 2L).status()).isEqualTo(OK);
    assertThat(later.write(handle, 2, OTHER).status()).isEqualTo(OK);
    assertThat(later.create(in("." + NEW + ".index.part")).status()).isEqualTo(OK);
    later.close(handle);
    assertThat(later.rename(in(PART), in(NEW)).status()).isEqualTo(OK);
  }

  @Test
  void aPartialFileCanBeRemoved() throws Exception {
    RawSftp client = client();
    client.create(in(PART));
    assertThat(client.remove(in(PART)).status()).isEqualTo(OK);
    assertThat(client.remove(in(PART)).status()).isEqualTo(MISSING);
    assertThat(path.resolve(PART)).doesNotExist();
  }

  @Test
  void onlyWhatIsPlasmasIsListed() throws Exception {
    Files.createSymbolicLink(path.resolve("20260509-0200-daily.tar"), outside);
    Files.createDirectory(path.resolve("20260508-0200-daily.tar"));
    RawSftp client = client();
    byte[] handle = client.ask(11, path.toString()).bytes();
    Answer listing = client.ask(12, handle);
    assertThat(listing.body().getInt(0)).isEqualTo(4);
    assertThat(new String(listing.body().array(), UTF_8))
        .contains(OLD, OLD + ".index", OLD + ".verified", "plasma-rotate.json")
        .doesNotContain("notes", "20260509", "20260508");
    assertThat(client.ask(12, handle).status()).isEqualTo(RawSftp.END);
  }

  // What is stored stays

  @ParameterizedTest
  @ValueSource(
      ints = {
        WRITE,
        READ | WRITE,
        WRITE | CREATE,
        WRITE | TRUNCATE,
        WRITE | CREATE | TRUNCATE,
        WRITE | APPEND,
        WRITE | CREATE | EXCLUSIVE,
        READ | TRUNCATE,
        READ | CREATE,
        CREATE | TRUNCATE,
        0,
        0x7fff_ffff,
        -1
      })
  void whatIsStoredCannotBeOpenedForWriting(int flags) throws Exception {
    for (String name : List.of(OLD, OLD + ".index", OLD + ".verified", "plasma-rotate.json")) {
      assertThat(client().open(in(name), flags).status()).as(name).isEqualTo(DENIED);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {WRITE | TRUNCATE, WRITE | CREATE, WRITE | CREATE | TRUNCATE, WRITE | APPEND})
  void norIsAPartialFileCutOffByOpeningIt(int flags) throws Exception {
    RawSftp client = client();
    client.write(client.create(in(PART)).bytes(), 0, CONTENT);
    assertThat(client.open(in(PART), flags).status()).isEqualTo(DENIED);
    assertThat(path.resolve(PART)).hasBinaryContent(CONTENT);
  }

  @Test
  void whatIsStoredCannotBeDeletedChangedReplacedOrRenamed() throws Exception {
    RawSftp client = client();
    store(client, NEW);
    for (String name : List.of(OLD, OLD + ".index", OLD + ".verified", "plasma-rotate.json", NEW)) {
      byte[] handle = client.open(in(name), READ).bytes();
      assertThat(client.write(handle, 0, OTHER).status()).isEqualTo(DENIED);
      assertThat(client.ask(10, handle, 1, 0L).status()).isEqualTo(DENIED);
      assertThat(client.ask(10, handle, 8, 0, 0).status()).isEqualTo(DENIED);
      assertThat(client.ask(9, in(name), 1, 0L).status()).isEqualTo(DENIED);
      assertThat(client.ask(9, in(name), 8, 0, 0).status()).isEqualTo(DENIED);
      assertThat(client.ask(9, in(name), 4, 0777).status()).isEqualTo(DENIED);
      assertThat(client.remove(in(name)).status()).isEqualTo(DENIED);
      assertThat(client.rename(in(name), in("20260512-0901-daily.tar")).status()).isEqualTo(DENIED);
      assertThat(client.rename(in(name), in("." + name + ".part")).status()).isEqualTo(DENIED);
      assertThat(client.ask(200, "posix-rename@openssh.com", in(name), in(PART)).status())
          .isEqualTo(UNSUPPORTED);
      assertThat(client.ask(200, "hardlink@openssh.com", in(name), in(PART)).status())
          .isEqualTo(UNSUPPORTED);
    }
    assertThat(path.resolve(NEW)).hasBinaryContent(CONTENT);
  }

  @Test
  void aNameThatIsTakenIsNotTouched() throws Exception {
    RawSftp client = client();
    byte[] handle = client.create(in("." + OLD + ".part")).bytes();
    client.write(handle, 0, OTHER);
    Answer refused = client.rename(in("." + OLD + ".part"), in(OLD));
    assertThat(refused.status()).isEqualTo(FAILED);
    assertThat(refused.message()).contains("exists already");
    // Nor is a link, wherever it leads.
    Files.createSymbolicLink(path.resolve(NEW), outside);
    client.create(in(PART));
    assertThat(client.rename(in(PART), in(NEW)).status()).isEqualTo(FAILED);
  }

  @Test
  void nothingIsWrittenToWhatHasBeenPublished() throws Exception {
    RawSftp client = client();
    byte[] early = client.create(in(PART)).bytes();
    client.write(early, 0, CONTENT);
    byte[] second = client.open(in(PART), READ | WRITE).bytes();
    RawSftp another = client();
    byte[] third = another.open(in(PART), WRITE).bytes();

    assertThat(another.rename(in(PART), in(NEW)).status()).isEqualTo(OK);

    for (byte[] handle : List.of(early, second)) {
      assertThat(client.write(handle, 0, OTHER).status()).isEqualTo(DENIED);
      assertThat(client.ask(10, handle, 1, 0L).status()).isEqualTo(DENIED);
    }
    assertThat(another.write(third, 0, OTHER).status()).isEqualTo(DENIED);
    // Nor if there is another partial file of that name by now.
    client.create(in(PART));
    assertThat(another.write(third, 0, OTHER).status()).isEqualTo(DENIED);
    assertThat(path.resolve(NEW)).hasBinaryContent(CONTENT);
  }

  // Nothing else is there

  @ParameterizedTest
  @ValueSource(
      strings = {
        "notes.txt",
        ".notes.txt.part",
        "plasma-rotate.json",
        ".plasma-rotate.json.part",
        ".20260512-0900-daily.tar.verified.part",
        "20260512-0900-daily.tar",
        "20260512-0900-daily.tar.part",
        ".20260512-0900-daily.tar.gz.part",
        ".20260512-0900-hourly.tar.part",
        ".20260512-0900-daily.tar.part.part",
        ".20260532-0900-daily.tar.part",
        ".20260512-0900-daily.tar\n.part",
        "..20260512-0900-daily.tar.part",
        "authorized_keys",
        ".ssh",
      })
  void onlyPartialFilesOfArchivesAndIndexesAreMade(String name) throws Exception {
    List<String> before = names();
    assertThat(client().create(in(name)).status()).isEqualTo(DENIED);
    assertThat(client().create(name).status()).isEqualTo(DENIED);
    assertThat(names()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside",
        "../.20260512-0900-daily.tar.part",
        "x/../../.20260512-0900-daily.tar.part",
        "sub/.20260512-0900-daily.tar.part",
        "/etc/passwd",
        "/tmp/.20260512-0900-daily.tar.part",
        "/proc/self/environ",
        "~/.ssh/authorized_keys",
        "\0",
        ".20260512-0900-daily.tar.part\0",
        "//../",
        "..",
      })
  void nothingLeadsOutOfTheFolder(String name) throws Exception {
    RawSftp client = client();
    for (String asked : List.of(name, in(name), "/" + name, "./" + name)) {
      assertThat(client.open(asked, READ).status()).as(asked).isEqualTo(MISSING);
      assertThat(client.create(asked).status()).as(asked).isIn(MISSING, DENIED);
      assertThat(client.remove(asked).status()).as(asked).isEqualTo(MISSING);
      assertThat(client.ask(17, asked).status()).as(asked).isEqualTo(MISSING);
      assertThat(client.ask(7, asked).status()).as(asked).isEqualTo(MISSING);
      assertThat(client.ask(11, asked).status()).as(asked).isEqualTo(MISSING);
    }
    client.create(in(PART));
    assertThat(client.rename(in(PART), in(name)).status()).isIn(MISSING, DENIED);
    try (Stream<Path> files = Files.list(temp)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("host1", "outside");
    }
  }

  @Test
  void linksAndFoldersAreNotMadeAndNotFollowed() throws Exception {
    Files.createSymbolicLink(path.resolve("20260510-0200-daily.tar"), outside);
    Files.createSymbolicLink(path.resolve(PART), outside);
    Files.createLink(path.resolve(".20260510-0900-daily.tar.part"), path.resolve(OLD));
    RawSftp client = client();
    assertThat(client.open(in("20260510-0200-daily.tar"), READ).status()).isEqualTo(MISSING);
    assertThat(client.open(in(PART), READ).status()).isEqualTo(MISSING);
    assertThat(client.open(in(PART), WRITE).status()).isEqualTo(MISSING);
    assertThat(client.create(in(PART)).status()).isEqualTo(FAILED);
    assertThat(client.rename(in(PART), in(NEW)).status()).isEqualTo(MISSING);
    assertThat(client.open(in(".20260510-0900-daily.tar.part"), READ | WRITE).status())
        .isEqualTo(MISSING);
    assertThat(client.ask(14, in(NEW), 0).status()).isEqualTo(DENIED);
    assertThat(client.ask(15, path.toString()).status()).isEqualTo(DENIED);
    assertThat(client.ask(20, "/etc/passwd", in(NEW)).status()).isEqualTo(DENIED);
    assertThat(client.ask(19, in("20260510-0200-daily.tar")).status()).isEqualTo(DENIED);
    assertThat(Files.exists(path.resolve(NEW), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  // Dates and numbers

  @ParameterizedTest
  @CsvSource({
    "20260512-0900-daily.tar, true",
    "20260505-1000-daily.tar, true",
    "20260505-0959-daily.tar, false",
    "20260513-1200-daily.tar, true",
    "20260513-1201-daily.tar, false",
    "20991231-0000-daily.tar, false",
    "00000101-0000-monthly.tar, false",
    // The label is the date's: rotation has few slots for the others.
    "20260512-0900-monthly.tar, false",
    "20260512-0900-weekly.tar, false",
    "20260511-0900-daily.tar, false",
    "20260511-0900-weekly.tar, true",
    // A run that began a minute before midnight.
    "20260511-000030-daily.tar, true",
    "20260511-000130-daily.tar, false",
    "20260512-000030-weekly.tar, true",
    "20260512-000130-weekly.tar, false",
  })
  void datesAreWithinAWindow(String name, boolean allowed) throws Exception {
    assertThat(client().create(in("." + name + ".part")).status()).isEqualTo(allowed ? OK : DENIED);
    assertThat(client().create(in("." + name + ".index.part")).status())
        .isEqualTo(allowed ? OK : DENIED);
  }

  @Test
  void onlySoManyArchivesADay() throws Exception {
    Limits three = new Limits(true, Duration.ofDays(7), 3, OptionalLong.empty(), 16, 0);
    RawSftp client = client(three, NOW);
    client.create(in(".20260512-0906-daily.tar.part"));
    for (int minute = 0; minute < 3; minute++) {
      store(client, "20260512-090" + minute + "-daily.tar");
    }
    Answer refused = client.create(in(".20260512-0904-daily.tar.part"));
    assertThat(refused.status()).isEqualTo(DENIED);
    assertThat(refused.message()).contains("3 archives were stored within 24 hours");
    // Nor is one published that was begun before.
    assertThat(
            client
                .rename(in(".20260512-0906-daily.tar.part"), in("20260512-0906-daily.tar"))
                .status())
        .isEqualTo(DENIED);
    RawSftp tomorrow = client(three, NOW.plus(Duration.ofHours(25)));
    assertThat(
            tomorrow
                .rename(in(".20260512-0906-daily.tar.part"), in("20260512-0906-daily.tar"))
                .status())
        .isEqualTo(OK);
  }

  @Test
  void onlySoManyBytesADay() throws Exception {
    Limits limits = new Limits(true, Duration.ofDays(7), 8, OptionalLong.of(1_000_000), 16, 0);
    RawSftp client = client(limits, NOW);
    byte[] one = client.create(in(PART)).bytes();
    byte[] other = client.create(in(".20260512-0901-daily.tar.part")).bytes();
    assertThat(client.write(one, 0, new byte[250_000]).status()).isEqualTo(OK);
    assertThat(client.write(one, 250_000, new byte[250_000]).status()).isEqualTo(OK);
    assertThat(client.write(other, 0, new byte[250_000]).status()).isEqualTo(OK);
    Answer refused = client.write(other, 250_000, new byte[250_000]);
    assertThat(refused.status()).isEqualTo(DENIED);
    assertThat(refused.message()).contains("1,000,000 bytes", "--max-bytes-per-day");
    // However it is tried: a hole, a far end, one after the other.
    assertThat(client.ask(10, other, 1, 600_000L).status()).isEqualTo(DENIED);
    assertThat(client.write(other, 1L << 60, new byte[1]).status()).isEqualTo(DENIED);
    assertThat(client.write(other, Long.MAX_VALUE, new byte[1]).status()).isEqualTo(DENIED);
    assertThat(client.write(other, -1, new byte[1]).status()).isEqualTo(DENIED);
    client.close(one);
    assertThat(client.rename(in(PART), in(NEW)).status()).isEqualTo(OK);
    assertThat(client.write(other, 250_000, new byte[250_000]).status()).isEqualTo(DENIED);
    assertThat(client.write(other, 250_000, new byte[200_000]).status()).isEqualTo(OK);
    // A client is told how much room there is.
    Answer space = client.ask(200, "statvfs@openssh.com", path.toString());
    assertThat(space.body().getLong(4 * Long.BYTES) * 4096).isLessThan(60_000);
  }

  @Test
  void onlySoManyPartialFilesAndOnlyWhileThereIsRoom() throws Exception {
    RawSftp client =
        client(new Limits(true, Duration.ofDays(7), 8, OptionalLong.empty(), 2, 0), NOW);
    client.create(in(PART));
    client.create(in("." + NEW + ".index.part"));
    assertThat(client.create(in(".20260512-0901-daily.tar.part")).message())
        .contains("2 partial files already");
    RawSftp full =
        client(
            new Limits(true, Duration.ofDays(7), 8, OptionalLong.empty(), 16, Long.MAX_VALUE), NOW);
    assertThat(full.create(in(".20260512-0901-daily.tar.part")).message()).contains("are free");
    byte[] handle = full.open(in(PART), WRITE).bytes();
    assertThat(full.write(handle, 0, CONTENT).status()).isEqualTo(DENIED);
  }

  @Test
  void anIndexNeedsItsArchive() throws Exception {
    RawSftp client = client();
    client.create(in("." + NEW + ".index.part"));
    assertThat(client.rename(in("." + NEW + ".index.part"), in(NEW + ".index")).status())
        .isEqualTo(DENIED);
    assertThat(client.rename(in("." + NEW + ".index.part"), in(NEW)).status()).isEqualTo(DENIED);
  }

  @Test
  void withoutReadingOnlyPartialFilesAndThePolicyAreRead() throws Exception {
    Limits limits = new Limits(false, Duration.ofDays(7), 8, OptionalLong.empty(), 16, 0);
    RawSftp client = client(limits, NOW);
    for (String name : List.of(OLD, OLD + ".index", OLD + ".verified")) {
      byte[] handle = client.open(in(name), READ).bytes();
      Answer refused = client.ask(5, handle, 0L, 100);
      assertThat(refused.status()).isEqualTo(DENIED);
      assertThat(refused.message()).contains("--no-read");
      assertThat(client.ask(8, handle).status()).isEqualTo(OK);
      assertThat(client.ask(200, "fsync@openssh.com", handle).status()).isEqualTo(OK);
    }
    byte[] part = client.create(in(PART)).bytes();
    client.write(part, 0, CONTENT);
    assertThat(client.ask(5, part, 0L, 100).bytes()).isEqualTo(CONTENT);
    byte[] policy = client.open(in("plasma-rotate.json"), READ).bytes();
    assertThat(client.ask(5, policy, 0L, 100).bytes()).isEqualTo("{}".getBytes(UTF_8));
  }

  // What makes no sense

  @Test
  void onlySoMuchIsOpen() throws Exception {
    RawSftp client = client();
    for (int i = 0; i < 64; i++) {
      assertThat(client.open(in(OLD), READ).status()).isEqualTo(OK);
    }
    assertThat(client.open(in(OLD), READ).status()).isEqualTo(FAILED);
    assertThat(client.ask(11, path.toString()).status()).isEqualTo(FAILED);
  }

  @Test
  void whatIsNotOpenOrNotKnownIsRefused() throws Exception {
    RawSftp client = client();
    assertThat(client.ask(5, "x", 0L, 1).status()).isEqualTo(FAILED);
    assertThat(client.ask(5, new byte[4], 0L, 1).status()).isEqualTo(FAILED);
    assertThat(client.close(new byte[] {9, 9, 9, 9}).status()).isEqualTo(FAILED);
    assertThat(client.ask(77).status()).isEqualTo(UNSUPPORTED);
    assertThat(client.ask(200, "copy-data").status()).isEqualTo(UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7fffffff",
        "00000000",
        "0000000501",
        "0000000105",
        "0000000503000000ff",
        "000000050100000003000000020300",
        "0000000501000000030000000903000000017fffffff",
        "0000000501000000030000000903000000018fffffff",
      })
  void whatIsNoSftpEndsTheServer(String hex) throws Exception {
    byte[] bytes = HexFormat.of().parseHex(hex);
    try (GuardedFolder folder =
            GuardedFolder.open(path, temp, limits(), Clock.fixed(NOW, ZoneOffset.UTC));
        SftpServer server =
            new SftpServer(folder, new ByteArrayInputStream(bytes), new ByteArrayOutputStream())) {
      Failure failure = catchThrowableOfType(Failure.class, server::serve);
      if (failure != null) {
        assertThat(failure.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(failure).hasMessageStartingWith("this is no client of SFTP: ");
      }
    }
  }
}
