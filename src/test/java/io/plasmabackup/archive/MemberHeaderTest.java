package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.FileStatus.Timestamp;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.Metadata;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemberHeaderTest {

  private static final RawPath NAME = RawPath.of("folder/name");

  private static Map<String, byte[]> records(Entry entry) throws Failure {
    return PaxParser.ofHeader(MemberHeader.encode(entry, 0), 0);
  }

  private static String text(byte @Nullable [] value) {
    return new String(Objects.requireNonNull(value), StandardCharsets.UTF_8);
  }

  private static Map<String, String> texts(Entry entry) throws Failure {
    Map<String, String> texts = new LinkedHashMap<>();
    records(entry).forEach((key, value) -> texts.put(key, text(value)));
    return texts;
  }

  private static TarArchiveEntry read(Entry entry) throws Exception {
    byte[] header = MemberHeader.encode(entry, 0);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new ByteArrayInputStream(header), StandardCharsets.UTF_8.name())) {
      return tar.getNextEntry();
    }
  }

  private static Entry plain(Metadata metadata) {
    return Entries.entry(NAME, metadata, Entries.file(3));
  }

  @ParameterizedTest
  @ValueSource(longs = {32 * 1024, 32 * 1024 + 1, 1_000_000, 4L << 20, 9L << 30})
  void dataOfLargerFilesStartsAlignedWhereverTheMemberDoes(long size) throws Exception {
    for (Metadata metadata : List.of(Entries.PLAIN, Entries.modified(5, 7), longest())) {
      for (int position = 0; position < 2 * 4096; position += 512) {
        Entry entry = Entries.entry(NAME, metadata, Entries.file(size));
        byte[] header = MemberHeader.encode(entry, position);
        assertThat(header.length % 512).isZero();
        assertThat((position + header.length) % 4096).isZero();
        assertThat(header.length)
            .isLessThan(
                MemberHeader.encode(Entries.entry(NAME, metadata, Entries.file(1)), 0).length
                    + 4096
                    + 1024
                    + 1);
      }
    }
  }

  private static Metadata longest() {
    return Entries.attributes(Map.of(RawPath.of("user.long"), new byte[5000]));
  }

  @Test
  void smallerFilesAreNotPadded() throws Exception {
    for (int position = 0; position < 4096; position += 512) {
      Entry entry = Entries.file("name", 32 * 1024 - 1);
      assertThat(MemberHeader.encode(entry, position)).hasSize(512);
    }
  }

  @Test
  void onlyTheDataOfASparseFileDecidesWhetherItIsAligned() throws Exception {
    Entry hole =
        Entries.entry(NAME, Entries.PLAIN, Entries.sparse(1L << 40, new Extent(4096, 8192)));
    Entry data =
        Entries.entry(NAME, Entries.PLAIN, Entries.sparse(1L << 40, new Extent(4096, 40_960)));
    for (int position = 0; position < 4096; position += 512) {
      assertThat(MemberHeader.encode(hole, position)).hasSize(512 + 512 + 512 + 512);
      assertThat((position + MemberHeader.encode(data, position).length) % 4096).isZero();
    }
  }

  @Test
  void aSparseFileCarriesItsMapInFrontOfItsData() throws Exception {
    Entry entry =
        Entries.entry(
            NAME, Entries.PLAIN, Entries.sparse(100_000, new Extent(0, 4096), new Extent(8192, 1)));
    assertThat(texts(entry))
        .containsExactly(
            Map.entry("GNU.sparse.major", "1"),
            Map.entry("GNU.sparse.minor", "0"),
            Map.entry("GNU.sparse.name", "folder/name"),
            Map.entry("GNU.sparse.realsize", "100000"));
    byte[] header = MemberHeader.encode(entry, 0);
    byte[] map = Arrays.copyOfRange(header, header.length - 512, header.length);
    assertThat(text(map).replace("\0", "")).isEqualTo("3\n0\n4096\n8192\n1\n100000\n0\n");
    TarArchiveEntry read = read(entry);
    assertThat(read.getName()).isEqualTo("folder/name");
    assertThat(read.getRealSize()).isEqualTo(100_000);
    assertThat(read.getSize()).isEqualTo(512 + 4097);
  }

  @Test
  void aSparseFileThatEndsInDataNeedsNoClosingPoint() throws Exception {
    byte[] header =
        MemberHeader.encode(
            Entries.entry(NAME, Entries.PLAIN, Entries.sparse(5000, new Extent(4096, 904))), 0);
    assertThat(text(Arrays.copyOfRange(header, header.length - 512, header.length)))
        .startsWith("1\n4096\n904\n\0");
  }

  @Test
  void aLongSparseNameStandsBeforeTheRealOneWhichOverridesIt() throws Exception {
    String name = "d/" + "x".repeat(150);
    Entry entry =
        Entries.entry(
            RawPath.of(name), Entries.PLAIN, Entries.sparse(1L << 34, new Extent(0, 9L << 30)));
    assertThat(texts(entry).keySet().stream().filter(key -> !key.equals("comment")))
        .containsExactly(
            "path",
            "size",
            "GNU.sparse.major",
            "GNU.sparse.minor",
            "GNU.sparse.name",
            "GNU.sparse.realsize");
    assertThat(texts(entry))
        .containsEntry("path", "d/GNUSparseFile.0/" + "x".repeat(150))
        .containsEntry("GNU.sparse.name", name);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0.000000001",
    "1, 999999999, 1.999999999",
    "-1, 0, -1.000000000",
    "-1, 500000000, -0.500000000",
    "-2, 250000000, -1.750000000",
    "-2, 1, -1.999999999",
    "2147483648, 5, 2147483648.000000005",
    "8589934592, 0, 8589934592.000000000",
    "8589934592, 1, 8589934592.000000001",
    "67768036191676799, 0, 67768036191676799.000000000",
    "-9223372036854775807, 1, -9223372036854775806.999999999",
  })
  void timesThatUstarCannotSayAreRecords(long seconds, int nanos, String record) throws Exception {
    assertThat(texts(plain(Entries.modified(seconds, nanos))))
        .containsExactly(Map.entry("mtime", record));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 1_700_000_000L, 1L << 31, (1L << 33) - 1})
  void wholeSecondsOfOurTimeNeedNoRecord(long seconds) throws Exception {
    Entry entry = plain(Entries.modified(seconds, 0));
    assertThat(records(entry)).isEmpty();
    assertThat(read(entry).getLastModifiedTime().toMillis()).isEqualTo(seconds * 1000);
  }

  @ParameterizedTest
  @CsvSource({"2097151, false", "2097152, true", "2147483648, true", "4294967295, true"})
  void idsOfAnySize(long id, boolean record) throws Exception {
    Entry entry = plain(Entries.metadata(0644, id, id, "", "", new Timestamp(1, 0), Map.of()));
    assertThat(records(entry).containsKey("uid")).isEqualTo(record);
    assertThat(records(entry).containsKey("gid")).isEqualTo(record);
    assertThat(read(entry).getLongUserId()).isEqualTo(id);
    assertThat(read(entry).getLongGroupId()).isEqualTo(id);
  }

  @ParameterizedTest
  @CsvSource({"8589934591, false", "8589934592, true", "9223372036854771712, true"})
  void sizesOfAnyLength(long size, boolean record) throws Exception {
    Entry entry = Entries.file("name", size);
    assertThat(records(entry).containsKey("size")).isEqualTo(record);
    assertThat(read(entry).getSize()).isEqualTo(size);
  }

  @ParameterizedTest
  @CsvSource({"100, false", "101, true", "255, true", "4095, true", "100000, true"})
  void namesAndTargetsOfAnyLength(int length, boolean record) throws Exception {
    String name = "n".repeat(length);
    Entry file = Entries.file(name, 1);
    assertThat(records(file).containsKey("path")).isEqualTo(record);
    assertThat(read(file).getName()).isEqualTo(name);

    Entry link = Entries.entry(NAME, Entries.PLAIN, new Kind.SymbolicLink(RawPath.of(name)));
    assertThat(records(link).containsKey("linkpath")).isEqualTo(record);
    assertThat(read(link).getLinkName()).isEqualTo(name);
    assertThat(read(link).isSymbolicLink()).isTrue();

    Entry further = Entries.entry(NAME, Entries.PLAIN, new Kind.HardLink(RawPath.of(name)));
    assertThat(read(further).getLinkName()).isEqualTo(name);
    assertThat(read(further).isLink()).isTrue();
    assertThat(read(further).getSize()).isZero();
  }

  @Test
  void aSlashCountsIntoADirectorysName() throws Exception {
    Entry fits = Entries.entry(RawPath.of("d".repeat(99)), Entries.PLAIN, new Kind.Directory());
    assertThat(records(fits)).isEmpty();
    Entry long_ = Entries.entry(RawPath.of("d".repeat(100)), Entries.PLAIN, new Kind.Directory());
    assertThat(texts(long_)).containsExactly(Map.entry("path", "d".repeat(100) + "/"));
    assertThat(read(Entries.entry(RawPath.EMPTY, Entries.PLAIN, new Kind.Directory())).getName())
        .isEqualTo("./");
  }

  @Test
  void namesThatAreNoTextSurviveAndSaySo() throws Exception {
    byte[] bytes = new byte[254];
    for (int i = 0, b = 1; b < 256; b++) {
      if (b != '/') {
        bytes[i++] = (byte) b;
      }
    }
    Map<String, byte[]> file =
        records(Entries.entry(RawPath.copyOf(bytes), Entries.PLAIN, Entries.file(1)));
    assertThat(text(file.get("hdrcharset"))).isEqualTo("BINARY");
    assertThat(file.get("path")).isEqualTo(bytes);
    assertThat(file.keySet()).first().isEqualTo("hdrcharset");

    Map<String, byte[]> link =
        records(Entries.entry(NAME, Entries.PLAIN, new Kind.SymbolicLink(RawPath.copyOf(bytes))));
    assertThat(text(link.get("hdrcharset"))).isEqualTo("BINARY");
    assertThat(link.get("linkpath")).isEqualTo(bytes);

    assertThat(records(Entries.file("ü", 1))).containsOnlyKeys("path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"new\nline", "tab\t", " ", "end ", "back\\", "=", "100%", "\u007f"})
  void strangeAsciiNamesNeedNothingSpecial(String name) throws Exception {
    assertThat(records(Entries.file(name, 1))).isEmpty();
    assertThat(read(Entries.file(name, 1)).getName()).isEqualTo(name);
  }

  @Test
  void accountNames() throws Exception {
    String longest = "u".repeat(31);
    String tooLong = "u".repeat(32);
    assertThat(texts(plain(named(longest, longest)))).isEmpty();
    assertThat(texts(plain(named(tooLong, "gruppe-ü"))))
        .containsExactly(Map.entry("uname", tooLong), Map.entry("gname", "gruppe-ü"));
    TarArchiveEntry read = read(plain(named(tooLong, "gruppe-ü")));
    assertThat(read.getUserName()).isEqualTo(tooLong);
    assertThat(read.getGroupName()).isEqualTo("gruppe-ü");
  }

  private static Metadata named(String user, String group) {
    return Entries.metadata(0644, 1, 1, user, group, new Timestamp(1, 0), Map.of());
  }

  @Test
  void attributesOfAnyBytes() throws Exception {
    byte[] binary = {0, '\n', '=', '%', -1};
    Map<String, byte[]> records =
        records(
            plain(
                Entries.attributes(
                    Map.of(
                        RawPath.of("user.a=b%3D"), binary,
                        RawPath.of("security.capability"), new byte[20],
                        RawPath.of("user.empty"), new byte[0]))));
    assertThat(records)
        .containsOnlyKeys(
            "SCHILY.xattr.user.a%3Db%253D",
            "SCHILY.xattr.security.capability", "SCHILY.xattr.user.empty");
    assertThat(records.get("SCHILY.xattr.user.a%3Db%253D")).isEqualTo(binary);
  }

  @Test
  void listsOfAccessRightsBecomeTextUnlessTheyAreOfAnUnknownForm() throws Exception {
    byte[] list = {2, 0, 0, 0, 1, 0, 6, 0, -1, -1, -1, -1, 32, 0, 4, 0, -1, -1, -1, -1};
    Map<String, byte[]> records =
        records(
            plain(
                Entries.attributes(
                    Map.of(
                        RawPath.of("system.posix_acl_access"),
                        list,
                        RawPath.of("system.posix_acl_default"),
                        new byte[] {9, 9}))));
    assertThat(records)
        .containsOnlyKeys("SCHILY.acl.access", "SCHILY.xattr.system.posix_acl_default");
    assertThat(text(records.get("SCHILY.acl.access"))).isEqualTo("user::rw-,other::r--");
  }

  @Test
  void moreThanAHeaderHoldsIsRefusedByName() {
    Map<RawPath, byte[]> attributes = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      attributes.put(RawPath.of("user." + i), new byte[60_000]);
    }
    Failure failure =
        catchThrowableOfType(
            Failure.class, () -> MemberHeader.encode(plain(Entries.attributes(attributes)), 0));
    assertThat(failure.exitCode()).isEqualTo(ExitCode.READ);
    assertThat(failure).hasMessageContaining("/folder/name").hasMessageContaining("attributes");
  }

  @Test
  void theLongestMapOfHolesFits() throws Exception {
    List<Extent> extents = new ArrayList<>();
    for (long i = 0; i < 10_000; i++) {
      extents.add(new Extent((1L << 62) + i * 8192, 4096));
    }
    Entry entry =
        Entries.entry(
            NAME, Entries.PLAIN, Entries.sparse(Long.MAX_VALUE, extents.toArray(Extent[]::new)));
    assertThat(MemberHeader.encode(entry, 0).length).isLessThan(Format.MAX_HEADER);
  }

  @Test
  void devicesAndFifos() throws Exception {
    Entry device =
        Entries.entry(
            NAME, Entries.PLAIN, new Kind.Device(false, new DeviceNumber(4095, 1_048_575)));
    assertThat(records(device)).isEmpty();
    assertThat(read(device).isCharacterDevice()).isTrue();
    assertThat(read(device).getDevMajor()).isEqualTo(4095);
    assertThat(read(device).getDevMinor()).isEqualTo(1_048_575);
    assertThat(
            read(Entries.entry(NAME, Entries.PLAIN, new Kind.Device(true, new DeviceNumber(8, 1))))
                .isBlockDevice())
        .isTrue();
    assertThat(read(Entries.entry(NAME, Entries.PLAIN, new Kind.Fifo())).isFIFO()).isTrue();
  }
}
