package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.linux.RawPath;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.junit.jupiter.api.Test;

class UstarHeaderTest {

  @Property(tries = 300)
  void othersReadWhatFits(
      @ForAll @AlphaChars @StringLength(min = 1, max = 100) String name,
      @ForAll @AlphaChars @StringLength(max = 100) String link,
      @ForAll @AlphaChars @StringLength(max = 31) String user,
      @ForAll @AlphaChars @StringLength(max = 31) String group,
      @ForAll @IntRange(max = 07777) int mode,
      @ForAll @LongRange(max = TarConstants.MAXID) long uid,
      @ForAll @LongRange(max = TarConstants.MAXID) long gid,
      @ForAll @LongRange(max = TarConstants.MAXSIZE) long size,
      @ForAll @LongRange(max = TarConstants.MAXSIZE) long seconds,
      @ForAll @IntRange(max = 4095) int major,
      @ForAll @IntRange(max = 0xfffff) int minor)
      throws Exception {
    byte[] bytes = new byte[512 + 100];
    new UstarHeader(
            RawPath.of(name),
            mode,
            uid,
            gid,
            size,
            seconds,
            TarConstants.LF_BLK,
            RawPath.of(link),
            user,
            group,
            major,
            minor)
        .writeTo(bytes, 50);

    byte[] block = Arrays.copyOfRange(bytes, 50, 562);
    assertThat(TarUtils.verifyCheckSum(block)).isTrue();
    TarArchiveEntry entry = new TarArchiveEntry(block);
    assertThat(entry.getName()).isEqualTo(name);
    assertThat(entry.getLinkName()).isEqualTo(link);
    assertThat(entry.getUserName()).isEqualTo(user);
    assertThat(entry.getGroupName()).isEqualTo(group);
    assertThat(entry.getMode()).isEqualTo(mode);
    assertThat(entry.getLongUserId()).isEqualTo(uid);
    assertThat(entry.getLongGroupId()).isEqualTo(gid);
    assertThat(entry.getSize()).isEqualTo(size);
    assertThat(entry.getLastModifiedTime().toMillis()).isEqualTo(seconds * 1000);
    assertThat(entry.getDevMajor()).isEqualTo(major);
    assertThat(entry.getDevMinor()).isEqualTo(minor);
    assertThat(entry.isBlockDevice()).isTrue();
    assertThat(Arrays.copyOfRange(bytes, 0, 50)).isEqualTo(new byte[50]);
    assertThat(Arrays.copyOfRange(bytes, 562, 612)).isEqualTo(new byte[50]);
  }

  @Test
  void whatDoesNotFitIsCutOrZero() throws Exception {
    byte[] block = new byte[512];
    new UstarHeader(
            RawPath.of("n".repeat(101)),
            0600,
            TarConstants.MAXID + 1,
            TarConstants.MAXID + 1,
            TarConstants.MAXSIZE + 1,
            TarConstants.MAXSIZE + 1,
            TarConstants.LF_NORMAL,
            RawPath.of("l".repeat(200)),
            "u".repeat(32),
            "grüppe",
            0,
            0)
        .writeTo(block, 0);

    assertThat(TarUtils.verifyCheckSum(block)).isTrue();
    TarArchiveEntry entry = new TarArchiveEntry(block);
    assertThat(entry.getName()).isEqualTo("n".repeat(100));
    assertThat(entry.getLinkName()).isEqualTo("l".repeat(100));
    assertThat(entry.getLongUserId()).isZero();
    assertThat(entry.getLongGroupId()).isZero();
    assertThat(entry.getSize()).isZero();
    assertThat(entry.getLastModifiedTime().toMillis()).isZero();
    assertThat(entry.getUserName()).isEmpty();
    assertThat(entry.getGroupName()).isEmpty();
  }
}
