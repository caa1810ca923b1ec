package io.plasmabackup.restore;

import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.store.ArchiveName;
import java.util.Optional;

/**
 * An archive in a store, as far as that is known without reading it.
 *
 * @param size bytes of the archive, or of the partial file
 * @param header what its index says of it
 * @param end likewise
 * @param problem what is wrong with the index, or was found to be wrong with the archive, for
 *     people
 * @param verified how it was found to be when it was last verified
 */
public record ListedArchive(
    ArchiveName name,
    State state,
    long size,
    Optional<IndexLine.Header> header,
    Optional<IndexLine.End> end,
    Optional<String> problem,
    Optional<Verification> verified) {

  /** The same, and how it was found to be. */
  ListedArchive with(Optional<Verification> verification) {
    Optional<String> damage = verification.flatMap(Verification::damage);
    return new ListedArchive(
        name,
        damage.isPresent() ? State.DAMAGED : stateAfter(verification),
        size,
        header,
        end,
        damage.isPresent() ? damage : problem,
        verification);
  }

  /** Once all of it was found to be right, it doesn't matter how that came there. */
  private State stateAfter(Optional<Verification> verification) {
    return state == State.COPIED
            && verification.isPresent()
            && verification.get().extent() == Verified.Extent.ALL
        ? State.COMPLETE
        : state;
  }

  /** How an archive is. */
  public enum State {
    /** It has the size that its index says. */
    COMPLETE("complete"),
    /**
     * Likewise, and much of it was copied from an earlier one where it is stored: of that, only
     * samples have been compared since.
     */
    COPIED("copied"),
    /**
     * It has the size that its index says, but the index was made by reading the archive, and
     * vouches for nothing before.
     */
    REINDEXED("reindexed"),
    /** Complete, too, for else it hadn't its name; but nothing is known of what it holds. */
    NO_INDEX("no index"),
    /** The index can't be read, or is that of another archive, or says another size. */
    BAD_INDEX("bad index"),
    /** It was verified, and something was wrong; so it is whatever its index says. */
    DAMAGED("damaged"),
    /** Nobody here has a key for it: nothing is known but the file. */
    ENCRYPTED("encrypted"),
    /** Being uploaded, or cut off. */
    PARTIAL("partial");

    private final String text;

    State(String text) {
      this.text = text;
    }

    /** For people and machines. */
    public String text() {
      return text;
    }
  }
}
