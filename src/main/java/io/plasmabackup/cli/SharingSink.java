package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.ArchiveSink;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.restore.CopiedArchive;
import io.plasmabackup.snapshot.Snapshot;
import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Destination;
import io.plasmabackup.store.SourceLost;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An archive's way to its destination, which shares blocks with snapshots of the same btrfs, or has
 * what an earlier archive has copied.
 */
final class SharingSink implements ArchiveSink {

  /** After so many refusals from the beginning on, there is no hope left: it isn't those files. */
  private static final int PATIENCE = 16;

  private final Destination destination;
  private final Set<DeviceNumber> devices;

  /** Whose ranges are copied. */
  private final Optional<CopiedArchive> earlier;

  private int refusals;
  private boolean anyShared;
  private volatile boolean hopeless;

  private SharingSink(
      Destination destination, Set<DeviceNumber> devices, Optional<CopiedArchive> earlier) {
    this.destination = destination;
    this.devices = devices;
    this.earlier = earlier;
  }

  /**
   * Finds out which of the snapshots it can share blocks with.
   *
   * @param earlier stays the caller's
   */
  static SharingSink of(
      Destination destination, List<Snapshot> snapshots, Optional<CopiedArchive> earlier)
      throws Failure {
    Set<DeviceNumber> devices = new HashSet<>();
    for (Snapshot snapshot : snapshots) {
      if (destination.canShareWith(snapshot.root())) {
        try {
          devices.add(snapshot.root().status().id().device());
        } catch (ErrnoException e) {
          throw new Failure(ExitCode.READ, e.getMessage() + "; no backup was made", e);
        }
      }
    }
    return new SharingSink(destination, devices, earlier);
  }

  /** The files of which devices share their blocks, as far as can be told beforehand. */
  Set<DeviceNumber> devices() {
    return devices;
  }

  @Override
  public void write(ByteBuffer bytes) throws Failure {
    destination.write(bytes);
  }

  @Override
  public long clonedBytes() {
    return destination.clonedBytes();
  }

  @Override
  public long sent(long written) {
    return destination.sent();
  }

  @Override
  public void copy(long from, long length) throws Failure {
    CopiedArchive source = earlier.orElseThrow();
    if (!destination.copy(source.bytes(), from, length)) {
      throw new SourceLost("the storage copies nothing of " + source.name());
    }
  }

  @Override
  public void expect(long offset, int length, byte[] sha256) throws Failure {
    destination.expect(new Chunk(offset, length, sha256));
  }

  @Override
  public Optional<byte[]> sha256() throws Failure {
    return destination.sha256();
  }

  @Override
  public boolean sharesWith(DeviceNumber device) {
    return !hopeless && devices.contains(device);
  }

  @Override
  public boolean share(Fd file, long position, long length) throws Failure {
    boolean shared = destination.share(file, position, length);
    anyShared |= shared;
    refusals += shared ? 0 : 1;
    hopeless |= !anyShared && refusals == PATIENCE;
    return shared;
  }
}
