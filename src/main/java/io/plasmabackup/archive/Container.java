package io.plasmabackup.archive;

/** How segments become an archive's bytes: as they are, or each compressed by itself. */
sealed interface Container permits TarContainer, ZstdContainer {

  /** What the index calls it. */
  String name();

  /** On what, beside a segment's tar and the filesystem, its stored bytes depend. */
  String packing();

  /** Bytes that stand in the tar before a segment, where {@code tarPosition} is reached. */
  int gapInTar(long tarPosition);

  /** What is stored before a segment, where {@code position} is reached; often nothing. */
  byte[] filler(long position);

  /** What ends an archive. */
  byte[] trailer();

  /** Whether a range of a file can stand in an archive as it stands in the file. */
  boolean holdsFilesAsTheyAre();

  /** Makes what one thread packs with; the caller closes it. */
  Assembly assembly();
}
