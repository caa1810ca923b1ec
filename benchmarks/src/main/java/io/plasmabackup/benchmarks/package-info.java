/**
 * How fast the product is, measured through its public API. Nothing here is shipped. {@code
 * scripts/bench} makes the tree that is measured on and runs everything.
 */
@NullMarked
package io.plasmabackup.benchmarks;

import org.jspecify.annotations.NullMarked;
