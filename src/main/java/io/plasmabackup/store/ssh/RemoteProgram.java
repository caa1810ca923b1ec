package io.plasmabackup.store.ssh;

import io.plasmabackup.store.CommandResult;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.future.OpenFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.channel.exception.SshChannelOpenException;
import org.jspecify.annotations.Nullable;

/** One command line on the server. To be closed, which ends its input and forgets it. */
final class RemoteProgram implements AutoCloseable {

  private static final int MOST_OUTPUT = 64 * 1024;

  private final ClientSession session;
  private final Bounded output = new Bounded();
  private final Bounded errors = new Bounded();
  private final ChannelExec channel;
  private final OpenFuture opening;

  /**
   * @param out gets what it writes to standard output; null: that is kept
   */
  private RemoteProgram(ClientSession session, String command, @Nullable OutputStream out)
      throws IOException {
    this.session = session;
    try {
      channel = session.createExecChannel(command);
      channel.setOut(out == null ? output : out);
      channel.setErr(errors);
      opening = channel.open();
    } catch (IllegalStateException e) {
      throw Closings.lost(e);
    }
  }

  /**
   * Asks for it, and doesn't wait for an answer.
   *
   * @throws IOException if the connection was lost
   */
  static RemoteProgram start(ClientSession session, String command) throws IOException {
    return new RemoteProgram(session, command, null);
  }

  /**
   * Likewise, of one whose output is wanted while it runs.
   *
   * @param out written to by the thread that reads from the connection
   */
  static RemoteProgram start(ClientSession session, String command, OutputStream out)
      throws IOException {
    return new RemoteProgram(session, command, out);
  }

  /**
   * Runs it without any input and waits for it to end.
   *
   * @return empty if the server refuses to run anything
   * @throws TooLong if it didn't end within {@code limit}
   * @throws IOException if the connection was lost
   */
  static Optional<CommandResult> run(ClientSession session, String command, Duration limit)
      throws IOException {
    try (RemoteProgram program = start(session, command)) {
      return program.isAccepted() ? program.end(limit) : Optional.empty();
    }
  }

  /** Waits for the server's answer: false if it refuses to run anything. */
  private boolean isAccepted() throws IOException {
    try {
      opening.verify(PlasmaSshClient.CHANNEL_OPEN);
      return true;
    } catch (SshChannelOpenException refused) {
      // For example MaxSessions 1: the one that there may be is SFTP's.
      return false;
    }
  }

  /** Whether the server has agreed to run it, and it hasn't been heard of its end. */
  boolean isRunning() {
    return opening.isOpened() && channel.isOpen();
  }

  /** Does something once it has ended, or the connection has, in the thread that learns that. */
  void whenEnded(Runnable action) {
    channel.addCloseFutureListener(closed -> action.run());
  }

  /**
   * Whether the server said, before it closed the channel, that there is no such program: what a
   * shell does.
   */
  boolean isMissing() {
    Integer status = channel.getExitStatus();
    return status != null && status == 127;
  }

  /** Whether the server refuses to run anything. */
  boolean isRefused() {
    return opening.getException() instanceof SshChannelOpenException;
  }

  /** The first line that it wrote to standard error; empty if there is none. */
  Optional<String> complaint() {
    return errors.text().lines().filter(line -> !line.isBlank()).findFirst();
  }

  /** Its standard input, while it {@linkplain #isRunning runs}. */
  OutputStream input() {
    return channel.getInvertedIn();
  }

  /**
   * Ends its input and waits for it to end.
   *
   * @return empty if the server tells neither status nor signal
   * @throws TooLong if it didn't end within {@code limit}
   * @throws IOException if the connection was lost
   */
  Optional<CommandResult> end(Duration limit) throws IOException {
    if (isRunning()) {
      input().close();
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
                255, output.text(), errors.text() + "ended by signal " + channel.getExitSignal()));
  }

  @Override
  public void close() throws IOException {
    channel.close();
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
