package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.client.impl.SftpStatus;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/**
 * Writes one remote file from front to back with many requests under way, so that the line and the
 * server's disk are busy at the same time. Every reply is looked at. A request's bytes go from the
 * chunk into the packet that is encrypted in place: one copy, no queue.
 *
 * <p>Several writers may use one SFTP channel in turns, from one thread.
 */
final class SftpWriter {

  /** One request: what every OpenSSH accepts in one message (256 KiB), less its header. */
  static final int CHUNK = 255 * 1024;

  private static final int MOST_UNDER_WAY = 64;

  private final Sftp sftp;
  private final Channel channel;
  private final Session session;
  private final byte[] handle;
  private final Duration stall;
  private final byte[] chunk = new byte[CHUNK];
  private final ArrayDeque<Request> underWay = new ArrayDeque<>();
  private final Buffer packet;
  private int filled;
  private long sent;

  /** A write that the server has not confirmed yet. */
  private record Request(int id, long offset) {}

  /** The server could not write. */
  static final class WriteRefused extends IOException {

    private static final long serialVersionUID = 1;

    private final long offset;
    private final SftpException status;

    WriteRefused(long offset, SftpException status) {
      super(status);
      this.offset = offset;
      this.status = status;
    }

    /** Where in the file, in bytes. */
    long offset() {
      return offset;
    }

    SftpException status() {
      return status;
    }
  }

  /**
   * @param handle of a file that is open for writing
   * @param stall after which a server that answers, but confirms nothing, is given up
   */
  SftpWriter(Sftp sftp, byte[] handle, Duration stall) {
    this.sftp = sftp;
    this.channel = sftp.getClientChannel();
    this.session = channel.getSession();
    this.handle = handle.clone();
    this.stall = stall;
    this.packet =
        session.createBuffer(
            SshConstants.SSH_MSG_CHANNEL_DATA,
            (int) channel.getRemoteWindow().getPacketSize() + 64);
  }

  /** Appends; the array is the caller's again afterwards. */
  void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = Math.min(length - done, CHUNK - filled);
      System.arraycopy(bytes, offset + done, chunk, filled, count);
      filled += count;
      done += count;
      if (filled == CHUNK) {
        sendChunk();
      }
    }
  }

  /** Sends what is left and waits until the server has confirmed everything. */
  void finish() throws IOException {
    if (filled > 0) {
      sendChunk();
    }
    while (!underWay.isEmpty()) {
      confirm(stall);
    }
  }

  private void sendChunk() throws IOException {
    while (underWay.size() >= MOST_UNDER_WAY) {
      confirm(stall);
    }
    int id = sftp.nextWriteId();
    send(header(id));
    underWay.add(new Request(id, sent));
    sent += filled;
    filled = 0;
    while (!underWay.isEmpty() && confirm(Duration.ZERO)) {
      // Looks at what has arrived, so that a full disk is noticed early.
    }
  }

  private byte[] header(int id) {
    int afterLength =
        1 + Integer.BYTES + Integer.BYTES + handle.length + Long.BYTES + Integer.BYTES;
    return ByteBuffer.allocate(Integer.BYTES + afterLength)
        .putInt(afterLength + filled)
        .put((byte) SftpConstants.SSH_FXP_WRITE)
        .putInt(id)
        .putInt(handle.length)
        .put(handle)
        .putLong(sent)
        .putInt(filled)
        .array();
  }

  /**
   * One SFTP message, whole. What is cut off in the middle can't be followed by anything: the
   * server would take the next request for the rest of this one. Then the channel is closed.
   */
  private void send(byte[] header) throws IOException {
    boolean whole = false;
    try {
      sendPackets(header);
      whole = true;
    } finally {
      if (!whole) {
        channel.close(true);
      }
    }
  }

  private void sendPackets(byte[] header) throws IOException {
    RemoteWindow window = channel.getRemoteWindow();
    int total = header.length + filled;
    for (int done = 0; done < total; ) {
      int count = (int) Math.min(total - done, Math.min(window.getPacketSize(), space(window)));
      window.consume(count);
      session.prepareBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, packet);
      packet.putUInt(channel.getRecipient());
      packet.putUInt(count);
      int fromHeader = Math.clamp(header.length - done, 0, count);
      packet.putRawBytes(header, Math.min(done, header.length), fromHeader);
      packet.putRawBytes(chunk, Math.max(done - header.length, 0), count - fromHeader);
      IoWriteFuture written = channel.writePacket(packet);
      written.verify(stall);
      done += count;
    }
  }

  private long space(RemoteWindow window) throws IOException {
    try {
      return window.waitForSpace(stall);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Takes the oldest request's reply; false if it isn't there within {@code wait}. */
  private boolean confirm(Duration wait) throws IOException {
    Request oldest = underWay.element();
    Buffer reply = sftp.receive(oldest.id(), wait);
    if (reply == null) {
      if (wait.isZero()) {
        return false;
      }
      throw new IOException("the server confirmed nothing for " + wait.toMinutes() + " min");
    }
    underWay.remove();
    SftpStatus status = SftpStatus.parse(SftpResponse.parse(SftpConstants.SSH_FXP_WRITE, reply));
    if (!status.isOk()) {
      throw new WriteRefused(
          oldest.offset(), new SftpException(status.getStatusCode(), status.getMessage()));
    }
    return true;
  }
}
