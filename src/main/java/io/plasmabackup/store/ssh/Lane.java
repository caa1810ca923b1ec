package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.RemoteWindow;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.sftp.client.SftpClient.Handle;
import org.apache.sshd.sftp.client.impl.SftpStatus;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

/**
 * Sends pieces of a file over one connection, with many requests under way: in a thread of its own
 * where there are several lanes. One alone is used by the thread that writes the file, which costs
 * a quarter less processor time than to hand each piece over. Bytes are copied from a piece into
 * the packet that is encrypted in place; there is no queue in between. Replies are taken by the
 * connection's reading thread.
 *
 * <p>What {@link Pieces} says about a lane's state it says under its own lock.
 */
final class Lane {

  /** More than fit into OpenSSH's window for one channel, which has 2 MiB. */
  static final int MOST_UNDER_WAY = 14;

  /**
   * What is under way beyond what the line holds waits in the server's memory, and OpenSSH copies
   * and clears the whole of a channel's buffer whenever that grows: with 4 instead of 14, an upload
   * over loopback took an eighth less of the server's processor time.
   */
  private static final int LEAST_UNDER_WAY = 4;

  /**
   * Requests of {@link Piece#SIZE} that follow each other by so much are half a gigabyte a second.
   */
  private static final Duration ROUND_TRIP_EACH = Duration.ofNanos(500_000);

  private final Pieces pieces;
  private final SshConnection connection;
  private final Sftp sftp;
  private final Handle file;
  private final Duration stall;
  private final boolean closesFile;
  private final int mostUnderWay;
  private final Channel channel;
  private final Session session;
  private final RemoteWindow window;
  private final Buffer packet;
  private final Thread thread = Thread.ofPlatform().daemon().name("ssh-lane").unstarted(this::run);

  /** Used by the thread that sends. */
  private final Map<CopySource, Handle> sources = new HashMap<>();

  private int underWay;
  private volatile boolean stopped;
  private volatile boolean closing;
  private volatile boolean started;

  /** When something was sent or done, as from {@link System#nanoTime}. */
  private volatile long active = System.nanoTime();

  private long windowSeen;

  /** The connection can't be used any more, which may tell why. */
  static final class Lost extends IOException {

    private static final long serialVersionUID = 1;

    private final transient SshConnection connection;

    Lost(SshConnection connection, Exception noticed) {
      super("the connection was lost", noticed);
      this.connection = connection;
    }

    SshConnection connection() {
      return connection;
    }
  }

  /**
   * @param file open for writing
   * @param closesFile whether the lane does when everything is stored
   * @param mostUnderWay as {@link #underWay} says
   */
  Lane(
      Pieces pieces,
      SshConnection connection,
      Sftp sftp,
      Handle file,
      boolean closesFile,
      int mostUnderWay,
      Duration stall) {
    this.pieces = pieces;
    this.connection = connection;
    this.sftp = sftp;
    this.file = file;
    this.closesFile = closesFile;
    this.mostUnderWay = mostUnderWay;
    this.stall = stall;
    this.channel = sftp.getClientChannel();
    this.session = channel.getSession();
    this.window = channel.getRemoteWindow();
    this.packet =
        session.createBuffer(
            SshConstants.SSH_MSG_CHANNEL_DATA, (int) window.getPacketSize() + Long.SIZE);
  }

  /** From now on the lane knows when the connection ends. */
  void watch() {
    channel.addCloseFutureListener(
        closed -> pieces.failed(this, new Lost(connection, new IOException("it was closed"))));
  }

  /** Lets a thread do what else {@link #sendAll} does. */
  void start() {
    started = true;
    thread.start();
  }

  boolean isStarted() {
    return started;
  }

  /** Sends what there is and waits for nothing but room; {@link Pieces} learns what goes wrong. */
  void sendAll() throws IOException {
    try {
      for (Optional<Piece> piece = pieces.poll(this);
          piece.isPresent();
          piece = pieces.poll(this)) {
        write(piece.get());
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private void fail(Exception e) {
    pieces.failed(
        this,
        switch (e) {
          case SftpWriter.Stalled stalled -> stalled;
          case CopySource.Lost lost -> lost;
          default -> new Lost(connection, e);
        });
  }

  private void run() {
    try {
      for (Optional<Piece> piece = pieces.next(this);
          piece.isPresent();
          piece = pieces.next(this)) {
        write(piece.get());
      }
      if (closesFile && !stopped) {
        active = System.nanoTime();
        closing = true;
        sftp.close(file);
      }
      pieces.ended(this);
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (InterruptedException e) {
      pieces.ended(this);
    }
  }

  boolean isStopped() {
    return stopped;
  }

  void stop() {
    stopped = true;
  }

  /**
   * Waits until a message that is being sent is complete, or cuts it off after {@code limit}, and
   * the channel with it.
   */
  void awaitStop(Duration limit) throws InterruptedException {
    if (started && !thread.join(limit)) {
      thread.interrupt();
    }
  }

  /**
   * How many requests under way keep a line busy.
   *
   * @param roundTrip how long the server takes to answer a small request
   */
  static int underWay(Duration roundTrip) {
    return (int) Math.min(LEAST_UNDER_WAY + roundTrip.dividedBy(ROUND_TRIP_EACH), MOST_UNDER_WAY);
  }

  boolean hasRoom() {
    return underWay < mostUnderWay;
  }

  /** Something more is under way. */
  void begin() {
    if (underWay++ == 0) {
      active = System.nanoTime();
    }
  }

  /** Something that was under way is done. */
  void end() {
    underWay--;
    active = System.nanoTime();
  }

  /**
   * Whether the server was to do something and did nothing for so long. One that takes data is not
   * stalled, be the line so slow that no request is complete.
   */
  boolean isStalled(Duration limit) {
    long size = window.getSize();
    if (size > windowSeen) {
      active = System.nanoTime();
    }
    windowSeen = size;
    return !stopped && (underWay > 0 || closing) && System.nanoTime() - active > limit.toNanos();
  }

  private void write(Piece piece) throws IOException {
    Piece.Copied copied = piece.copied();
    if (copied != null && copied.program() != null) {
      copy(piece, copied, copied.program());
      return;
    }
    Handle source = copied == null ? null : source(copied.source());
    int id = sftp.expectWritten(status -> written(piece, status));
    byte[] header =
        copied == null || source == null
            ? header(id, piece)
            : copyRequest(id, piece, source, copied);
    ReentrantLock sending = sftp.sending();
    sending.lock();
    try {
      sendWhole(header, piece);
    } finally {
      sending.unlock();
    }
  }

  /** By a program on the server, which takes the request over a channel of its own. */
  private void copy(Piece piece, Piece.Copied range, StoreProgram program) {
    program.copy(
        range.from(),
        range.length(),
        piece.offset(),
        () -> pieces.confirmed(this, piece),
        problem -> pieces.failed(this, problem));
  }

  /** Open over this connection. The server closes it when that ends. */
  private Handle source(CopySource source) throws IOException {
    Handle open = sources.get(source);
    if (open == null) {
      open = source.open(sftp);
      sources.put(source, open);
    }
    return open;
  }

  /**
   * What is cut off in the middle can't be followed by anything: the server would take the next
   * request for the rest of this one. Then the channel is closed.
   */
  private void sendWhole(byte[] header, Piece piece) throws IOException {
    try {
      send(header, piece);
    } catch (IOException | RuntimeException e) {
      // First, as closing the channel says less.
      fail(e);
      channel.close(true);
      throw e;
    }
  }

  private void written(Piece piece, SftpStatus status) {
    if (status.isOk()) {
      pieces.confirmed(this, piece);
    } else if (piece.copied() != null) {
      // Whatever it is: if it is the disk that is full, sending everything will show that.
      pieces.failed(this, new CopySource.Lost("the server did not copy from it"));
    } else {
      pieces.failed(
          this,
          new SftpWriter.WriteRefused(
              piece.offset(), new SftpException(status.getStatusCode(), status.getMessage())));
    }
  }

  private byte[] header(int id, Piece piece) {
    byte[] handle = file.getIdentifier();
    int afterLength =
        1 + Integer.BYTES + Integer.BYTES + handle.length + Long.BYTES + Integer.BYTES;
    return ByteBuffer.allocate(Integer.BYTES + afterLength)
        .putInt(afterLength + (int) piece.length())
        .put((byte) SftpConstants.SSH_FXP_WRITE)
        .putInt(id)
        .putInt(handle.length)
        .put(handle)
        .putLong(piece.offset())
        .putInt((int) piece.length())
        .array();
  }

  /** Of the extension copy-data, which OpenSSH has since 9.0. */
  private byte[] copyRequest(int id, Piece piece, Handle source, Piece.Copied range) {
    byte[] name = Sftp.COPY_DATA.getBytes(StandardCharsets.US_ASCII);
    byte[] read = source.getIdentifier();
    byte[] write = file.getIdentifier();
    int afterLength =
        1 + 4 * Integer.BYTES + name.length + read.length + write.length + 3 * Long.BYTES;
    return ByteBuffer.allocate(Integer.BYTES + afterLength)
        .putInt(afterLength)
        .put((byte) SftpConstants.SSH_FXP_EXTENDED)
        .putInt(id)
        .putInt(name.length)
        .put(name)
        .putInt(read.length)
        .put(read)
        .putLong(range.from())
        .putLong(range.length())
        .putInt(write.length)
        .put(write)
        .putLong(piece.offset())
        .array();
  }

  private void send(byte[] header, Piece piece) throws IOException {
    int length = piece.bytes().length == 0 ? 0 : (int) piece.length();
    int total = header.length + length;
    for (int done = 0; done < total; ) {
      int count = (int) Math.min(total - done, Math.min(window.getPacketSize(), space()));
      window.consume(count);
      session.prepareBuffer(SshConstants.SSH_MSG_CHANNEL_DATA, packet);
      packet.putUInt(channel.getRecipient());
      packet.putUInt(count);
      int fromHeader = Math.clamp(header.length - done, 0, count);
      packet.putRawBytes(header, Math.min(done, header.length), fromHeader);
      packet.putRawBytes(piece.bytes(), Math.max(done - header.length, 0), count - fromHeader);
      IoWriteFuture written = channel.writePacket(packet);
      // Not so during a key exchange, which a server may begin and not end.
      if (!written.await(stall)) {
        throw new SftpWriter.Stalled(stall);
      }
      written.verify(stall);
      active = System.nanoTime();
      done += count;
    }
  }

  private long space() throws IOException {
    try {
      return window.waitForSpace(stall);
    } catch (SocketTimeoutException e) {
      SftpWriter.Stalled stalled = new SftpWriter.Stalled(stall);
      stalled.addSuppressed(e);
      throw stalled;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
