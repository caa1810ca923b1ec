package io.plasmabackup.store.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.sshd.agent.common.AbstractAgentProxy;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * Talks to a running ssh-agent through its socket, and offers those of its keys that it was told to
 * offer. Owns the socket.
 */
final class AgentClient extends AbstractAgentProxy {

  /** What OpenSSH's agent accepts and sends at most. */
  private static final int LARGEST_MESSAGE = 256 * 1024;

  private final SocketChannel socket;
  private List<Map.Entry<PublicKey, String>> offered = List.of();

  private AgentClient(SocketChannel socket) {
    super(null);
    this.socket = socket;
  }

  static AgentClient connect(Path path) throws IOException {
    SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      socket.connect(UnixDomainSocketAddress.of(path));
      return new AgentClient(socket);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** All keys that the agent holds, with their comments. */
  List<Map.Entry<PublicKey, String>> held() throws IOException {
    try {
      List<Map.Entry<PublicKey, String>> held = new ArrayList<>();
      for (Map.Entry<PublicKey, String> identity : super.getIdentities()) {
        held.add(identity);
      }
      return held;
    } catch (RuntimeException malformed) {
      throw new IOException("it answers nonsense", malformed);
    }
  }

  /** From now on only these keys are offered, in this order. */
  void offer(List<Map.Entry<PublicKey, String>> keys) {
    offered = List.copyOf(keys);
  }

  @Override
  public Iterable<Map.Entry<PublicKey, String>> getIdentities() {
    return offered;
  }

  @Override
  protected synchronized Buffer request(Buffer request) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(request.array(), request.rpos(), request.available());
    while (out.hasRemaining()) {
      socket.write(out);
    }
    int length = read(Integer.BYTES).getInt();
    if (length < 1 || length > LARGEST_MESSAGE) {
      throw new IOException("it announces a message of " + length + " bytes");
    }
    return new ByteArrayBuffer(read(length).array());
  }

  private ByteBuffer read(int length) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(length);
    while (in.hasRemaining()) {
      if (socket.read(in) < 0) {
        throw new EOFException("it hung up");
      }
    }
    return in.flip();
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
