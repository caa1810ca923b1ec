package io.plasmabackup.store.guard;

import io.plasmabackup.Failure;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client of SFTP that says whatever a test wants. */
public final class RawSftp implements AutoCloseable {

  static final int READ = 1;
  public static final int WRITE = 2;
  static final int APPEND = 4;
  static final int CREATE = 8;
  static final int TRUNCATE = 16;
  static final int EXCLUSIVE = 32;

  public static final int OK = 0;
  static final int END = 1;
  static final int MISSING = 2;
  public static final int DENIED = 3;
  static final int FAILED = 4;
  static final int UNSUPPORTED = 8;

  private static final int STATUS = 101;

  private final DataOutputStream requests;
  private final DataInputStream answers;
  private final CompletableFuture<Void> end;
  private int id;

  private RawSftp(OutputStream requests, InputStream answers, CompletableFuture<Void> end)
      throws IOException {
    this.requests = new DataOutputStream(requests);
    this.answers = new DataInputStream(answers);
    this.end = end;
    requests.write(new byte[] {0, 0, 0, 5, 1, 0, 0, 0, 3});
    requests.flush();
    this.answers.readNBytes(this.answers.readInt());
  }

  /** Of a server in this process. */
  static RawSftp of(GuardedFolder folder) throws IOException {
    PipedOutputStream toServer = new PipedOutputStream();
    PipedInputStream fromServer = new PipedInputStream(1 << 20);
    PipedInputStream serverIn = new PipedInputStream(toServer, 1 << 20);
    PipedOutputStream serverOut = new PipedOutputStream(fromServer);
    CompletableFuture<Void> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try (SftpServer server = new SftpServer(folder, serverIn, serverOut)) {
            server.serve();
          } catch (Failure | RuntimeException | Error e) {
            end.completeExceptionally(e);
          } finally {
            try {
              serverOut.close();
              end.complete(null);
            } catch (IOException e) {
              end.completeExceptionally(e);
            }
          }
        });
    return new RawSftp(toServer, fromServer, end);
  }

  /** Of a server that a program leads to. */
  public static RawSftp of(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new RawSftp(
        process.getOutputStream(),
        process.getInputStream(),
        process.onExit().thenAccept(ended -> {}));
  }

  /** An answer: its type and what follows the id. */
  public record Answer(int type, ByteBuffer body) {

    public int status() {
      return type == STATUS ? body.getInt(0) : OK;
    }

    /** What is said beside a status. */
    public String message() {
      return new String(
          body.array(),
          body.arrayOffset() + 2 * Integer.BYTES,
          body.getInt(Integer.BYTES),
          StandardCharsets.UTF_8);
    }

    /** The string that it begins with: a handle, or data. */
    public byte[] bytes() {
      byte[] bytes = new byte[body.getInt(0)];
      body.get(Integer.BYTES, bytes);
      return bytes;
    }
  }

  /** Words of a request: numbers, or what becomes a string. */
  public Answer ask(int type, Object... words) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream data = new DataOutputStream(bytes);
    data.writeByte(type);
    data.writeInt(++id);
    for (Object word : words) {
      switch (word) {
        case Integer number -> data.writeInt(number);
        case Long number -> data.writeLong(number);
        case byte[] string -> {
          data.writeInt(string.length);
          data.write(string);
        }
        default -> {
          byte[] string = word.toString().getBytes(StandardCharsets.UTF_8);
          data.writeInt(string.length);
          data.write(string);
        }
      }
    }
    requests.writeInt(bytes.size());
    requests.write(bytes.toByteArray());
    requests.flush();
    byte[] packet = answers.readNBytes(answers.readInt());
    ByteBuffer answer = ByteBuffer.wrap(packet);
    int answered = answer.get();
    if (answer.getInt() != id) {
      throw new IOException("an answer to another request");
    }
    return new Answer(answered, answer.slice());
  }

  public Answer open(String path, int flags) throws IOException {
    return ask(3, path, flags, 0);
  }

  public Answer create(String path) throws IOException {
    return open(path, WRITE | CREATE | EXCLUSIVE);
  }

  public Answer write(byte[] handle, long at, byte[] bytes) throws IOException {
    return ask(6, handle, at, bytes);
  }

  public Answer close(byte[] handle) throws IOException {
    return ask(4, handle);
  }

  public Answer remove(String path) throws IOException {
    return ask(13, path);
  }

  public Answer rename(String from, String to) throws IOException {
    return ask(18, from, to);
  }

  @Override
  public void close() throws IOException {
    requests.close();
    end.join();
  }
}
