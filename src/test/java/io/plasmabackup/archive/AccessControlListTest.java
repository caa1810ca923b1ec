package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class AccessControlListTest {

  private static byte[] binary(int version, long... entries) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + entries.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(version);
    for (int i = 0; i < entries.length; i += 3) {
      bytes
          .putShort((short) entries[i])
          .putShort((short) entries[i + 1])
          .putInt((int) entries[i + 2]);
    }
    return bytes.array();
  }

  @Test
  void everySortOfEntryBecomesTextWithNumbers() {
    assertThat(
            AccessControlList.text(
                binary(
                    2,
                    0x01,
                    6,
                    -1,
                    0x02,
                    4,
                    0,
                    0x02,
                    5,
                    4_294_967_294L,
                    0x04,
                    1,
                    -1,
                    0x08,
                    7,
                    2_147_483_648L,
                    0x10,
                    2,
                    -1,
                    0x20,
                    0,
                    -1)))
        .contains(
            "user::rw-,user:0:r--,user:4294967294:r-x,group::--x,group:2147483648:rwx,mask::-w-,other::---");
  }

  @Test
  void anythingElseIsNoList() {
    assertThat(AccessControlList.text(new byte[0])).isEmpty();
    assertThat(AccessControlList.text(new byte[] {2, 0, 0})).isEmpty();
    assertThat(AccessControlList.text(binary(1, 0x01, 6, -1))).isEmpty();
    assertThat(AccessControlList.text(binary(2, 0x03, 6, -1))).isEmpty();
    assertThat(AccessControlList.text(binary(2, 0x01, 8, -1))).isEmpty();
    byte[] cut = new byte[11];
    System.arraycopy(binary(2, 0x01, 6, -1), 0, cut, 0, 11);
    assertThat(AccessControlList.text(cut)).isEmpty();
  }
}
