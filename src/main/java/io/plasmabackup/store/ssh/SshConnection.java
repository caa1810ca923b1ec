package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ByteChannel;
import java.nio.channels.SocketChannel;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.apache.sshd.client.channel.ChannelDirectTcpip;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.ClientSession.ClientSessionEvent;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.util.net.SshdSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A login on a server, through others where the configuration says so. Owns the connections of the
 * whole way.
 */
final class SshConnection implements AutoCloseable {

  /** How long a login may take once the server is known to be the right one. */
  private static final Duration LOGIN = Duration.ofMinutes(2);

  private static final Duration MOMENT = Duration.ofSeconds(1);

  private final HostSettings host;
  private final Optional<SshConnection> through;
  private final PlasmaSshClient client;
  private final StreamTransport transport;
  private final ClientSession session;
  private final Trouble trouble;

  private SshConnection(
      HostSettings host,
      Optional<SshConnection> through,
      PlasmaSshClient client,
      StreamTransport transport,
      ClientSession session,
      Trouble trouble) {
    this.host = host;
    this.through = through;
    this.client = client;
    this.transport = transport;
    this.session = session;
    this.trouble = trouble;
  }

  /**
   * Connects and logs in.
   *
   * @throws HostKeyRefused if it isn't known to be the right one
   * @throws LoginRefused if it takes none of the keys
   * @throws Failure otherwise with {@link ExitCode#CONNECTION}, or {@link ExitCode#CONFIGURATION}
   *     where the ssh configuration can't be used
   */
  static SshConnection open(SshTarget target, SshEnvironment environment) throws Failure {
    Optional<SshConnection> connection = Optional.empty();
    try {
      for (HostSettings host : new SshConfig(environment).route(target)) {
        connection = Optional.of(open(host, connection, environment));
      }
      return connection.orElseThrow();
    } catch (Failure | RuntimeException e) {
      connection.ifPresent(SshConnection::close);
      throw e;
    }
  }

  private static SshConnection open(
      HostSettings host, Optional<SshConnection> through, SshEnvironment environment)
      throws Failure {
    KnownHosts known = KnownHosts.load(host, through.isEmpty());
    Trouble trouble = new Trouble();
    try (Identities identities = Identities.load(host)) {
      PlasmaSshClient client = new PlasmaSshClient(host, known, identities, trouble, environment);
      try {
        ByteChannel wire =
            through.isEmpty() ? connect(host, environment) : through.get().forward(host);
        StreamTransport transport =
            transport(
                wire,
                host,
                environment,
                // What goes through another server goes over the connection to that one.
                through.isEmpty() ? environment.bandwidth() : Bandwidth.UNLIMITED);
        SshConnection connection =
            new SshConnection(
                host, through, client, transport, startSession(client, transport, wire), trouble);
        connection.logIn(identities, environment);
        return connection;
      } catch (IOException e) {
        client.stop();
        throw cannotConnect(host, reason(e), e);
      } catch (Failure | RuntimeException e) {
        client.stop();
        throw e;
      }
    }
  }

  private static StreamTransport transport(
      ByteChannel wire, HostSettings host, SshEnvironment environment, Bandwidth bandwidth) {
    return new StreamTransport(
        wire,
        localAddress(wire),
        InetSocketAddress.createUnresolved(host.hostName(), host.port()),
        environment.stall(),
        bandwidth);
  }

  private static ClientSession startSession(
      PlasmaSshClient client, StreamTransport transport, ByteChannel wire) throws IOException {
    try {
      return client.connect(transport);
    } catch (IOException | RuntimeException e) {
      wire.close();
      throw e;
    }
  }

  private static SocketAddress localAddress(ByteChannel wire) {
    return wire instanceof SocketChannel socket
        ? socket.socket().getLocalSocketAddress()
        : InetSocketAddress.createUnresolved("localhost", 0);
  }

  /** Tries the host's addresses in turn, as {@code ssh} does. */
  private static SocketChannel connect(HostSettings host, SshEnvironment environment)
      throws Failure {
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host.hostName());
    } catch (UnknownHostException e) {
      throw new Failure(
          ExitCode.CONNECTION,
          "cannot find the address of the storage server "
              + FileNames.shown(host.hostName())
              + ": check the name, and this machine's DNS",
          e);
    }
    IOException last = new UnknownHostException(host.hostName());
    for (InetAddress address : addresses) {
      try {
        return connect(new InetSocketAddress(address, host.port()), environment);
      } catch (IOException e) {
        last = e;
      }
    }
    String why =
        switch (last) {
          case SocketTimeoutException _ ->
              "no answer within "
                  + environment.connectTimeout().toSeconds()
                  + " s: is it up, and does a firewall drop the port?";
          case ConnectException e when String.valueOf(e.getMessage()).contains("refused") ->
              "connection refused: does sshd listen on that port?";
          default -> reason(last);
        };
    throw cannotConnect(host, why, last);
  }

  private static SocketChannel connect(InetSocketAddress address, SshEnvironment environment)
      throws IOException {
    SocketChannel socket = SocketChannel.open();
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      socket.socket().connect(address, Math.toIntExact(environment.connectTimeout().toMillis()));
      return socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** A connection from this server to {@code next}. */
  private ByteChannel forward(HostSettings next) throws Failure {
    ChannelDirectTcpip channel =
        new ChannelDirectTcpip(
            new SshdSocketAddress("127.0.0.1", 0),
            new SshdSocketAddress(next.hostName(), next.port()));
    try {
      session.getService(ConnectionService.class).registerChannel(channel);
      channel.open().verify(PlasmaSshClient.CHANNEL_OPEN);
      return new JumpChannel(channel);
    } catch (IOException | IllegalStateException e) {
      channel.close(true);
      throw new Failure(
          ExitCode.CONNECTION,
          "cannot connect to "
              + FileNames.shown(next.endpoint())
              + " through "
              + FileNames.shown(host.account())
              + ": "
              + reason(e),
          e);
    }
  }

  private void logIn(Identities identities, SshEnvironment environment)
      throws Failure, IOException {
    var events =
        session.waitFor(
            EnumSet.of(ClientSessionEvent.WAIT_AUTH, ClientSessionEvent.CLOSED),
            environment.connectTimeout());
    trouble.throwHostKeyFailure();
    if (events.contains(ClientSessionEvent.TIMEOUT)) {
      throw cannotConnect(
          host,
          "it accepts connections but does not speak SSH within "
              + environment.connectTimeout().toSeconds()
              + " s",
          null);
    }
    if (events.contains(ClientSessionEvent.CLOSED)) {
      throw cannotConnect(host, why(), trouble.cause());
    }
    try {
      session.auth().verify(LOGIN);
      transport.expectAnswers();
    } catch (IOException e) {
      trouble.throwHostKeyFailure();
      throw refused(identities, e);
    }
  }

  private Failure refused(Identities identities, IOException e) {
    String offered =
        trouble.offered().isEmpty()
            ? "no key could be offered"
            : "offered were " + String.join(", ", trouble.offered());
    String unusable =
        identities.unusable().isEmpty() ? "" : "; not usable: " + identities.unusable();
    String why = reason(e);
    String detail = why.contains("No more authentication methods") ? "" : " (" + why + ")";
    return new LoginRefused(
        FileNames.shown(host.endpoint())
            + " refuses the login as "
            + FileNames.shown(host.user())
            + detail
            + ": "
            + offered
            + unusable
            + ". The public key must stand in that account's ~/.ssh/authorized_keys there: "
            + "ssh-copy-id "
            + (host.port() == 22 ? "" : "-p " + host.port() + " ")
            + ShellCommand.quote(host.user() + "@" + host.hostName()),
        e);
  }

  private static Failure cannotConnect(HostSettings host, String why, @Nullable Throwable cause) {
    String message =
        "cannot connect to the storage server " + FileNames.shown(host.endpoint()) + ": " + why;
    return cause == null
        ? new Failure(ExitCode.CONNECTION, message)
        : new Failure(ExitCode.CONNECTION, message, cause);
  }

  /** The session; open until the connection is lost or closed. */
  ClientSession session() {
    return session;
  }

  HostSettings host() {
    return host;
  }

  /** The key by which the server was recognised, for people. */
  String hostKey() {
    return KnownHosts.describe(session.getServerKey());
  }

  /** The key that the server took, for people; empty if it wanted none. */
  Optional<String> loginKey() {
    List<String> offered = trouble.offered();
    return offered.isEmpty() ? Optional.empty() : Optional.of(offered.getLast());
  }

  boolean isLost() {
    return !session.isOpen();
  }

  /** Why the connection ended, in a few words. */
  String why() {
    Throwable cause = trouble.cause();
    return cause != null
        ? reason(cause)
        : through
            .filter(SshConnection::isLost)
            .map(SshConnection::why)
            .orElse("the server hung up");
  }

  /** Waits a moment for the session's own thread to tell {@link #why}, if it is about to end. */
  void awaitEnd() throws InterruptedIOException {
    Closings.await(session, MOMENT);
  }

  /** A cause's own words on one line. */
  static String reason(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return FileNames.shown(
        message == null || message.isBlank() ? root.getClass().getSimpleName() : message);
  }

  @Override
  public void close() {
    client.stop();
    through.ifPresent(SshConnection::close);
  }

  /** What went wrong in the session's own thread, to be told where the session is waited for. */
  static final class Trouble implements SessionListener {

    private volatile @Nullable Failure hostKey;
    private volatile @Nullable Throwable cause;
    private final List<String> offered = new ArrayList<>();

    synchronized void hostKey(Failure failure) {
      hostKey = failure;
    }

    void throwHostKeyFailure() throws Failure {
      Failure failure = hostKey;
      if (failure != null) {
        throw failure;
      }
    }

    synchronized void offered(PublicKey key) {
      String name = KnownHosts.describe(key);
      if (!offered.contains(name)) {
        offered.add(name);
      }
    }

    synchronized List<String> offered() {
      return List.copyOf(offered);
    }

    @Nullable Throwable cause() {
      return cause;
    }

    @Override
    public synchronized void sessionException(Session session, Throwable t) {
      if (cause == null) {
        cause = t;
      }
    }

    @Override
    public synchronized void sessionDisconnect(
        Session session, int reason, String message, String language, boolean initiator) {
      if (cause == null) {
        cause = new IOException(initiator ? message : "the server says: " + message);
      }
    }
  }
}
