package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RawPathTest {

  private static RawPath raw(int... bytes) {
    byte[] copy = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      copy[i] = (byte) bytes[i];
    }
    return RawPath.copyOf(copy);
  }

  @Test
  void keepsItsBytesToItself() {
    byte[] bytes = {'a', (byte) 0xff};
    RawPath path = RawPath.copyOf(bytes);
    bytes[0] = 'x';
    path.toBytes()[1] = 'x';

    assertThat(path).isEqualTo(raw('a', 0xff)).hasSameHashCodeAs(raw('a', 0xff));
    assertThat(path.toBytes()).containsExactly('a', 0xff);
    assertThat(path.length()).isEqualTo(2);
  }

  @Test
  void refusesNul() {
    assertThatIllegalArgumentException().isThrownBy(() -> RawPath.of("a\0b"));
  }

  @Test
  void knowsAsciiAndUtf8() {
    assertThat(RawPath.of("plain").isAscii()).isTrue();
    assertThat(RawPath.of("\u00e4").isAscii()).isFalse();
    assertThat(RawPath.of("\u00e4").isUtf8()).isTrue();
    assertThat(raw(0xe4).isUtf8()).isFalse();
    assertThat(raw(0xc0, 0xaf).isUtf8()).as("overlong").isFalse();
    assertThat(raw(0xed, 0xa0, 0x80).isUtf8()).as("a surrogate").isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/, /, ''",
    "/a, /, a",
    "a, '', a",
    "/a/b, /a, b",
    "a/b/c, a/b, c",
    "a/, a, ''",
    "'', '', ''"
  })
  void hasAParentAndAName(String path, String parent, String name) {
    assertThat(RawPath.of(path).parent()).isEqualTo(RawPath.of(parent));
    assertThat(RawPath.of(path).fileName()).isEqualTo(RawPath.of(name));
  }

  @ParameterizedTest
  @CsvSource({
    "/, a, /a",
    "/a, b/c, /a/b/c",
    "'', a, a",
    "a, '', a",
    "'', '', ''",
    "a/, b, a/b",
  })
  void resolves(String base, String name, String joined) {
    assertThat(RawPath.of(base).resolve(name)).isEqualTo(RawPath.of(joined));
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b, /a, true, b",
    "/a/b, /, true, a/b",
    "/a, /a, true, ''",
    "/, /, true, ''",
    "a/b, '', true, a/b",
    "/ab, /a, false,",
    "/a, /a/b, false,",
    "/b, /a, false,",
    "/a-b/c, /a, false,",
  })
  void knowsItsAncestors(String path, String ancestor, boolean below, String rest) {
    assertThat(RawPath.of(path).startsWith(RawPath.of(ancestor))).isEqualTo(below);
    if (below) {
      assertThat(RawPath.of(path).relativeTo(RawPath.of(ancestor))).isEqualTo(RawPath.of(rest));
    } else {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RawPath.of(path).relativeTo(RawPath.of(ancestor)));
    }
  }

  @Test
  void endsWithASlashWhereAsked() {
    assertThat(RawPath.of("a").withSlash()).isEqualTo(RawPath.of("a/"));
  }

  @Test
  void copiesItsBytesWhereTold() {
    byte[] target = new byte[6];
    RawPath.of("abc").copyTo(target, 1);
    assertThat(target).isEqualTo(new byte[] {0, 'a', 'b', 'c', 0, 0});
    RawPath.of("xyz").copyTo(target, 4, 2);
    assertThat(target).isEqualTo(new byte[] {0, 'a', 'b', 'c', 'x', 'y'});
    RawPath.of("1").copyTo(target, 0, 6);
    assertThat(target).isEqualTo(new byte[] {'1', 'a', 'b', 'c', 'x', 'y'});
  }

  @Test
  void showsTextAsItIs() {
    for (String text : new String[] {"/etc/passwd", "Käse und Wein", "日本語", "😀", "a\u00a0b"}) {
      assertThat(RawPath.of(text)).hasToString(text);
    }
  }

  @Test
  void showsNothingThatMovesTheCursorOrReordersText() {
    assertThat(RawPath.of("a\nb\tc\u001b[31m\u007f")).hasToString("a\\012b\\011c\\033[31m\\177");
    assertThat(RawPath.of("C1: \u009b1A"))
        .as("CSI in one character")
        .hasToString("C1: \\302\\2331A");
    assertThat(RawPath.of("gpj.\u202eexe"))
        .as("right-to-left override")
        .hasToString("gpj.\\342\\200\\256exe");
    assertThat(RawPath.of("\u2066\u200b\ufeff"))
        .hasToString("\\342\\201\\246\\342\\200\\213\\357\\273\\277");
    assertThat(RawPath.of("\u2028\u2029")).hasToString("\\342\\200\\250\\342\\200\\251");
    assertThat(RawPath.of("tag: \udb40\udc41"))
        .as("invisible, beyond the BMP")
        .hasToString("tag: \\363\\240\\201\\201");
  }

  @Test
  void showsBytesThatAreNoTextAsNumbers() {
    assertThat(raw('a', 0xff, '\n', '\\', 0xc3, 0xa4)).hasToString("a\\377\\012\\\\\\303\\244");
  }

  @Test
  void showsNoNameAsAnother() {
    assertThat(raw(0x85).toString()).isNotEqualTo(RawPath.of("\u0085").toString());
    assertThat(RawPath.of("\\012").toString()).isNotEqualTo(RawPath.of("\n").toString());
  }

  @Provide
  Arbitrary<RawPath> paths() {
    Arbitrary<byte[]> bytes =
        Arbitraries.oneOf(
                Arbitraries.bytes(),
                Arbitraries.of((byte) '/', (byte) '\\', (byte) '\n', (byte) 0xc2, (byte) 0x85))
            .filter(b -> b != 0)
            .array(byte[].class)
            .ofMaxSize(30);
    Arbitrary<byte[]> text =
        Arbitraries.strings()
            .ofMaxLength(20)
            .map(string -> string.replace("\0", "").getBytes(StandardCharsets.UTF_8));
    return Arbitraries.oneOf(bytes, text).map(RawPath::copyOf);
  }

  @Property
  void whatIsShownCanBeReadBack(@ForAll("paths") RawPath path) {
    String shown = path.toString();
    assertThat(shown.codePoints().map(Character::getType))
        .doesNotContain(
            (int) Character.CONTROL,
            (int) Character.FORMAT,
            (int) Character.LINE_SEPARATOR,
            (int) Character.PARAGRAPH_SEPARATOR);

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < shown.length(); ) {
      int c = shown.codePointAt(i);
      if (c != '\\') {
        bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
        i += Character.charCount(c);
      } else if (shown.charAt(i + 1) == '\\') {
        bytes.write('\\');
        i += 2;
      } else {
        bytes.write(Integer.parseInt(shown.substring(i + 1, i + 4), 8));
        i += 4;
      }
    }
    assertThat(bytes.toByteArray()).isEqualTo(path.toBytes());
  }

  @Property
  void isOrderedByUnsignedBytes(@ForAll("paths") RawPath a, @ForAll("paths") RawPath b) {
    int expected = Arrays.compareUnsigned(a.toBytes(), b.toBytes());
    assertThat(Integer.signum(a.compareTo(b))).isEqualTo(Integer.signum(expected));
    assertThat(a.equals(b)).isEqualTo(expected == 0);
  }

  @Property
  void parentAndNameMakeThePathAgain(@ForAll("paths") RawPath path) {
    RawPath joined = path.parent().resolve(path.fileName());
    // But for slashes at the end, which have no name behind them.
    if (!path.fileName().isEmpty() && !path.parent().toString().endsWith("/")) {
      assertThat(joined).isEqualTo(path);
    }
    assertThat(path.startsWith(path.parent())).isTrue();
  }

  @Property
  void resolvingAndRelativizingAreInverse(
      @ForAll("paths") RawPath base, @ForAll("paths") RawPath name) {
    if (!name.toString().startsWith("/")) {
      assertThat(base.resolve(name).startsWith(base)).isTrue();
      assertThat(base.resolve(name).relativeTo(base)).isEqualTo(name);
    }
  }
}
