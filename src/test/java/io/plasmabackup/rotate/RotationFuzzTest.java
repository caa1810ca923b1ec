package io.plasmabackup.rotate;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.Label;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whatever a folder lists, nothing is deleted that isn't a surplus archive, its index or its
 * record.
 */
class RotationFuzzTest {

  private static final LocalDateTime NOW = LocalDateTime.of(2026, 3, 15, 4, 0);

  /** The first bytes are the policy's numbers, the lines behind them the folder's files. */
  @FuzzTest
  void anyBytes(byte[] bytes) {
    if (bytes.length < 3) {
      return;
    }
    Policy policy = new Policy(bytes[0] & 7, bytes[1] & 7, bytes[2] & 7);
    List<String> listing =
        new String(bytes, 3, bytes.length - 3, StandardCharsets.UTF_8).lines().toList();

    Rotation rotation = Rotation.plan(policy, listing, NOW);

    Set<String> names = new HashSet<>(listing);
    List<ArchiveName> archives = new ArrayList<>(rotation.keep());
    archives.addAll(rotation.delete());
    archives.addAll(rotation.future());
    assertThat(archives).doesNotHaveDuplicates();
    assertThat(archives)
        .extracting(ArchiveName::fileName)
        .containsExactlyInAnyOrderElementsOf(
            names.stream().filter(name -> ArchiveName.parse(name).isPresent()).toList());
    assertThat(rotation.leftovers())
        .allMatch(gone ->
            (names.contains(gone.indexName()) || names.contains(gone.recordName()))
                && !names.contains(gone.fileName()));
    for (Label label : Label.values()) {
      List<ArchiveName> kept = with(label, rotation.keep());
      List<ArchiveName> deleted = with(label, rotation.delete());
      assertThat(kept).hasSize(Math.min(policy.keep(label), kept.size() + deleted.size()));
      if (!kept.isEmpty() && !deleted.isEmpty()) {
        assertThat(deleted.getLast()).isLessThan(kept.getFirst());
      }
    }
  }

  private static List<ArchiveName> with(Label label, List<ArchiveName> archives) {
    return archives.stream().filter(archive -> archive.label() == label).toList();
  }
}
