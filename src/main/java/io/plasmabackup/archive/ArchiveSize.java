package io.plasmabackup.archive;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.walk.Entry;
import io.plasmabackup.walk.EntryStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * How large the tar of some entries is, found by laying it out without reading any data. Exact for
 * a snapshot.
 *
 * @param bytes of the tar: of the archive, where nothing is compressed
 * @param members entries in it
 * @param dataBytes bytes of file data, without holes
 * @param shareable of which devices' files about how many of these bytes could be shared with the
 *     archive
 */
public record ArchiveSize(
    long bytes, long members, long dataBytes, Map<DeviceNumber, Long> shareable) {

  public ArchiveSize {
    shareable = Map.copyOf(shareable);
  }

  /** About how many bytes the archive's own blocks take, if it shares those of some devices. */
  public long withoutShared(Collection<DeviceNumber> devices) {
    return bytes - devices.stream().mapToLong(device -> shareable.getOrDefault(device, 0L)).sum();
  }

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
    Map<DeviceNumber, Long> shareable = new HashMap<>();
    for (Segment segment = segmenter.next(); segment != null; segment = segmenter.next()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new Failure(ExitCode.INTERRUPTED, "stopped by a signal; nothing was published");
      }
      bytes += container.gapInTar(bytes) + segment.length();
      for (Entry entry : segment.entries()) {
        members++;
        dataBytes += Segmenter.dataLength(entry);
        if (packing.level().isEmpty() && SharedFile.mayBe(entry)) {
          long whole = Segmenter.dataLength(entry) / Format.ALIGNMENT * Format.ALIGNMENT;
          shareable.merge(entry.id().device(), whole, Long::sum);
        }
      }
    }
    return new ArchiveSize(bytes + Format.TRAILER, members, dataBytes, shareable);
  }
}
