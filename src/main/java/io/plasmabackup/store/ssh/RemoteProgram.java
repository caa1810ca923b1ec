package io.plasmabackup.store.ssh;

import io.plasmabackup.store.CommandResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
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
   * @throws IOException if the connection was lost, or it didn't end within {@code limit}
   */
  static Optional<CommandResult> run(ClientSession session, String command, Duration limit)
      throws IOException {
    Bounded output = new Bounded();
    Bounded errors = new Bounded();
    try (ChannelExec channel = session.createExecChannel(command)) {
      channel.setIn(InputStream.nullInputStream());
      channel.setOut(output);
      channel.setErr(errors);
      try {
        channel.open().verify(PlasmaSshClient.CHANNEL_OPEN);
      } catch (SshChannelOpenException refused) {
        // For example MaxSessions 1: the one that there may be is SFTP's.
        return Optional.empty();
      }
      Set<ClientChannelEvent> events =
          channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), limit);
      if (events.contains(ClientChannelEvent.TIMEOUT)) {
        throw new IOException("the command did not end within " + limit.toMinutes() + " min");
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
