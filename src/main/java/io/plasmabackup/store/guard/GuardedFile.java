package io.plasmabackup.store.guard;

import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.store.StoreProtocol;
import java.io.IOException;

/** A file that a client has open. */
final class GuardedFile implements AutoCloseable {

  private final GuardedFolder folder;
  private final Fd file;
  private final GuardedName name;
  private final boolean readable;
  private final boolean writable;

  /** Takes over {@code file}. */
  GuardedFile(GuardedFolder folder, Fd file, GuardedName name, boolean readable, boolean writable) {
    this.folder = folder;
    this.file = file;
    this.name = name;
    this.readable = readable;
    this.writable = writable;
  }

  FileStatus status() throws IOException {
    return file.status();
  }

  /** As {@link Fd#read(long, byte[], int, int)}. */
  int read(long position, byte[] into, int length) throws IOException, Denied {
    if (!readable) {
      throw Denied.byRule(StoreProtocol.NOT_READABLE);
    }
    return file.read(position, into, 0, length);
  }

  void write(long position, byte[] from, int offset, int length) throws IOException, Denied {
    requireWritable();
    if (position < 0 || position > Long.MAX_VALUE - length) {
      throw Denied.byRule("no file is as long as that");
    }
    folder.change(file, name, position + length, () -> file.write(position, from, offset, length));
  }

  /** Cuts it off, or has it end with a hole. */
  void truncate(long size) throws IOException, Denied {
    requireWritable();
    if (size < 0) {
      throw Denied.byRule("no file is as long as that");
    }
    folder.change(file, name, size, () -> file.truncate(size));
  }

  private void requireWritable() throws Denied {
    if (!writable) {
      throw Denied.byRule("the file was not opened for writing");
    }
  }

  void sync() throws IOException {
    GuardedFolder.sync(file);
  }

  @Override
  public void close() {
    file.close();
  }
}
