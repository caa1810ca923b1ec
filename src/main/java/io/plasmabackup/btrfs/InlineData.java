package io.plasmabackup.btrfs;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Optional;

/**
 * All of a small file's data, as a subvolume's tree holds it beside the inode.
 *
 * @param stored shared, not to be changed
 * @param zstd whether that is a zstd frame, else it is the data
 * @param length of the data in bytes, at most a sector
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once, compared with nothing.
public record InlineData(byte[] stored, boolean zstd, int length) {

  /**
   * One for each thread, as making one costs far more than what is decompressed here. It goes with
   * the process: the few threads that pack live as long as a run.
   */
  private static final ThreadLocal<ZstdDecompressCtx> DECOMPRESSOR =
      ThreadLocal.withInitial(ZstdDecompressCtx::new);

  /** The data, not to be changed; empty where it doesn't decompress to what it should. */
  public Optional<byte[]> bytes() {
    if (!zstd) {
      return Optional.of(stored);
    }
    byte[] bytes = new byte[length];
    try {
      int count =
          DECOMPRESSOR.get().decompressByteArray(bytes, 0, length, stored, 0, stored.length);
      return count == length ? Optional.of(bytes) : Optional.empty();
    } catch (ZstdException noFrameOfThatLength) {
      return Optional.empty();
    }
  }
}
