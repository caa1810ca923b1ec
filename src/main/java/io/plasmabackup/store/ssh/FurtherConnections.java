package io.plasmabackup.store.ssh;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The connections that an upload has beside the first one, made when it turns out to be large. That
 * one can't be made is no failure: then there are fewer. Owns them.
 *
 * <p>Used by one thread; what it is given to do is done in others.
 */
final class FurtherConnections implements AutoCloseable {

  /** So many logins at a time: OpenSSH begins to turn some away when there are 10 (MaxStartups). */
  private static final int AT_A_TIME = 8;

  private final List<Future<Optional<String>>> attempts = new ArrayList<>();
  private final List<SshConnection> open = new ArrayList<>();
  private final ExecutorService executor =
      Executors.newFixedThreadPool(
          AT_A_TIME, Thread.ofPlatform().daemon().name("ssh-further-", 1).factory());
  private boolean closed;
  private boolean told;

  /** Makes a connection and logs in. */
  @FunctionalInterface
  interface Opener {
    SshConnection open() throws Failure;
  }

  /** Puts a connection to use. */
  @FunctionalInterface
  interface User {
    void use(SshConnection connection) throws Failure, IOException;
  }

  /** Makes {@code count} connections, each of which is then used; may return before. */
  void open(int count, Opener opener, User user) {
    for (int i = 0; i < count; i++) {
      attempts.add(executor.submit(() -> attempt(opener, user)));
    }
  }

  /** Gives what is wrong with it, for people. */
  private Optional<String> attempt(Opener opener, User user) {
    if (isClosed()) {
      return Optional.of("not needed any more");
    }
    try {
      SshConnection connection = opener.open();
      if (!keep(connection)) {
        connection.close();
        return Optional.of("not needed any more");
      }
      user.use(connection);
      return Optional.empty();
    } catch (Failure e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (IOException | RuntimeException e) {
      return Optional.of(SshConnection.reason(e));
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized boolean keep(SshConnection connection) {
    return !closed && open.add(connection);
  }

  /** One line about those that could not be made, once, when all have been tried. */
  Optional<String> note() {
    if (told || attempts.isEmpty() || !attempts.stream().allMatch(Future::isDone)) {
      return Optional.empty();
    }
    told = true;
    List<String> problems =
        attempts.stream().map(Future::resultNow).flatMap(Optional::stream).toList();
    return problems.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "uploading over "
                + (1 + attempts.size() - problems.size())
                + " of "
                + (1 + attempts.size())
                + " connections: "
                + problems.getFirst());
  }

  /** Talks to nobody that may not answer: the connections are closed in other threads. */
  @Override
  public synchronized void close() {
    closed = true;
    open.forEach(connection -> executor.execute(connection::close));
    open.clear();
    executor.shutdown();
  }
}
