package io.plasmabackup.walk;

import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.linux.RawPath;
import java.util.Map;
import java.util.Set;

/**
 * What a walk leaves out.
 *
 * @param hidden names of what is Plasma's own and nobody wants in a backup; not worth a word
 * @param leftOut what is known beforehand to be left out, by name
 * @param untouched names of those of {@code leftOut} that are not even to be asked about in a live
 *     folder: a filesystem is mounted there that might not answer
 * @param exclusions the administrator's patterns
 * @param cacheDirectories whether to leave out what is in directories with a CACHEDIR.TAG
 * @param noDump whether to leave out what has the flag {@code d} of chattr(1)
 * @param readOnlySubvolumes whether to leave out subvolumes of a live folder that cannot be written
 *     to
 */
public record WalkRules(
    Set<RawPath> hidden,
    Map<RawPath, LeftOut> leftOut,
    Set<RawPath> untouched,
    Exclusions exclusions,
    boolean cacheDirectories,
    boolean noDump,
    boolean readOnlySubvolumes) {

  /** Rules by which everything is archived. */
  public static final WalkRules EVERYTHING =
      new WalkRules(Set.of(), Map.of(), Set.of(), Exclusions.NONE, false, false, false);

  public WalkRules {
    hidden = Set.copyOf(hidden);
    leftOut = Map.copyOf(leftOut);
    untouched = Set.copyOf(untouched);
  }
}
