package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.nio.file.attribute.FileTime;
import org.apache.sshd.sftp.client.SftpClient.Attributes;
import org.apache.sshd.sftp.client.SftpClient.CloseableHandle;
import org.apache.sshd.sftp.client.SftpClient.OpenMode;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * A file on the server of which ranges are copied there. Each connection opens it for itself.
 *
 * @param modified as the server says; null where it doesn't
 */
record CopySource(String path, long size, @Nullable FileTime modified) {

  /** It isn't there as it was, or the server refuses to copy. */
  static final class Lost extends IOException {

    private static final long serialVersionUID = 1;

    Lost(String why) {
      super(why);
    }
  }

  /** What is open of it. */
  static CopySource of(String path, Attributes attributes) {
    return new CopySource(path, attributes.getSize(), attributes.getModifyTime());
  }

  /** Its name in the folder. */
  String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /**
   * Opens it over another connection.
   *
   * @throws Lost if it isn't the same file any more, as far as that can be told
   */
  CloseableHandle open(Sftp sftp) throws IOException {
    CloseableHandle file;
    try {
      file = sftp.open(path, OpenMode.Read);
    } catch (SftpException e) {
      throw switch (e.getStatus()) {
        case SftpConstants.SSH_FX_NO_SUCH_FILE -> new Lost("it is gone");
        case SftpConstants.SSH_FX_NO_CONNECTION, SftpConstants.SSH_FX_CONNECTION_LOST -> e;
        default -> new Lost(Sftp.words(e));
      };
    }
    boolean same = false;
    try {
      Attributes found = sftp.stat(file);
      same = found.isRegularFile() && equals(of(path, found));
    } finally {
      if (!same) {
        file.close();
      }
    }
    if (!same) {
      throw new Lost("it has changed");
    }
    return file;
  }
}
