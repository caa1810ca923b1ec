package io.plasmabackup.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** What decides about deletions is read as it was written, or not at all. */
class RunRecordFuzzTest {

  @FuzzTest
  void anyBytes(byte[] json) {
    RunRecordJson.read(json)
        .ifPresent(
            record -> assertThat(RunRecordJson.read(RunRecordJson.write(record))).contains(record));
  }
}
