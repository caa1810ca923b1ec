/**
 * What archives hold, and getting it back: lists, browses, extracts, verifies. Reads what {@code
 * store} keeps in the formats that {@code archive} writes; everything there is untrusted. Knows no
 * terminal and no configuration.
 */
@NullMarked
package io.plasmabackup.restore;

import org.jspecify.annotations.NullMarked;
