package io.plasmabackup.store.ssh;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * Writes one remote file from front to back with many requests under way, so that the line and the
 * server's disk are busy at the same time. Every reply is looked at. Bytes are copied into a piece,
 * which {@linkplain Lane lanes} send, over one connection or several.
 *
 * <p>Pieces that are not known to be stored are kept: whatever happens to the connections, the
 * writer can be {@linkplain #attach attached} to another one, prove that the file is the one it
 * wrote, and go on. They are used again, so that this costs memory only: 12 MB with one connection,
 * 64 MiB at most.
 *
 * <p>Used by one thread, except {@link #join}. Several writers may use one SFTP channel.
 */
final class SftpWriter {

  /** How long a message that is being sent may take to be complete when nobody wants it. */
  private static final Duration MOMENT = Duration.ofMillis(500);

  private final Duration stall;
  private final Runnable confirmed;
  private final Pieces pieces;
  private @Nullable Lane first;
  private byte @Nullable [] current;
  private int filled;
  private long taken;
  private long seen;

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
   * To be {@linkplain #attach attached} to a connection before anything is sent.
   *
   * @param start how long the file is, where writing goes on
   * @param stall after which a server that takes and confirms nothing is given up
   * @param confirmed run when more was confirmed
   */
  SftpWriter(long start, Duration stall, Runnable confirmed) {
    this.pieces = new Pieces(start, stall);
    this.taken = start;
    this.seen = start;
    this.stall = stall;
    this.confirmed = confirmed;
  }

  /**
   * Goes on over this connection only. What was not confirmed over others before is sent again.
   *
   * @param file the same one, which ends at {@link #acknowledged}, open for writing
   * @param underWay how many requests at most
   */
  void attach(SshConnection connection, Sftp sftp, Handle file, int underWay) {
    Lane lane = new Lane(pieces, connection, sftp, file, false, underWay, stall);
    pieces.restart(lane);
    first = lane;
  }

  /**
   * Uses another connection as well, if the server that it leads to has the same file there. From
   * any thread.
   *
   * @param beside what {@link #firstLane} was when the connection was asked for
   * @param path of the file
   */
  void join(Lane beside, SshConnection connection, String path) throws Failure, IOException {
    Sftp sftp = Link.openSftp(connection);
    Optional<Piece> end = pieces.lastConfirmed();
    Handle file =
        sftp.openRegular(path).orElseThrow(() -> new IOException("the file is not there"));
    if (end.isEmpty()
        || !sftp.holds(file, end.get().offset(), end.get().bytes(), (int) end.get().length())) {
      throw new IOException("it leads to another file");
    }
    pieces.join(new Lane(pieces, connection, sftp, file, true, Lane.MOST_UNDER_WAY, stall), beside);
  }

  /** Of the connection that it is attached to. */
  Lane firstLane() {
    return Objects.requireNonNull(first);
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
      piece = pieces.array();
      current = piece;
    }
    int count = Math.min(bytes.remaining(), Piece.SIZE - filled);
    bytes.get(piece, filled, count);
    filled += count;
    return count;
  }

  /**
   * Takes the beginning of a range of another file that the server has, after all that was taken
   * before. To be followed by the range's end, which is taken as {@link #take bytes}.
   *
   * @param counted how many bytes the beginning has, at least 1
   */
  void copy(Piece.Copied range, long counted) {
    endPiece();
    pieces.add(Piece.copied(taken, range, counted));
    taken += counted;
  }

  boolean isFull() {
    return filled == Piece.SIZE;
  }

  /** Bytes from the file's start that the server has confirmed. */
  long acknowledged() {
    return pieces.acknowledged();
  }

  /** Bytes that have been sent, or are to be, and are not known to be stored. */
  long unconfirmed() {
    return pieces.unconfirmed();
  }

  /**
   * Whether the file has, before {@link #acknowledged}, the bytes that were confirmed last; empty
   * if this writer has had none confirmed.
   */
  Optional<Boolean> endIsIn(Sftp sftp, Handle file) throws IOException {
    Optional<Piece> end = pieces.lastConfirmed();
    return end.isEmpty()
        ? Optional.empty()
        : Optional.of(
            sftp.holds(file, end.get().offset(), end.get().bytes(), (int) end.get().length()));
  }

  /**
   * Sends what was taken; may return before it has arrived, and waits while too much is under way.
   * After a failure it can be called again, attached to another connection.
   */
  void send() throws IOException {
    endPiece();
    try {
      sendAlone();
      pieces.awaitRoom();
    } finally {
      tell();
    }
  }

  /**
   * Sends what is left and waits until the server has confirmed everything; as {@link #send}. No
   * thread is left behind.
   */
  void finish() throws IOException {
    endPiece();
    try {
      sendAlone();
      pieces.awaitEnd();
    } finally {
      tell();
    }
  }

  /** Sends nothing more. Talks to nobody. */
  void stop() {
    pieces.stop();
  }

  /** As {@link #stop}, and waits a moment for what is being sent. */
  void end() {
    pieces.stop();
    try {
      for (Lane lane : pieces.lanes()) {
        lane.awaitStop(MOMENT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sendAlone() throws IOException {
    Lane lane = firstLane();
    if (lane.isStarted()) {
      return;
    }
    if (pieces.areShared()) {
      lane.start();
    } else {
      lane.sendAll();
    }
  }

  private void tell() {
    long acknowledged = pieces.acknowledged();
    if (acknowledged > seen) {
      seen = acknowledged;
      confirmed.run();
    }
  }

  private void endPiece() {
    byte[] piece = current;
    if (piece != null && filled > 0) {
      pieces.add(new Piece(taken, piece, filled));
      taken += filled;
      filled = 0;
      current = null;
    }
  }
}
