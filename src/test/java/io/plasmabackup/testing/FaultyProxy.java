package io.plasmabackup.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A line to a port of this machine that breaks when it is told to. What it does to the connections
 * that there are it doesn't do to those that are made afterwards.
 */
public final class FaultyProxy implements AutoCloseable {

  private static final int BUFFER = 16 * 1024;

  private final ServerSocket listener;
  private final int target;
  private final Set<Line> lines = ConcurrentHashMap.newKeySet();
  private final NavigableMap<Long, Fault> faults = new ConcurrentSkipListMap<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile long bytesPerSecond = Long.MAX_VALUE;
  private volatile long holdAt = Long.MAX_VALUE;
  private volatile boolean holding;

  /** How a line can break. */
  public enum Fault {
    /** Both ends are told at once. */
    RESET,
    /** Nothing comes through any more, and nobody is told. */
    SILENCE,
    /** The client is told that nothing more will come; the server isn't. */
    CLIENT_HALF_CLOSED,
    /** The server is told that nothing more will come; the client isn't. */
    SERVER_HALF_CLOSED
  }

  private FaultyProxy(ServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
  }

  /** A line to {@code port} on 127.0.0.1. */
  public static FaultyProxy to(int port) {
    try {
      FaultyProxy proxy =
          new FaultyProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
      Thread.ofPlatform().daemon().name("proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Bytes that came through to the server, over all connections. */
  public long sent() {
    return sent.get();
  }

  /** Breaks when so many bytes have come through to the server. */
  public void breakAt(long bytes, Fault fault) {
    faults.put(bytes, fault);
  }

  /** Breaks now. */
  public void breakNow(Fault fault) {
    lines.forEach(line -> line.suffer(fault));
  }

  /** From now on lets no more than this through to the server. */
  public void slowDown(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /**
   * Lets so many more bytes through to the server, and then nothing until it is told to {@linkplain
   * #goOn go on}. The connections stay, and what the server says comes through.
   */
  public void holdAfter(long bytes) {
    holding = false;
    holdAt = sent() + bytes;
  }

  /** Whether it has come to the point where it holds everything back. */
  public boolean isHolding() {
    return holding;
  }

  /** Lets everything through again. */
  public void goOn() {
    holdAt = Long.MAX_VALUE;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Line line = new Line(listener.accept(), new Socket());
        lines.add(line);
        line.start();
      } catch (IOException closed) {
        // The client finds out.
      }
    }
  }

  private final class Line {

    private final Socket client;
    private final Socket server;
    private volatile boolean silent;

    Line(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void start() throws IOException {
      try {
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        // Else each small answer waits for the one before it to be acknowledged.
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
      } catch (IOException failed) {
        client.close();
        throw failed;
      }
      Thread.ofPlatform().daemon().name("proxy-up").start(() -> pump(client, server, true));
      Thread.ofPlatform().daemon().name("proxy-down").start(() -> pump(server, client, false));
    }

    private void pump(Socket from, Socket to, boolean counted) {
      byte[] buffer = new byte[BUFFER];
      try (InputStream in = from.getInputStream();
          OutputStream out = to.getOutputStream()) {
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          if (silent) {
            awaitEnd();
            return;
          }
          out.write(buffer, 0, count);
          if (counted) {
            count(count);
          }
        }
        to.shutdownOutput();
      } catch (IOException broken) {
        // Both ends find out.
      }
    }

    private void count(int count) {
      long before = sent.getAndAdd(count);
      NavigableMap<Long, Fault> due = faults.headMap(before + count, true);
      due.values().forEach(this::suffer);
      due.clear();
      if (bytesPerSecond != Long.MAX_VALUE) {
        sleep(count * 1000L / bytesPerSecond);
      }
      while (sent.get() >= holdAt) {
        holding = true;
        sleep(10);
      }
    }

    private void awaitEnd() {
      while (!client.isClosed()) {
        sleep(10);
      }
    }

    void suffer(Fault fault) {
      try {
        switch (fault) {
          case SILENCE -> silent = true;
          case CLIENT_HALF_CLOSED -> client.shutdownOutput();
          case SERVER_HALF_CLOSED -> server.shutdownOutput();
          case RESET -> {
            client.setSoLinger(true, 0);
            server.setSoLinger(true, 0);
            client.close();
            server.close();
            lines.remove(this);
          }
        }
      } catch (IOException alreadyBroken) {
        // As wanted.
      }
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    goOn();
    breakNow(Fault.RESET);
  }
}
