package io.plasmabackup.store.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import org.apache.sshd.client.channel.ChannelDirectTcpip;

/** A connection to the next server, made by the one before it. Buffers must have an array. */
final class JumpChannel implements ByteChannel {

  private final ChannelDirectTcpip channel;
  private final InputStream in;
  private final OutputStream out;

  /** Takes over an open channel. */
  JumpChannel(ChannelDirectTcpip channel) {
    this.channel = channel;
    this.in = channel.getInvertedOut();
    this.out = channel.getInvertedIn();
  }

  @Override
  public int read(ByteBuffer buffer) throws IOException {
    int count =
        in.read(buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining());
    if (count > 0) {
      buffer.position(buffer.position() + count);
    }
    return count;
  }

  @Override
  public int write(ByteBuffer buffer) throws IOException {
    int count = buffer.remaining();
    out.write(buffer.array(), buffer.arrayOffset() + buffer.position(), count);
    out.flush();
    buffer.position(buffer.limit());
    return count;
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() {
    channel.close(true);
  }
}
