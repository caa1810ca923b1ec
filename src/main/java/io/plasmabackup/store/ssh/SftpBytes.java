package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.StoredBytes;
import java.io.IOException;
import java.io.InputStream;
import org.apache.sshd.sftp.client.SftpClient.Attributes;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.client.impl.SftpInputStreamAsync;
import org.jspecify.annotations.Nullable;

/**
 * A file in an {@link SshStore}. When the connection is lost, it is opened again over a new one,
 * and reading goes on where it was.
 */
final class SftpBytes implements StoredBytes {

  /** Bytes asked for at a time: no server of OpenSSH gives more in one reply. */
  private static final int REQUEST = 255 * 1024;

  private static final String ACTION = "cannot read";

  private final SshStore store;
  private final Link link;
  private final String path;
  private final long size;
  private final CopySource source;
  private CloseableHandle handle;

  /** The connection that {@code handle} is of. */
  private int linkNumber;

  /** Takes over {@code handle}. */
  SftpBytes(SshStore store, String path, CloseableHandle handle, Attributes attributes) {
    this.store = store;
    this.link = store.link();
    this.path = path;
    this.handle = handle;
    this.size = attributes.getSize();
    this.source = CopySource.of(path, attributes);
    this.linkNumber = link.number();
  }

  @Override
  public long size() {
    return size;
  }

  /** For ranges of it to be copied on the server. */
  CopySource copySource() {
    return source;
  }

  /** Whether nobody has written to it since it was opened, as far as size and time tell. */
  boolean isUnchanged(Sftp sftp) throws IOException, Failure {
    attach(sftp);
    return CopySource.of(path, sftp.stat(handle)).equals(source);
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws Failure {
    if (length <= REQUEST) {
      return store.ask(
          ACTION,
          path,
          sftp -> {
            attach(sftp);
            return sftp.readFully(handle, position, into, offset, length);
          });
    }
    try {
      return stream(position, position + length).readNBytes(into, offset, length);
    } catch (IOException e) {
      throw store.failure(ACTION, path, e);
    }
  }

  /** Opens the file again if it was open over another connection. */
  private void attach(Sftp sftp) throws IOException, Failure {
    if (linkNumber == link.number()) {
      return;
    }
    CloseableHandle again = sftp.open(path, OpenMode.Read);
    boolean same = false;
    try {
      Attributes found = sftp.stat(again);
      same = found.isRegularFile() && found.getSize() == size;
    } finally {
      if (!same) {
        again.close();
      }
    }
    if (!same) {
      throw new Failure(
          ExitCode.STORAGE, ACTION + " " + link.shown(path) + ": it has changed meanwhile");
    }
    handle = again;
    linkNumber = link.number();
  }

  @Override
  public InputStream stream(long position) {
    return stream(position, size);
  }

  private InputStream stream(long position, long end) {
    return new Ahead(position, Math.min(end, size));
  }

  @Override
  public void close() throws Failure {
    if (linkNumber == link.number() && !link.isLost()) {
      try {
        handle.close();
      } catch (IOException e) {
        throw store.failure("cannot close", path, e);
      }
    }
  }

  /** Has many requests under way, as many as the connection's window takes. */
  private final class Ahead extends InputStream {

    private final long end;
    private long at;

    /** Null before the first request over a connection. */
    private @Nullable InputStream requests;

    Ahead(long position, long end) {
      this.at = position;
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (at >= end) {
        return -1;
      }
      int wanted = (int) Math.min(length, end - at);
      try {
        int count = store.ask(ACTION, path, sftp -> readOver(sftp, into, offset, wanted));
        at += count;
        return count;
      } catch (Failure e) {
        throw new IOException(e);
      }
    }

    private int readOver(Sftp sftp, byte[] into, int offset, int length)
        throws IOException, Failure {
      InputStream under = requests;
      if (under == null || linkNumber != link.number()) {
        attach(sftp);
        under = new SftpInputStreamAsync(sftp, REQUEST, at, end, path, handle, false);
        requests = under;
      }
      int count = under.read(into, offset, length);
      if (count <= 0) {
        throw new Failure(
            ExitCode.STORAGE,
            ACTION + " " + link.shown(path) + " at byte " + at + ": it has become shorter");
      }
      return count;
    }
  }
}
