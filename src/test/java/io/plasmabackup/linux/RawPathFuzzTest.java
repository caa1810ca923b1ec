package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.testing.Refusals;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names that a hostile user may give to files. */
class RawPathFuzzTest {

  @FuzzTest
  void anyBytes(byte[] bytes) {
    byte[] name = withoutNul(bytes);
    RawPath path = RawPath.copyOf(name);

    assertThat(path.toBytes()).isEqualTo(name);
    String shown = path.toString();
    if (!shown.isBlank() && shown.length() < 1000) {
      Refusals.checkShown(shown);
    }
    assertThat(bytesShownAs(shown)).as(shown).isEqualTo(name);
    assertThat(path.startsWith(path.parent())).isTrue();
    assertThat(path.relativeTo(RawPath.EMPTY).length()).isLessThanOrEqualTo(path.length());
    assertThat(path.fileName().toBytes()).doesNotContain('/');
    if (!path.fileName().isEmpty() && !shown.contains("//")) {
      assertThat(path.parent().resolve(path.fileName())).isEqualTo(path);
    }
    RawPath below = RawPath.of("/above").resolve(path);
    assertThat(below.startsWith(RawPath.of("/above"))).isTrue();
  }

  private static byte[] withoutNul(byte[] bytes) {
    byte[] name = new byte[bytes.length];
    int length = 0;
    for (byte b : bytes) {
      if (b != 0) {
        name[length++] = b;
      }
    }
    return Arrays.copyOf(name, length);
  }

  /** What a person finds out who reads the escapes: different names are never shown alike. */
  private static byte[] bytesShownAs(String shown) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < shown.length(); ) {
      int c = shown.codePointAt(i);
      i += Character.charCount(c);
      if (c != '\\') {
        bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
      } else if (shown.charAt(i) == '\\') {
        bytes.write('\\');
        i++;
      } else {
        bytes.write(Integer.parseInt(shown.substring(i, i + 3), 8));
        i += 3;
      }
    }
    return bytes.toByteArray();
  }
}
