/** What tests of several packages share. Knows nothing of the product. */
@NullMarked
package io.plasmabackup.testing;

import org.jspecify.annotations.NullMarked;
