package io.plasmabackup.archive;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.util.ZstdVersion;

/**
 * A tar in zstd frames (RFC 8878), each of which belongs to one segment.
 *
 * @param level of our own frames, as zstd numbers them
 * @param passThroughFrom how many bytes of a file a frame must hold that is taken over from the
 *     filesystem as it is
 */
record ZstdContainer(int level, int passThroughFrom) implements Container {

  @Override
  public String name() {
    return "zstd";
  }

  @Override
  public String packing() {
    return "zstd %s, level %d, frames taken over from %d bytes"
        .formatted(ZstdVersion.VERSION, level, passThroughFrom);
  }

  @Override
  public int gapInTar(long tarPosition) {
    return 0;
  }

  @Override
  public byte[] filler(long position) {
    return SkippableFrame.of(SkippableFrame.before(position));
  }

  @Override
  public byte[] trailer() {
    return Zstd.compress(new byte[Format.TRAILER], level);
  }

  @Override
  public boolean holdsFilesAsTheyAre() {
    return false;
  }

  @Override
  public Assembly assembly() {
    return new ZstdAssembly(level, passThroughFrom);
  }
}
