package io.plasmabackup.store.ssh;

import io.plasmabackup.store.CommandResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;

/** Runs one command line on the server. */
final class RemoteProgram {

  private static final int MOST_OUTPUT = 64 * 1024;

  private RemoteProgram() {}

  /**
   * Waits for it to end.
   *
   * @return empty if the server refuses to run anything
   * @throws TooLong if it didn't end within {@code limit}
   * @throws IOException if the connection was lost
   */
  static Optional<CommandResult> run(ClientSession session, String command, Duration limit)
      throws IOException {
    Bounded output = new Bounded();
    Bounded errors = new Bounded();
    try (ChannelExec channel = channel(session, command)) {
      channel.setIn(InputStream.nullInputStream());
      channel.setOut(output);
      channel.setErr(errors);
      try {
        channel.open().verify(PlasmaSshClient.CHANNEL_OPEN);
      } catch (SshChannelOpenException refused) {
        // For example MaxSessions 1: the one that there may be is SFTP's.
        return Optional.empty();
      }
      if (!Closings.await(channel, limit)) {
        throw new TooLong(limit);
      }
      Integer status = channel.getExitStatus();
      if (status != null) {
        return Optional.of(new CommandResult(status & 0xff, output.text(), errors.text()));
      }
      if (!session.isOpen()) {
        throw new IOException("the connection was lost");
      }
      return channel.getExitSignal() == null
          ? Optional.empty()
          : Optional.of(
              new CommandResult(
                  255,
                  output.text(),
                  errors.text() + "ended by signal " + channel.getExitSignal()));
    }
  }

  private static ChannelExec channel(ClientSession session, String command) throws IOException {
    try {
      return session.createExecChannel(command);
    } catch (IllegalStateException e) {
      throw Closings.lost(e);
    }
  }

  /** It runs on, on a server that answers. */
  static final class TooLong extends IOException {

    private static final long serialVersionUID = 1;

    TooLong(Duration limit) {
      super("the command did not end within " + limit.toMinutes() + " min");
    }
  }

  /** Keeps the first bytes and forgets the rest. */
  private static final class Bounded extends OutputStream {

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int b) {
      if (kept.size() < MOST_OUTPUT) {
        kept.write(b);
      }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      kept.write(bytes, offset, Math.min(length, MOST_OUTPUT - kept.size()));
    }

    synchronized String text() {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
