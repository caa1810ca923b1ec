package io.plasmabackup.archive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PaxRecordsTest {

  @Test
  void everyLengthCountsItsOwnDigits() {
    // Everywhere around the places where the length's digits make it one digit longer.
    Stream.of(
            IntStream.rangeClosed(0, 1_200),
            IntStream.rangeClosed(9_950, 10_050),
            IntStream.rangeClosed(99_950, 100_050),
            IntStream.rangeClosed(999_950, 1_000_050))
        .flatMapToInt(lengths -> lengths)
        .forEach(length -> {
          byte[] value = new byte[length];
          byte[] records = new PaxRecords().add("k", value).add("next", "\n=").toBytes();
          Map<String, byte[]> parsed = PaxParser.parse(records);
          assertThat(parsed).containsOnlyKeys("k", "next");
          assertThat(parsed.get("k")).isEqualTo(value);
          assertThat(parsed.get("next")).isEqualTo(new byte[] {'\n', '='});
        });
  }

  @Test
  void paddingTakesTheBlocksThatWereAskedForWhateverStandsBefore() {
    for (int before = 0; before <= 1_100; before++) {
      for (int blocks : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 195, 196, 1023}) {
        PaxRecords records = new PaxRecords();
        if (before >= 5) {
          // " k=\n" and the digits.
          records.add("k", new byte[before - 5]);
        }
        long unpadded = Format.toBlocks(records.length());
        records.pad(blocks);
        assertThat(Format.toBlocks(records.length())).isEqualTo(unpadded + blocks * 512L);
        assertThat(PaxParser.parse(records.toBytes())).containsKey("comment");
      }
    }
  }

  @Test
  void isEmptyUntilSomethingIsAdded() {
    PaxRecords records = new PaxRecords();
    assertThat(records.isEmpty()).isTrue();
    assertThat(records.add("a", "ü").isEmpty()).isFalse();
    assertThat(records.length()).isEqualTo("7 a=ü\n".length() + 1);
  }
}
