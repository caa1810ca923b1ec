package io.plasmabackup.store.ssh;

import java.io.IOException;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.sftp.client.SftpVersionSelector;
import org.apache.sshd.sftp.client.impl.DefaultSftpClient;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/** The library's SFTP client, version 3 (OpenSSH's), with the few calls it lacks. */
final class Sftp extends DefaultSftpClient {

  private static final int PRIVATE_FILE = 0600;

  /** Above what the library counts up for its own requests. */
  private static final int FIRST_WRITE_ID = 0x4000_0000;

  private int nextWriteId = FIRST_WRITE_ID;

  Sftp(ClientSession session) throws IOException {
    super(session, SftpVersionSelector.fixedVersionSelector(SftpConstants.SFTP_V3), null);
  }

  /**
   * A request id that no other writer on this channel has: replies are told apart by nothing else.
   */
  int nextWriteId() {
    return nextWriteId++;
  }

  /** Creates a file with mode 0600 that wasn't there, open for writing. */
  CloseableHandle create(String path) throws IOException {
    Buffer request = new ByteArrayBuffer(path.length() + Long.SIZE, false);
    request.putString(path, getNameDecodingCharset());
    request.putUInt(
        SftpConstants.SSH_FXF_WRITE | SftpConstants.SSH_FXF_CREAT | SftpConstants.SSH_FXF_EXCL);
    request.putUInt(SftpConstants.SSH_FILEXFER_ATTR_PERMISSIONS);
    request.putUInt(PRIVATE_FILE);
    SftpResponse response =
        SftpResponse.parse(
            SftpConstants.SSH_FXP_OPEN, receive(send(SftpConstants.SSH_FXP_OPEN, request)));
    return new Created(path, checkHandleResponse(response));
  }

  /** Whether anything is there, be it a link that leads nowhere. */
  boolean exists(String path) throws IOException {
    try {
      lstat(path);
      return true;
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
        return false;
      }
      throw e;
    }
  }

  /** Reads until {@code length} bytes are there or the file ends; gives their count. */
  int readFully(Handle handle, long offset, byte[] bytes, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = read(handle, offset + done, bytes, done, length - done);
      if (count <= 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  /** An open file; closing it closes it on the server. */
  private final class Created extends CloseableHandle {

    private boolean open = true;

    Created(String path, byte[] id) {
      super(path, id);
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public void close() throws IOException {
      if (open) {
        open = false;
        Sftp.this.close(this);
      }
    }
  }
}
