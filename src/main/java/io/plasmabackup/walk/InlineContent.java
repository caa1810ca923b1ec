package io.plasmabackup.walk;

import io.plasmabackup.btrfs.InlineData;
import io.plasmabackup.linux.ErrnoException;

/**
 * The data of a small file of a snapshot that came with its inode, so that nothing needs to be
 * opened.
 *
 * @param file to be read where the data can't be used
 */
record InlineContent(InlineData data, FileContent file) implements Content {

  @Override
  public OpenContent open() throws ErrnoException, VanishedException {
    byte[] bytes = data.bytes().orElse(null);
    return bytes == null ? file.open() : new OpenBytes(bytes, false);
  }

  @Override
  public Since sinceEarlier() {
    return file.sinceEarlier();
  }

  @Override
  public boolean isLive() {
    return false;
  }
}
