package io.plasmabackup.restore;

import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.IndexLookup.Found;
import java.util.List;
import java.util.Optional;

/** The members of an archive, to be looked up: in its index, or by reading it. */
interface Members {

  /** What is done with a member; false if no more are wanted. */
  @FunctionalInterface
  interface Visitor {
    boolean visit(Found found) throws Failure;
  }

  /** All of them, in the archive's order. */
  void visit(Visitor visitor) throws Failure;

  /**
   * A member by its name, as an index has it. Of several the last, which is the one that extracting
   * the archive leaves.
   */
  default Optional<Found> find(RawPath name) throws Failure {
    Found[] last = new Found[1];
    visit(found -> {
      if (found.member().name().equals(name)) {
        last[0] = found;
      }
      return true;
    });
    return Optional.ofNullable(last[0]);
  }

  /** What is to be seen at a path: {@link Listing}. */
  default List<Member> at(RawPath path) throws Failure {
    Listing listing = new Listing(path);
    visit(found -> {
      listing.see(found.member());
      return true;
    });
    return listing.members();
  }
}
