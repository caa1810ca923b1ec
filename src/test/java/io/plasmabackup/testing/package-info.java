/**
 * What tests of several packages share. Knows nothing of the product but how many descriptors it
 * has open.
 */
@NullMarked
package io.plasmabackup.testing;

import org.jspecify.annotations.NullMarked;
