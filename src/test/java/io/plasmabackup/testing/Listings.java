package io.plasmabackup.testing;

import io.plasmabackup.linux.Listing;
import io.plasmabackup.linux.RawPath;
import java.util.List;
import java.util.stream.IntStream;

/** What stands in a listing, for comparisons. */
public final class Listings {

  private Listings() {}

  public static List<RawPath> names(Listing listing) {
    return IntStream.range(0, listing.size()).mapToObj(listing::name).toList();
  }
}
