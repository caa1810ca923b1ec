package io.plasmabackup.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How archives are packed.
 *
 * @param zstd absent: plain tars
 * @param threads how many segments are packed side by side, from 1 to 64; absent: as many as the
 *     machine makes useful. The archive is the same with any number
 */
public record Compression(Optional<Zstd> zstd, OptionalInt threads) {

  static final Range THREADS = new Range(1, 64);

  static final Compression NONE = new Compression(Optional.empty(), OptionalInt.empty());

  static final Compression ZSTD = new Compression(Optional.of(Zstd.DEFAULTS), OptionalInt.empty());
}
