package io.plasmabackup.config;

import java.util.OptionalInt;

/**
 * How archives are compressed, with zstd.
 *
 * @param level zstd's, from 1 to 19
 * @param threads how many segments are packed side by side, from 1 to 64; absent: as many as the
 *     machine makes useful. The archive is the same with any number
 * @param passThrough what becomes of what btrfs keeps compressed with zstd already
 */
public record Compression(int level, OptionalInt threads, PassThrough passThrough) {

  static final Range LEVELS = new Range(1, 19);
  static final Range THREADS = new Range(1, 64);

  /** What {@code "zstd"} stands for. */
  static final Compression ZSTD = new Compression(1, OptionalInt.empty(), PassThrough.AUTO);
}
