package io.plasmabackup.archive;

import io.plasmabackup.Failure;
import java.util.Optional;

/**
 * The members of an earlier archive, which those of a new one are counted against as they are
 * stored, in their order. Used by one thread.
 */
public interface EarlierMembers {

  /** There is no earlier archive. */
  EarlierMembers NONE =
      new EarlierMembers() {
        @Override
        public void same(long offset) {
          // There are none.
        }

        @Override
        public void next(IndexLine.Member member) {
          // Likewise.
        }

        @Override
        public Optional<Changes> end() {
          return Optional.empty();
        }
      };

  /** The new archive goes on with all members of the earlier one's segment that begins there. */
  void same(long offset) throws Failure;

  /** The new archive goes on with this member. */
  void next(IndexLine.Member member) throws Failure;

  /** There are no more; empty if it can't be said what has changed. */
  Optional<Changes> end() throws Failure;
}
