package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.client.impl.SftpStatus;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * Writes one remote file from front to back with many requests under way, so that the line and the
 * server's disk are busy at the same time. Every reply is looked at. Bytes are copied into a piece,
 * and from there into the packet that is encrypted in place; there is no queue in between.
 *
 * <p>A piece is kept until the server has confirmed it, and the last one confirmed beyond that:
 * whatever happens to the connection, the writer can be {@linkplain #attach attached} to another
 * one, prove that the file is the one it wrote, and go on. Pieces are used again, so that this
 * costs memory only, 17 MB at most.
 *
 * <p>Several writers may use one SFTP channel in turns, from one thread.
 */
final class SftpWriter {

  /** One request: what every OpenSSH accepts in one message (256 KiB), less its header. */
  static final int PIECE = 255 * 1024;

  private static final int MOST_UNDER_WAY = 64;

  /** How often a wait looks whether the server has taken anything, in parts of the limit. */
  private static final int LOOKS = 8;

  private final Duration stall;
  private final Runnable confirmed;
  private final ArrayDeque<Request> underWay = new ArrayDeque<>();
  private final ArrayDeque<Piece> unsent = new ArrayDeque<>();

  /** The one that was used last first: it may still be in the processor's cache. */
  private final ArrayDeque<byte[]> spare = new ArrayDeque<>();

  private Connection connection;
  private @Nullable Piece lastConfirmed;
  private byte @Nullable [] current;
  private int filled;
  private long taken;
  private long acknowledged;

  /** What is written in one request; {@code offset} is in the file. */
  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
  private record Piece(long offset, byte[] bytes, int length) {}

  /** A piece that the server has not confirmed yet. */
  private record Request(int id, Piece piece) {}

  /** An open file on one connection. */
  @SuppressWarnings("ArrayRecordComponent") // Compared with nothing.
  private record Connection(
      Sftp sftp, Channel channel, Session session, byte[] handle, Buffer packet) {

    static Connection of(Sftp sftp, byte[] handle) {
      Channel channel = sftp.getClientChannel();
      Session session = channel.getSession();
      Buffer packet =
          session.createBuffer(
              SshConstants.SSH_MSG_CHANNEL_DATA,
              (int) channel.getRemoteWindow().getPacketSize() + 64);
      return new Connection(sftp, channel, session, handle.clone(), packet);
    }

    RemoteWindow window() {
      return channel.getRemoteWindow();
    }
  }

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

  /** The server took and confirmed nothing for too long, whatever else it answers. */
  static final class Stalled extends IOException {

    private static final long serialVersionUID = 1;

    Stalled(Duration limit) {
      super("the server confirmed nothing for " + Durations.shown(limit));
    }
  }

  /**
   * @param handle of a file that is open for writing
   * @param start how long that file is, where writing goes on
   * @param stall after which a server that takes and confirms nothing is given up
   * @param confirmed run for every piece that was confirmed
   */
  SftpWriter(Sftp sftp, byte[] handle, long start, Duration stall, Runnable confirmed) {
    this.connection = Connection.of(sftp, handle);
    this.taken = start;
    this.acknowledged = start;
    this.stall = stall;
    this.confirmed = confirmed;
  }

  /**
   * Goes on over another connection. What was not confirmed over the one before is sent again by
   * the next {@link #send} or {@link #finish}.
   *
   * @param handle of the same file, which ends at {@link #acknowledged}
   */
  void attach(Sftp sftp, byte[] handle) {
    connection = Connection.of(sftp, handle);
    for (Iterator<Request> last = underWay.descendingIterator(); last.hasNext(); ) {
      unsent.addFirst(last.next().piece());
    }
    underWay.clear();
  }

  /**
   * Takes over as many of the bytes that remain in the buffer as there is room for. To be followed
   * by {@link #send} when {@link #isFull}.
   *
   * @return how many; more than 0 unless it is full or nothing remains
   */
  int take(ByteBuffer bytes) {
    byte[] piece = current;
    if (piece == null) {
      piece = spare.isEmpty() ? new byte[PIECE] : spare.pop();
      current = piece;
    }
    int count = Math.min(bytes.remaining(), PIECE - filled);
    bytes.get(piece, filled, count);
    filled += count;
    return count;
  }

  boolean isFull() {
    return filled == PIECE;
  }

  /** Bytes from the file's start that the server has confirmed. */
  long acknowledged() {
    return acknowledged;
  }

  /** Bytes that have been sent, as a whole or in part, and not confirmed. */
  long unconfirmed() {
    return underWay.stream().mapToLong(request -> request.piece().length()).sum()
        + unsent.stream().mapToLong(Piece::length).sum();
  }

  /**
   * Whether the file has, before {@link #acknowledged}, the bytes that were confirmed last; empty
   * if this writer has had none confirmed.
   */
  Optional<Boolean> endIsIn(Sftp sftp, Handle file) throws IOException {
    Piece end = lastConfirmed;
    return end == null
        ? Optional.empty()
        : Optional.of(sftp.holds(file, end.offset(), end.bytes(), end.length()));
  }

  /**
   * Sends what was taken; may return before it has arrived, and pieces while too much is under way.
   * After a failure it can be called again, on another connection.
   */
  void send() throws IOException {
    endPiece();
    while (!unsent.isEmpty()) {
      while (underWay.size() >= MOST_UNDER_WAY) {
        confirm(stall);
      }
      Piece piece = unsent.element();
      int id = connection.sftp().nextWriteId();
      send(header(id, piece), piece);
      unsent.remove();
      underWay.add(new Request(id, piece));
      while (!underWay.isEmpty() && confirm(Duration.ZERO)) {
        // Looks at what has arrived, so that a full disk is noticed early.
      }
    }
  }

  /** Sends what is left and waits until the server has confirmed everything; as {@link #send}. */
  void finish() throws IOException {
    send();
    while (!underWay.isEmpty()) {
      confirm(stall);
    }
  }

  private void endPiece() {
    byte[] piece = current;
    if (piece != null && filled > 0) {
      unsent.add(new Piece(taken, piece, filled));
      taken += filled;
      filled = 0;
      current = null;
    }
  }

  private byte[] header(int id, Piece piece) {
    byte[] handle = connection.handle();
    int afterLength =
        1 + Integer.BYTES + Integer.BYTES + handle.length + Long.BYTES + Integer.BYTES;
    return ByteBuffer.allocate(Integer.BYTES + afterLength)
        .putInt(afterLength + piece.length())
        .put((byte) SftpConstants.SSH_FXP_WRITE)
        .putInt(id)
        .putInt(handle.length)
        .put(handle)
        .putLong(piece.offset())
        .putInt(piece.length())
        .array();
  }

  /**
   * One SFTP message, whole. What is cut off in the middle can't be followed by anything: the
   * server would take the next request for the rest of this one. Then the channel is closed.
   */
  private void send(byte[] header, Piece piece) throws IOException {
    boolean whole = false;
    try {
      sendPackets(header, piece);
      whole = true;
    } finally {
      if (!whole) {
        connection.channel().close(true);
      }
    }
  }

  private void sendPackets(byte[] header, Piece piece) throws IOException {
    RemoteWindow window = connection.window();
    Channel channel = connection.channel();
    Buffer packet = connection.packet();
    int total = header.length + piece.length();
    for (int done = 0; done < total; ) {
      int count = (int) Math.min(total - done, Math.min(window.getPacketSize(), space(window)));
      window.consume(count);
      connection.session().prepareBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, packet);
      packet.putUInt(channel.getRecipient());
      packet.putUInt(count);
      int fromHeader = Math.clamp(header.length - done, 0, count);
      packet.putRawBytes(header, Math.min(done, header.length), fromHeader);
      packet.putRawBytes(piece.bytes(), Math.max(done - header.length, 0), count - fromHeader);
      IoWriteFuture written = channel.writePacket(packet);
      // Not so during a key exchange, which a server may begin and not end.
      if (!written.await(stall)) {
        throw new Stalled(stall);
      }
      written.verify(stall);
      done += count;
    }
  }

  private long space(RemoteWindow window) throws IOException {
    try {
      return window.waitForSpace(stall);
    } catch (SocketTimeoutException e) {
      Stalled stalled = new Stalled(stall);
      stalled.addSuppressed(e);
      throw stalled;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Takes the oldest request's reply; false if {@code wait} is 0 and it isn't there. */
  private boolean confirm(Duration wait) throws IOException {
    Request oldest = underWay.element();
    Buffer reply =
        wait.isZero() ? connection.sftp().receive(oldest.id(), wait) : await(oldest.id());
    if (reply == null) {
      return false;
    }
    SftpStatus status = SftpStatus.parse(SftpResponse.parse(SftpConstants.SSH_FXP_WRITE, reply));
    if (!status.isOk()) {
      throw new WriteRefused(
          oldest.piece().offset(), new SftpException(status.getStatusCode(), status.getMessage()));
    }
    underWay.remove();
    Piece before = lastConfirmed;
    if (before != null) {
      spare.push(before.bytes());
    }
    lastConfirmed = oldest.piece();
    acknowledged = oldest.piece().offset() + oldest.piece().length();
    confirmed.run();
    return true;
  }

  /** A server that takes data is not stalled, be the line so slow that no request is complete. */
  private Buffer await(int id) throws IOException {
    long deadline = System.nanoTime() + stall.toNanos();
    while (System.nanoTime() - deadline < 0) {
      long window = connection.window().getSize();
      Buffer reply = connection.sftp().receive(id, stall.dividedBy(LOOKS));
      if (reply != null) {
        return reply;
      }
      if (connection.window().getSize() > window) {
        deadline = System.nanoTime() + stall.toNanos();
      }
    }
    throw new Stalled(stall);
  }
}
