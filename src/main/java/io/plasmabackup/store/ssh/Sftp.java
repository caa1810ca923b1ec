package io.plasmabackup.store.ssh;

import io.plasmabackup.store.Chunk;
import io.plasmabackup.store.Digests;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.sftp.client.SftpVersionSelector;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHFsyncExtension;
import org.apache.sshd.sftp.client.extensions.openssh.OpenSSHPosixRenameExtension;
import org.apache.sshd.sftp.client.impl.DefaultSftpClient;
import org.apache.sshd.sftp.client.impl.SftpAckData;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.client.impl.SftpStatus;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * The library's SFTP client, version 3 (OpenSSH's), with the few calls it lacks. A reply that makes
 * no sense is an {@link IOException}, as other trouble with the server is.
 */
final class Sftp extends DefaultSftpClient {

  /** Of OpenSSH since 9.0: copies a range from file to file. */
  static final String COPY_DATA = "copy-data";

  private static final int PRIVATE_FILE = 0600;
  private static final int READ_BACK = 256 * 1024;

  /** Above what the library counts up for its own requests. */
  private static final int FIRST_WRITE_ID = 0x4000_0000;

  private final AtomicInteger nextWriteId = new AtomicInteger(FIRST_WRITE_ID);
  private final Map<Integer, Consumer<SftpStatus>> writes = new ConcurrentHashMap<>();
  private final ReentrantLock sending = new ReentrantLock();

  private Sftp(ClientSession session) throws IOException {
    super(session, SftpVersionSelector.fixedVersionSelector(SftpConstants.SFTP_V3), null);
  }

  /** Opens a channel for it. */
  static Sftp open(ClientSession session) throws IOException {
    try {
      return new Sftp(session);
    } catch (IllegalStateException e) {
      throw Closings.lost(e);
    }
  }

  /** To be held while one message is sent, which may take several packets. */
  ReentrantLock sending() {
    return sending;
  }

  @Override
  public int send(int command, Buffer buffer) throws IOException {
    sending.lock();
    try {
      return super.send(command, buffer);
    } finally {
      sending.unlock();
    }
  }

  /**
   * For a request to write that is to be sent.
   *
   * @param reply taken by the thread that reads from the connection, once
   * @return the request's id, which no other has on this channel: replies are told apart by nothing
   *     else
   */
  int expectWritten(Consumer<SftpStatus> reply) {
    int id = nextWriteId.getAndIncrement();
    writes.put(id, reply);
    return id;
  }

  @Override
  protected void process(Buffer incoming) throws IOException {
    int start = incoming.rpos();
    int id =
        understood(() -> {
          incoming.getInt();
          incoming.getUByte();
          return incoming.getInt();
        });
    incoming.rpos(start);
    // Below come the library's own, also before this object is complete.
    Consumer<SftpStatus> reply = id < FIRST_WRITE_ID ? null : writes.remove(id);
    if (reply == null) {
      super.process(incoming);
    } else {
      reply.accept(
          understood(
              () -> SftpStatus.parse(SftpResponse.parse(SftpConstants.SSH_FXP_WRITE, incoming))));
    }
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

  private interface Parser<T extends @Nullable Object> {
    T parse() throws IOException;
  }

  /** The library checks few of the lengths and numbers that a server sends before it uses them. */
  private static <T extends @Nullable Object> T understood(Parser<T> parser) throws IOException {
    try {
      return parser.parse();
    } catch (RuntimeException malformed) {
      // Not its cause: messages give the innermost one, which says nothing here.
      IOException e = new IOException("the server's reply makes no sense");
      e.addSuppressed(malformed);
      throw e;
    }
  }

  @Override
  protected void checkResponseStatus(SftpResponse response) throws IOException {
    Sftp.<@Nullable Void>understood(() -> {
      super.checkResponseStatus(response);
      return null;
    });
  }

  @Override
  protected byte[] checkHandleResponse(SftpResponse response) throws IOException {
    return understood(() -> super.checkHandleResponse(response));
  }

  @Override
  protected Attributes checkAttributesResponse(SftpResponse response) throws IOException {
    return understood(() -> super.checkAttributesResponse(response));
  }

  @Override
  protected String checkOneNameResponse(SftpResponse response) throws IOException {
    return understood(() -> super.checkOneNameResponse(response));
  }

  @Override
  protected @Nullable List<DirEntry> checkDirResponse(
      SftpResponse response, @Nullable AtomicReference<Boolean> endOfList) throws IOException {
    return understood(() -> super.checkDirResponse(response, endOfList));
  }

  @Override
  protected @Nullable Buffer checkDataResponse(
      SftpAckData request, SftpResponse response, @Nullable AtomicReference<Boolean> endOfFile)
      throws IOException {
    return understood(() -> super.checkDataResponse(request, response, endOfFile));
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

  /**
   * Opens a regular file that is there, for reading and writing. SFTP cannot be told not to follow
   * a link, so the name is looked at before and after: who may write to the folder could still
   * deceive that, which is why the caller compares what is in the file.
   *
   * @return empty if nothing of that name is there, or anything but a regular file
   */
  Optional<CloseableHandle> openRegular(String path) throws IOException {
    try {
      if (!lstat(path).isRegularFile()) {
        return Optional.empty();
      }
      CloseableHandle file = open(path, OpenMode.Read, OpenMode.Write);
      if (stat(file).isRegularFile() && lstat(path).isRegularFile()) {
        return Optional.of(file);
      }
      file.close();
      return Optional.empty();
    } catch (SftpException e) {
      if (e.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Creates a file with this content, and has it written to the disk where the server can. */
  void store(String path, byte[] content) throws IOException {
    try (CloseableHandle file = create(path)) {
      fill(file, content);
    }
  }

  /** Writes all of a new file, likewise. */
  void fill(Handle file, byte[] content) throws IOException {
    for (int at = 0; at < content.length; at += READ_BACK) {
      write(file, at, content, at, Math.min(READ_BACK, content.length - at));
    }
    OpenSSHFsyncExtension fsync = getExtension(OpenSSHFsyncExtension.class);
    if (fsync != null && fsync.isSupported()) {
      fsync.fsync(file);
    }
  }

  /** Renames a file, also to a name that is taken. */
  void replace(String path, String target) throws IOException {
    OpenSSHPosixRenameExtension rename = getExtension(OpenSSHPosixRenameExtension.class);
    if (rename != null && rename.isSupported()) {
      rename.posixRename(path, target);
      return;
    }
    // Version 3 of the protocol has no other way.
    if (exists(target)) {
      remove(target);
    }
    rename(path, target);
  }

  /** Whether the server says that it copies from file to file. */
  boolean copies() {
    // The library looks for it among the extensions of another version of the protocol.
    return getServerExtensions().containsKey(COPY_DATA);
  }

  void truncate(Handle file, long size) throws IOException {
    setStat(file, new Attributes().size(size));
  }

  /** Whether the file has the first {@code length} of these bytes at {@code offset}. */
  boolean holds(Handle file, long offset, byte[] bytes, int length) throws IOException {
    byte[] stored = new byte[length];
    return readFully(file, offset, stored, length) == length
        && Arrays.equals(stored, 0, length, bytes, 0, length);
  }

  /** Whether the file has this chunk. */
  boolean holds(Handle file, Chunk chunk) throws IOException {
    MessageDigest sha256 = Digests.sha256();
    byte[] stored = new byte[READ_BACK];
    for (long at = chunk.offset(); at < chunk.end(); ) {
      int count = readFully(file, at, stored, (int) Math.min(READ_BACK, chunk.end() - at));
      if (count == 0) {
        return false;
      }
      sha256.update(stored, 0, count);
      at += count;
    }
    return MessageDigest.isEqual(sha256.digest(), chunk.sha256());
  }

  /** Reads until {@code length} bytes are there or the file ends; gives their count. */
  int readFully(Handle handle, long offset, byte[] bytes, int length) throws IOException {
    return readFully(handle, offset, bytes, 0, length);
  }

  /** As {@link #readFully(Handle, long, byte[], int)}, into the array from {@code start} on. */
  int readFully(Handle handle, long offset, byte[] bytes, int start, int length)
      throws IOException {
    int done = 0;
    while (done < length) {
      int count = read(handle, offset + done, bytes, start + done, length - done);
      if (count <= 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  /** The server's own words, on one line. */
  static String words(SftpException e) {
    String message = e.getMessage();
    return "the server says: "
        + (message == null || message.isBlank()
            ? SftpConstants.getStatusName(e.getStatus())
            : FileNames.shown(message));
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
