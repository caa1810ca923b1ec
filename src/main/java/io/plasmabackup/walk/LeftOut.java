package io.plasmabackup.walk;

import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.RawPath;

/**
 * Something under a target folder that is not archived, by intent; with it all that is in it.
 *
 * @param why for people: what follows the path in a line about it
 */
public record LeftOut(RawPath name, Reason reason, String why) implements Item {}
