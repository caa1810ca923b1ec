package io.plasmabackup.config;

/**
 * How archives are compressed with zstd.
 *
 * @param level from 1 to 19
 * @param passThrough what becomes of what btrfs keeps compressed with zstd already
 */
public record Zstd(int level, PassThrough passThrough) {

  static final Range LEVELS = new Range(1, 19);

  static final Zstd DEFAULTS = new Zstd(1, PassThrough.AUTO);
}
