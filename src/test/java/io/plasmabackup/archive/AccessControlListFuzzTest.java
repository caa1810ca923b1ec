package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Attributes of files, which a damaged filesystem may give any content. */
class AccessControlListFuzzTest {

  @FuzzTest
  void anyBytes(byte[] attribute) {
    AccessControlList.text(attribute)
        .filter(text -> !text.isEmpty())
        .ifPresent(text ->
            assertThat(text.split(",", -1))
                .hasSize((attribute.length - 4) / 8)
                .allMatch(
                    entry -> entry.matches("(user:\\d*|group:\\d*|mask:|other:):[r-][w-][x-]")));
  }
}
