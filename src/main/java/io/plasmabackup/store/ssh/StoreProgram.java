package io.plasmabackup.store.ssh;

import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoreProtocol;
import io.plasmabackup.store.StoreProtocol.Greeting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code plasma-store} on the server, for one file that ranges are taken of and one that they are
 * put into: docs/store-protocol.md. Requests are answered in the order in which they were made, and
 * many may be under way. Thread-safe. Of what it says, no more is believed than of what the
 * server's other programs say.
 */
final class StoreProgram implements AutoCloseable {

  /** What an account's login files may write before the greeting, in lines. */
  private static final int MOST_NOISE = 1000;

  private static final Pattern COPIED =
      Pattern.compile(StoreProtocol.OK + " ([0-9]{1,18}) ([0-9]{1,18})");
  private static final Pattern DIGEST =
      Pattern.compile(StoreProtocol.OK + " ([0-9]{1,18}) ([0-9a-f]{64})");

  private final SshConnection connection;
  private final RemoteProgram program;
  private final CompletableFuture<Greeting> greeting = new CompletableFuture<>();
  private final Queue<CompletableFuture<String>> awaited = new ConcurrentLinkedQueue<>();

  /** Held while a request is sent, so that answers are awaited in that order. */
  private final ReentrantLock sending = new ReentrantLock();

  private final AtomicLong shared = new AtomicLong();
  private volatile boolean ended;
  private volatile boolean senseless;

  private StoreProgram(SshConnection connection, String folder) throws IOException {
    this.connection = connection;
    this.program =
        RemoteProgram.start(
            connection.session(),
            ShellCommand.of(StoreProtocol.PROGRAM, List.of(StoreProtocol.SERVE, folder)),
            new Lines());
    program.whenEnded(this::end);
  }

  /**
   * Asks for it, and doesn't wait for an answer.
   *
   * @param folder its path on the server
   * @throws IOException if the connection was lost
   */
  static StoreProgram start(SshConnection connection, String folder) throws IOException {
    return new StoreProgram(connection, folder);
  }

  /** Why it isn't of any use, for people; empty where there just is none. */
  record Unusable(Optional<String> why) {}

  /**
   * Waits until it has started, and may be asked.
   *
   * @return empty if so
   * @throws IOException if the connection was lost, or the thread was interrupted
   */
  Optional<Unusable> awaitStart(Duration limit) throws IOException {
    try {
      int protocol = greeting.get(limit.toMillis(), TimeUnit.MILLISECONDS).protocol();
      return protocol == StoreProtocol.NUMBER
          ? Optional.empty()
          : Optional.of(
              new Unusable(
                  Optional.of("it is of another version: install the same one there and here")));
    } catch (TimeoutException e) {
      return Optional.of(
          new Unusable(Optional.of("it did not start within " + Durations.shown(limit))));
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      if (connection.isLost()) {
        throw problem();
      }
      return Optional.of(
          new Unusable(
              program.isMissing() || program.isRefused()
                  ? Optional.empty()
                  : Optional.of(
                      program.complaint().map(FileNames::shown).orElse("it says nothing"))));
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }

  /** That of the connection over which it was started. */
  SshConnection connection() {
    return connection;
  }

  /**
   * Opens the file that ranges are taken of.
   *
   * @param source with a time
   * @return whether blocks of it can be shared
   * @throws CopySource.Lost if it can't be used
   */
  boolean openSource(CopySource source, Duration limit) throws IOException {
    if (source.modified() == null) {
      throw new CopySource.Lost("the server doesn't tell when files were changed");
    }
    String answer =
        await(
            request(
                "%s %s %d %d"
                    .formatted(
                        StoreProtocol.SOURCE,
                        source.name(),
                        source.size(),
                        source.modified().to(TimeUnit.SECONDS))),
            limit);
    return switch (answer) {
      case StoreProtocol.OK_SHARES -> true;
      case StoreProtocol.OK_COPIES -> false;
      default -> throw new CopySource.Lost(words(answer));
    };
  }

  /** Opens the partial file of {@code name}; gives why it can't be used, for people. */
  Optional<String> openTarget(String name, Duration limit) throws IOException {
    String answer = await(request(StoreProtocol.TARGET + " " + name), limit);
    return answer.equals(StoreProtocol.OK) ? Optional.empty() : Optional.of(words(answer));
  }

  /**
   * Has a range copied.
   *
   * @param done run when it is
   * @param failed told why not: {@link CopySource.Lost} or {@link Lane.Lost}
   */
  void copy(long from, long length, long at, Runnable done, Consumer<IOException> failed) {
    String line = "%s %d %d %d".formatted(StoreProtocol.COPY, from, length, at);
    var _ =
        request(line)
            .whenComplete((answer, problem) -> {
              if (problem != null) {
                failed.accept(problem());
              } else if (isCopied(answer, length)) {
                done.run();
              } else {
                failed.accept(new CopySource.Lost(words(answer)));
              }
            });
  }

  private boolean isCopied(String answer, long length) {
    Matcher copied = COPIED.matcher(answer);
    if (!copied.matches()
        || Long.parseLong(copied.group(1)) + Long.parseLong(copied.group(2)) != length) {
      return false;
    }
    shared.addAndGet(Long.parseLong(copied.group(1)));
    return true;
  }

  /** Bytes of all that it has copied of which blocks are shared. */
  long shared() {
    return shared.get();
  }

  /**
   * Has it read the next bytes of the target.
   *
   * @param result told nothing if they have this digest, else what is wrong, for people
   * @param failed told why there is no answer, as {@link #copy} does
   */
  void check(
      long length, byte[] sha256, Consumer<Optional<String>> result, Consumer<IOException> failed) {
    String line =
        "%s %d %s".formatted(StoreProtocol.CHECK, length, HexFormat.of().formatHex(sha256));
    var _ =
        request(line)
            .whenComplete((answer, problem) -> {
              if (problem != null) {
                failed.accept(problem());
              } else {
                result.accept(
                    answer.equals(StoreProtocol.OK)
                        ? Optional.empty()
                        : Optional.of(
                            answer.equals(StoreProtocol.DIFFERS) ? "they differ" : words(answer)));
              }
            });
  }

  /** The digest of all that was checked, which must be {@code size} bytes; empty if it isn't. */
  Optional<byte[]> digest(long size, Duration limit) throws IOException {
    Matcher digest = DIGEST.matcher(await(request(StoreProtocol.DIGEST), limit));
    return digest.matches() && Long.parseLong(digest.group(1)) == size
        ? Optional.of(HexFormat.of().parseHex(digest.group(2)))
        : Optional.empty();
  }

  private static String words(String answer) {
    return "plasma-store on the server says: "
        + FileNames.shown(
            answer.startsWith(StoreProtocol.FAILED + " ")
                ? answer.substring(StoreProtocol.FAILED.length() + 1)
                : answer);
  }

  private CompletableFuture<String> request(String line) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    sending.lock();
    try {
      awaited.add(answer);
      if (!ended) {
        OutputStream input = program.input();
        input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        input.flush();
      }
    } catch (IOException e) {
      // It has ended, or so has the connection: what is awaited will not come.
      ended = true;
    } finally {
      sending.unlock();
    }
    if (ended) {
      end();
    }
    return answer;
  }

  private String await(CompletableFuture<String> answer, Duration limit) throws IOException {
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new SftpWriter.Stalled(limit);
    } catch (InterruptedException e) {
      throw interrupted();
    } catch (ExecutionException e) {
      throw problem();
    }
  }

  /** Why there are no answers any more. */
  private IOException problem() {
    if (connection.isLost()) {
      return new Lane.Lost(connection, new IOException("it was closed"));
    }
    return new CopySource.Lost(
        "plasma-store on the server "
            + (senseless ? "makes no sense" : "has ended")
            + program.complaint().map(line -> ": " + FileNames.shown(line)).orElse(""));
  }

  private void end() {
    ended = true;
    IOException problem = problem();
    greeting.completeExceptionally(problem);
    for (CompletableFuture<String> left = awaited.poll(); left != null; left = awaited.poll()) {
      left.completeExceptionally(problem);
    }
  }

  private void greetedBy(String line, int noise) {
    Optional<Greeting> parsed = Greeting.parse(line);
    if (parsed.isPresent()) {
      greeting.complete(parsed.get());
    } else if (noise > MOST_NOISE) {
      stopBelieving();
    }
  }

  private void answered(String line) {
    CompletableFuture<String> answer = awaited.poll();
    if (answer != null) {
      answer.complete(line);
    } else {
      // Whatever it answers now would be taken for the answer to something else.
      stopBelieving();
    }
  }

  private void stopBelieving() {
    senseless = true;
    end();
    close();
  }

  @Override
  public void close() {
    try {
      program.close();
    } catch (IOException e) {
      // Of a connection that is lost; the server ends it then.
      ended = true;
    }
  }

  /** Takes what it writes to standard output, in the thread that reads from the connection. */
  private final class Lines extends OutputStream {

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int count;

    @Override
    public void write(int b) {
      if (senseless) {
        return;
      }
      if (b != '\n') {
        line.write(b);
        if (line.size() > 2 * StoreProtocol.MOST_LINE && greeting.isDone()) {
          stopBelieving();
        } else if (line.size() > 2 * StoreProtocol.MOST_LINE) {
          line.reset();
        }
        return;
      }
      String text = line.toString(StandardCharsets.US_ASCII);
      line.reset();
      if (greeting.isDone()) {
        answered(text);
      } else {
        greetedBy(text, count++);
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      for (int at = offset; at < offset + length; at++) {
        write(bytes[at]);
      }
    }
  }
}
