package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Listings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ListingTest {

  private static Listing of(List<RawPath> names) {
    Listing.Builder builder = new Listing.Builder();
    long inode = 1000;
    for (RawPath name : names) {
      int at = builder.add(inode++, inode % 2 == 0, name.length());
      name.copyTo(builder.records(), at);
    }
    return builder.sorted();
  }

  @Test
  void anyNumberOfNamesComesInTheOrderOfBytes() {
    Random random = new Random(1);
    for (int size : new int[] {0, 1, 2, 3, 5, 8, 63, 64, 65, 1000, 4097}) {
      Set<RawPath> names = new HashSet<>();
      while (names.size() < size) {
        byte[] name = new byte[1 + random.nextInt(random.nextInt(255) + 1)];
        random.nextBytes(name);
        for (int i = 0; i < name.length; i++) {
          name[i] = name[i] == 0 ? 1 : name[i];
        }
        names.add(RawPath.copyOf(name));
      }
      List<RawPath> added = new ArrayList<>(names);
      Listing listing = of(added);
      RawPath[] sorted = added.toArray(RawPath[]::new);
      Arrays.sort(sorted);
      assertThat(Listings.names(listing)).containsExactly(sorted);
      for (int i = 0; i < size; i++) {
        long inode = 1000L + added.indexOf(listing.name(i));
        assertThat(listing.inode(i)).isEqualTo(inode);
        assertThat(listing.isNoDirectory(i)).isEqualTo(inode % 2 != 0);
      }
    }
  }

  @Test
  void findsANameAndNoOther() {
    Listing listing = of(List.of(RawPath.of("b"), RawPath.of("a"), RawPath.of("ab")));
    assertThat(listing.contains(RawPath.of("ab"))).isTrue();
    assertThat(listing.contains(RawPath.of("aa"))).isFalse();
    assertThat(listing.contains(RawPath.of("c"))).isFalse();
    assertThat(Listings.names(listing.only(RawPath.of("ab")))).containsExactly(RawPath.of("ab"));
    assertThat(listing.only(RawPath.of("c")).size()).isZero();
    assertThat(Listing.EMPTY.contains(RawPath.of("c"))).isFalse();
  }
}
