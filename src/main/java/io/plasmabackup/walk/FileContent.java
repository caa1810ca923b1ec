package io.plasmabackup.walk;

import io.plasmabackup.btrfs.ZstdExtent;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The data of a regular file below an open directory.
 *
 * @param name in the archive
 * @param expected what the file was when its entry was made
 * @param transaction of btrfs that changed the file last; {@link #UNKNOWN} where nobody has asked
 */
record FileContent(Tree tree, RawPath name, FileStatus expected, long transaction)
    implements Content {

  static final long UNKNOWN = -1;

  @Override
  public Since sinceEarlier() {
    if (transaction == UNKNOWN || tree.earlier().isEmpty()) {
      return Since.UNKNOWN;
    }
    return transaction <= tree.earlier().getAsLong() ? Since.UNTOUCHED : Since.TOUCHED;
  }

  @Override
  public OpenContent open() throws ErrnoException, VanishedException {
    RawPath relative = tree.relative().resolve(name.relativeTo(tree.name()));
    Fd file;
    try {
      file = tree.base().openBeneath(relative, Fd.Use.READ);
    } catch (ErrnoException e) {
      if (tree.live() && VanishedException.isReason(e)) {
        throw new VanishedException(tree.base().shownPath().resolve(relative));
      }
      throw e;
    }
    try {
      if (!file.status().isSameFile(expected)) {
        throw new VanishedException(tree.base().shownPath().resolve(relative));
      }
    } catch (ErrnoException | VanishedException e) {
      file.close();
      throw e;
    }
    return new OpenFile(file, expected, tree.live());
  }

  @Override
  public boolean isLive() {
    return tree.live();
  }

  private record OpenFile(Fd file, FileStatus expected, boolean live) implements OpenContent {

    @Override
    public void read(long position, ByteBuffer into) throws ErrnoException {
      file.read(position, into);
    }

    @Override
    public List<StoredFrame> storedFrames(long position, int length) throws ErrnoException {
      if (live) {
        return List.of();
      }
      return ZstdExtent.within(file, expected.id().inode(), expected.size(), position, length)
          .stream()
          .map(extent -> new StoredFrame(extent.position(), extent.length()))
          .toList();
    }

    @Override
    public boolean readStored(StoredFrame frame, ByteBuffer into) throws ErrnoException {
      return new ZstdExtent(frame.position(), frame.length()).read(file, into);
    }

    @Override
    public Optional<Fd> frozen() {
      return live ? Optional.empty() : Optional.of(file);
    }

    @Override
    public boolean hasChanged() throws ErrnoException {
      return file.status().isChanged(expected);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
