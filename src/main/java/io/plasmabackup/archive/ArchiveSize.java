package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.EntryStream;

/**
 * How large the tar of some entries is, found by laying it out without reading any data. Exact for
 * a snapshot.
 *
 * @param bytes of the tar: of the archive, where nothing is compressed
 * @param members entries in it
 * @param dataBytes bytes of file data, without holes
 */
public record ArchiveSize(long bytes, long members, long dataBytes) {

  /**
   * Reads the stream to its end.
   *
   * @param packing how the archive would be packed
   * @throws Failure also if the thread is interrupted
   */
  public static ArchiveSize of(EntryStream entries, Packing packing) throws Failure {
    Container container = packing.container();
    Segmenter segmenter = new Segmenter(entries);
    long bytes = 0;
    long members = 0;
    long dataBytes = 0;
    for (Segment segment = segmenter.next(); segment != null; segment = segmenter.next()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal; nothing was published");
      }
      bytes += container.gapInTar(bytes) + segment.length();
      for (Entry entry : segment.entries()) {
        members++;
        dataBytes += Segmenter.dataLength(entry);
      }
    }
    return new ArchiveSize(bytes + Format.TRAILER, members, dataBytes);
  }
}
