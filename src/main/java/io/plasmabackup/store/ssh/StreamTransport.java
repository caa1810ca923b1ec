package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.Factory;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.io.AbstractIoWriteFuture;
import org.apache.sshd.common.io.DefaultIoConnectFuture;
import org.apache.sshd.common.io.IoAcceptor;
import org.apache.sshd.common.io.IoConnectFuture;
import org.apache.sshd.common.io.IoConnector;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoService;
import org.apache.sshd.common.io.IoServiceEventListener;
import org.apache.sshd.common.io.IoServiceEventListenerManager;
import org.apache.sshd.common.io.IoServiceFactory;
import org.apache.sshd.common.io.IoServiceFactoryFactory;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.IoWriteFuture;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.apache.sshd.common.util.threads.CloseableExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Lets one SSH session run over one connection that is made already: a blocking socket, or a
 * channel through another server. Whoever writes a packet writes it to the connection itself, and
 * one thread reads; that takes half the processor time of the asynchronous transport, whose every
 * packet changes threads. Owns the connection.
 *
 * <p>A peer that takes no bytes for {@code stall} is given up: a blocked write has no other limit.
 * So is one that sends none for as long, once it {@linkplain #expectAnswers is asked to}.
 */
final class StreamTransport implements IoServiceFactoryFactory {

  private static final AtomicLong IDS = new AtomicLong();
  private static final int READ_BUFFER = 64 * 1024;

  private final ByteChannel connection;
  private final SocketAddress local;
  private final SocketAddress remote;
  private final Duration stall;
  private final Bandwidth bandwidth;
  private volatile boolean answersExpected;

  StreamTransport(
      ByteChannel connection,
      SocketAddress local,
      SocketAddress remote,
      Duration stall,
      Bandwidth bandwidth) {
    this.connection = connection;
    this.local = local;
    this.remote = remote;
    this.stall = stall;
    this.bandwidth = bandwidth;
  }

  /** From now on the peer is asked again and again whether it is there. */
  void expectAnswers() {
    answersExpected = true;
  }

  @Override
  public IoServiceFactory create(FactoryManager manager) {
    return new Services();
  }

  @Override
  public void setExecutorServiceFactory(Factory<CloseableExecutorService> factory) {
    // Needs no executor.
  }

  /** Makes the one connector. */
  private final class Services extends Service implements IoServiceFactory {

    @Override
    public IoConnector createConnector(IoHandler handler) {
      return new Connector(handler);
    }

    @Override
    public IoAcceptor createAcceptor(IoHandler handler) {
      throw new UnsupportedOperationException("this is a client");
    }
  }

  /** What the library asks of everything that provides input and output. */
  private abstract static class Service extends AbstractCloseable
      implements IoServiceEventListenerManager {

    private @Nullable IoServiceEventListener listener;

    @Override
    public @Nullable IoServiceEventListener getIoServiceEventListener() {
      return listener;
    }

    @Override
    public void setIoServiceEventListener(@Nullable IoServiceEventListener listener) {
      this.listener = listener;
    }
  }

  /** "Connects" to what is connected already. */
  private final class Connector extends Service implements IoConnector {

    private final IoHandler handler;
    private final Map<Long, IoSession> sessions = new ConcurrentHashMap<>();

    Connector(IoHandler handler) {
      this.handler = handler;
    }

    @Override
    public Map<Long, IoSession> getManagedSessions() {
      return sessions;
    }

    @Override
    public IoConnectFuture connect(
        SocketAddress address,
        @Nullable AttributeRepository context,
        @Nullable SocketAddress localAddress) {
      IoConnectFuture future = new DefaultIoConnectFuture(address, null);
      StreamSession session = new StreamSession(this);
      try {
        handler.sessionCreated(session);
        sessions.put(session.getId(), session);
        future.setSession(session);
        session.start();
      } catch (Exception e) {
        session.close(true);
        future.setException(e);
      }
      return future;
    }

    @Override
    protected void doCloseImmediately() {
      sessions.values().forEach(session -> session.close(true));
      super.doCloseImmediately();
    }

    void closed(StreamSession session) {
      sessions.remove(session.getId());
    }
  }

  /** The connection as the library sees it. */
  private final class StreamSession extends AbstractCloseable implements IoSession {

    private static final long IDLE = Long.MIN_VALUE;

    private final long id = IDS.incrementAndGet();
    private final Connector connector;
    private final Map<Object, Object> attributes = new ConcurrentHashMap<>();
    private final Object writeLock = new Object();
    private final Object readLock = new Object();
    private volatile long writingSince = IDLE;
    private volatile long heard = System.nanoTime();
    private volatile @Nullable IOException failure;
    private boolean suspended;

    StreamSession(Connector connector) {
      this.connector = connector;
    }

    void start() {
      Thread.ofPlatform().daemon().name("ssh-reader-" + id).start(this::read);
      Thread.ofVirtual().name("ssh-watchdog-" + id).start(this::watch);
    }

    private void read() {
      byte[] bytes = new byte[READ_BUFFER];
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      try {
        while (connection.read(buffer.clear()) >= 0) {
          heard = System.nanoTime();
          connector.handler.messageReceived(this, Readable.readable(buffer.flip()));
          awaitResume();
        }
      } catch (Throwable e) {
        IOException first = failure;
        fail(first != null ? first : e);
      }
      close(true);
    }

    private void fail(Throwable cause) {
      if (isClosing()) {
        return;
      }
      try {
        connector.handler.exceptionCaught(this, cause);
      } catch (Exception e) {
        cause.addSuppressed(e);
      }
    }

    private void watch() {
      Duration step = stall.dividedBy(8);
      boolean expected = false;
      try {
        while (!isClosing()) {
          Thread.sleep(step);
          if (answersExpected && !expected) {
            heard = System.nanoTime();
            expected = true;
          }
          long since = writingSince;
          if (since != IDLE && isTooLong(since)) {
            giveUp("it took no data for ");
            return;
          }
          if (expected && isTooLong(heard)) {
            giveUp("nothing was heard of it for ");
            return;
          }
        }
      } catch (IOException | InterruptedException e) {
        fail(e);
      }
    }

    private boolean isTooLong(long since) {
      return System.nanoTime() - since > stall.toNanos();
    }

    private void giveUp(String why) throws IOException {
      if (failure == null) {
        failure = new IOException(why + Durations.shown(stall));
      }
      connection.close();
    }

    @Override
    public IoWriteFuture writeBuffer(Buffer buffer) {
      ByteBuffer bytes = ByteBuffer.wrap(buffer.array(), buffer.rpos(), buffer.available());
      synchronized (writeLock) {
        try {
          bandwidth.await(bytes.remaining());
          while (bytes.hasRemaining()) {
            writingSince = System.nanoTime();
            connection.write(bytes);
          }
          return AbstractIoWriteFuture.fulfilled(this, true);
        } catch (IOException e) {
          return failed(e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return failed(new InterruptedIOException("interrupted while it waited to send"));
        } finally {
          writingSince = IDLE;
        }
      }
    }

    /**
     * Leaves it to the reading thread to end the session, which holds none of the caller's locks.
     */
    private IoWriteFuture failed(IOException e) {
      IOException first = failure;
      if (first == null) {
        failure = e;
        first = e;
      }
      try {
        connection.close();
      } catch (IOException again) {
        first.addSuppressed(again);
      }
      return AbstractIoWriteFuture.fulfilled(this, first);
    }

    @Override
    public void suspendRead() {
      synchronized (readLock) {
        suspended = true;
      }
    }

    @Override
    public void resumeRead() {
      synchronized (readLock) {
        suspended = false;
        readLock.notifyAll();
      }
    }

    private void awaitResume() throws InterruptedException {
      synchronized (readLock) {
        while (suspended && !isClosing()) {
          readLock.wait();
        }
      }
    }

    @Override
    protected void doCloseImmediately() {
      try {
        connection.close();
      } catch (IOException e) {
        log.debug("closing", e);
      }
      resumeRead();
      connector.closed(this);
      super.doCloseImmediately();
      try {
        connector.handler.sessionClosed(this);
      } catch (Exception e) {
        log.debug("closing", e);
      }
    }

    @Override
    public void shutdownOutputStream() {
      // Half-closed connections are for forwarded ports only.
    }

    @Override
    public long getId() {
      return id;
    }

    @Override
    public SocketAddress getLocalAddress() {
      return local;
    }

    @Override
    public SocketAddress getRemoteAddress() {
      return remote;
    }

    @Override
    public SocketAddress getAcceptanceAddress() {
      return remote;
    }

    @Override
    public IoService getService() {
      return connector;
    }

    @Override
    public @Nullable Object getAttribute(Object key) {
      return attributes.get(key);
    }

    @Override
    public @Nullable Object setAttribute(Object key, Object value) {
      return attributes.put(key, value);
    }

    @Override
    public @Nullable Object setAttributeIfAbsent(Object key, Object value) {
      return attributes.putIfAbsent(key, value);
    }

    @Override
    public @Nullable Object removeAttribute(Object key) {
      return attributes.remove(key);
    }
  }
}
