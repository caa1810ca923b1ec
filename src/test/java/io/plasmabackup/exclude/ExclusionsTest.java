package io.plasmabackup.exclude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the patterns mean, in examples: those of git's documentation and those of ours. */
class ExclusionsTest {

  /** A path that ends with a slash is a directory. */
  @ParameterizedTest
  @CsvSource({
    // A slash at the end: directories only.
    "node_modules/,     home/u/node_modules/,      true",
    "node_modules/,     home/u/node_modules,       false",
    "doc/frotz/,        doc/frotz/,                true",
    "doc/frotz/,        a/doc/frotz/,              false",
    "frotz/,            a/frotz/,                  true",
    // No other slash: the name, at any depth.
    "*.o,               home/u/a.o,                true",
    "*.o,               home/u/.o,                 true",
    "*.o,               home/u/a.o.txt,            false",
    "*.o,               home/u/a.O,                false",
    "foo,               foo,                       true",
    "foo,               home/foo/,                 true",
    "foo,               foobar,                    false",
    // Another slash: the whole path, from / on.
    "/foo,              foo,                       true",
    "/foo,              home/foo,                  false",
    "/home/*/.cache/,   home/u/.cache/,            true",
    "/home/*/.cache/,   home/u/v/.cache/,          false",
    "/home/*/.cache/,   mnt/home/u/.cache/,        false",
    "home/*/.cache,     home/u/.cache,             true",
    "home/*/.cache,     mnt/home/u/.cache,         false",
    "foo/*,             foo/test.json,             true",
    "foo/*,             foo/bar/,                  true",
    "foo/*,             foo/bar/hello.c,           false",
    "/*,                etc/,                      true",
    "/*,                etc/passwd,                false",
    // Two asterisks: any number of directories.
    "**/foo,            foo,                       true",
    "**/foo,            a/b/foo,                   true",
    "**/foo/bar,        a/foo/bar,                 true",
    "**/foo/bar,        a/foo/b/bar,               false",
    "**/foo/bar,        a/xfoo/bar,                false",
    "abc/**,            abc/d/e,                   true",
    "abc/**,            abc/,                      false",
    "abc/**,            x/abc/d,                   false",
    "a/**/b,            a/b,                       true",
    "a/**/b,            a/x/b,                     true",
    "a/**/b,            a/x/y/b,                   true",
    "a/**/b,            axb,                       false",
    "a/**/b,            ab,                        false",
    "**/a/**/b/**/c*,   x/a/a/b/c/b/cc,            true",
    "**/a/**/b/**/c*,   x/a/a/b/c/b/d,             false",
    "foo**/bar,         fooo/bar,                  true",
    "foo**/bar,         foo/x/bar,                 false",
    "foo**/bar,         foobar,                    false",
    // Question marks and brackets: one byte.
    "fo?,               foo,                       true",
    "fo?,               fo,                        false",
    "/fo?bar,           fo/bar,                    false",
    "/fo[!a]bar,        fo/bar,                    false",
    "?,                 é,                         false",
    "??,                é,                         true",
    "[a-c]1,            b1,                        true",
    "[!a-c]1,           b1,                        false",
    "[^a-c]1,           d1,                        true",
    "[[:digit:]x],      7,                         true",
    "[]-],              ],                         true",
    // A backslash takes away a meaning.
    "\\#foo,            #foo,                      true",
    "\\!foo,            !foo,                      true",
    "\\*.o,             *.o,                       true",
    "\\*.o,             a.o,                       false",
    "\\[a],             [a],                       true",
  })
  void matches(String pattern, String path, boolean expected) {
    assertThat(match(path, pattern)).isEqualTo(expected ? Optional.of(pattern) : Optional.empty());
  }

  @Test
  void spacesAtTheEndDoNotCountUnlessEscaped() {
    assertThat(match("foo", "foo  ")).contains("foo  ");
    assertThat(match("foo  ", "foo  ")).isEmpty();
    assertThat(match("foo ", "foo\\  ")).contains("foo\\  ");
    assertThat(match("foo", "foo\\ ")).isEmpty();
    assertThat(match("foo/", "foo/ ")).contains("foo/ ");
    assertThat(match(" foo", " foo")).contains(" foo");
  }

  @Test
  void theLastPatternThatMatchesDecides() {
    String[] patterns = {"*.o", "!important.o", "/tmp/important.o"};

    assertThat(match("a.o", patterns)).contains("*.o");
    assertThat(match("home/important.o", patterns)).isEmpty();
    assertThat(match("tmp/important.o", patterns)).contains("/tmp/important.o");
  }

  @Test
  void everythingButOneDirectoryAsInGitsDocumentation() {
    Exclusions exclusions = Exclusions.of(List.of("/*", "!/foo", "/foo/*", "!/foo/bar"));

    assertThat(exclusions.matchWithParents(RawPath.of("etc"), true)).contains("/*");
    assertThat(exclusions.matchWithParents(RawPath.of("foo/x"), false)).contains("/foo/*");
    assertThat(exclusions.matchWithParents(RawPath.of("foo/bar/x"), false)).isEmpty();
  }

  @Test
  void nothingComesBackBelowADirectoryThatIsLeftOut() {
    Exclusions exclusions = Exclusions.of(List.of("build/", "!keep"));
    RawPath below = RawPath.of("home/build/x/keep");

    assertThat(exclusions.match(below, false)).isEmpty();
    assertThat(exclusions.matchWithParents(below, false)).contains("build/");
    assertThat(exclusions.matchWithParents(RawPath.of("home/build"), false)).isEmpty();
  }

  @Test
  void theOutermostParentThatIsLeftOutIsTheReason() {
    Exclusions exclusions = Exclusions.of(List.of("/a/b", "a", "*"));

    assertThat(exclusions.matchWithParents(RawPath.of("a/b/c"), false)).contains("*");
    assertThat(Exclusions.of(List.of("c", "/a/b")).matchWithParents(RawPath.of("a/b/c"), false))
        .contains("/a/b");
  }

  @Test
  void theRootIsNeverLeftOut() {
    Exclusions exclusions = Exclusions.of(List.of("*", "**", "/**", "**/"));

    assertThat(exclusions.match(RawPath.EMPTY, true)).isEmpty();
    assertThat(exclusions.matchWithParents(RawPath.EMPTY, true)).isEmpty();
  }

  @Test
  void namesNeedNotBeText() {
    RawPath name = RawPath.copyOf(new byte[] {'a', (byte) 0xff, '\n', '.', 'o'});

    assertThat(Exclusions.of(List.of("a??.o")).match(name, false)).contains("a??.o");
    assertThat(Exclusions.of(List.of("a\u00ff*")).match(name, false)).isEmpty();
    assertThat(Exclusions.of(List.of("a[!b]*")).match(name, false)).contains("a[!b]*");
  }

  @Test
  void noneLeavesNothingOut() {
    assertThat(Exclusions.NONE.isEmpty()).isTrue();
    assertThat(Exclusions.of(List.of()).isEmpty()).isTrue();
    assertThat(Exclusions.of(List.of("a")).isEmpty()).isFalse();
    assertThat(Exclusions.NONE.match(RawPath.of("a"), false)).isEmpty();
    assertThat(Exclusions.NONE.matchWithParents(RawPath.of("a/b"), false)).isEmpty();
  }

  /** Years with a matcher that tries everything. */
  @ParameterizedTest
  @ValueSource(
      strings = {"/**/*a*a*a*a*a*a*a*a*b", "/**/a*/**/a*/**/a*/**/a*/**/b", "*a*a*a*a*a*a*b"})
  @Timeout(30)
  void aHostileNameCostsNoTime(String pattern) {
    String path = "a/".repeat(1000) + "a".repeat(2000);

    assertThat(match(path, pattern)).isEmpty();
    assertThat(match(path + "b", pattern).isPresent()).isEqualTo(!pattern.endsWith("/b"));
    assertThat(match(path + "/b", pattern).isPresent()).isEqualTo(pattern.endsWith("/b"));
  }

  @Test
  void refusesWhatTheConfigurationShouldHaveRefused() {
    assertThat(Exclusions.problem("a["))
        .contains(" has a [ without its ]; for the character write \\\\[");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Exclusions.of(List.of("a", "a[")))
        .withMessageStartingWith("\"a[\" has a [");
  }

  private static Optional<String> match(String path, String... patterns) {
    boolean directory = path.endsWith("/");
    RawPath name = RawPath.of(directory ? path.substring(0, path.length() - 1) : path);
    return Exclusions.of(List.of(patterns)).match(name, directory);
  }
}
