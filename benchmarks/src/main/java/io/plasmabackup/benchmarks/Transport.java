package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Upload;
import io.plasmabackup.store.ssh.Connections;
import io.plasmabackup.store.ssh.Patience;
import io.plasmabackup.store.ssh.SshStore;
import io.plasmabackup.store.ssh.SshTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Bytes from memory into a file in the memory of an OpenSSH server on this machine, over a
 * connection that stands already, until the server has confirmed them. The server's work is part of
 * it, on the same processors.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Transport {

  /** What the store sends in one request: of anything else it would keep an end back. */
  private static final int REQUEST = 255 * 1024;

  private static final int REQUESTS = 512;
  private static final long BYTES = (long) REQUESTS * REQUEST;

  /** The agent's connection. */
  @State(Scope.Benchmark)
  public static class Ours {

    private final ByteBuffer segment = ByteBuffer.allocateDirect(32 * REQUEST);
    private final Store store;

    public Ours() {
      try {
        store =
            SshStore.open(
                new SshTarget(
                    "127.0.0.1",
                    Optional.of("root"),
                    OptionalInt.empty(),
                    Optional.of(Fixture.key()),
                    Optional.of(Fixture.knownHosts())),
                Fixture.server().toString(),
                Connections.AUTO,
                new Patience(Duration.ofMinutes(1), Duration.ZERO, false),
                System.err::println);
      } catch (Failure e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }

    @TearDown
    public void close() throws Failure {
      store.close();
    }
  }

  @Benchmark
  public long plasma(Ours ours, Amount amount) throws Failure, InterruptedException {
    try (Upload upload = ours.store.begin("file")) {
      while (upload.position() < BYTES) {
        upload.write(ours.segment.duplicate());
      }
      while (upload.acknowledged() < BYTES) {
        Thread.sleep(Duration.ofNanos(100_000));
      }
      amount.bytes += BYTES;
      return upload.position();
    }
  }

  /** One that {@code ssh} keeps open for the commands that follow, with the cipher that we take. */
  @State(Scope.Benchmark)
  public static class OpenSsh {

    private final Path control = Fixture.output().resolve("control");
    private final String target = "root@127.0.0.1";

    @Setup
    public void connect() throws IOException {
      Programs.run(
          "ssh",
          "-F",
          "none",
          "-i",
          Fixture.key().toString(),
          "-o",
          "BatchMode=yes",
          "-o",
          "UserKnownHostsFile=" + Fixture.knownHosts(),
          "-c",
          "aes128-gcm@openssh.com",
          "-M",
          "-S",
          control.toString(),
          "-fNnT",
          target);
    }

    @TearDown
    public void disconnect() throws IOException {
      Programs.run("ssh", "-F", "none", "-q", "-S", control.toString(), "-O", "exit", target);
    }
  }

  @Benchmark
  public void openSsh(OpenSsh ssh, Amount amount) throws IOException {
    Programs.run(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        "head -c \"$0\" /dev/zero | ssh -F none -S \"$1\" \"$2\" \"cat >$3\"",
        Long.toString(BYTES),
        ssh.control.toString(),
        ssh.target,
        Fixture.server().resolve("other").toString());
    amount.bytes += BYTES;
  }

  /** A connection to a thread that reads and drops. */
  @State(Scope.Benchmark)
  public static class Socket {

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(REQUEST);
    private final ServerSocketChannel server;
    private final SocketChannel client;
    private final SocketChannel accepted;

    public Socket() {
      try {
        server =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        client = SocketChannel.open(server.getLocalAddress());
        accepted = server.accept();
      } catch (IOException e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
      Thread.ofPlatform().daemon().start(this::drop);
    }

    private void drop() {
      ByteBuffer read = ByteBuffer.allocateDirect(REQUEST);
      try (OutputStream answers = accepted.socket().getOutputStream()) {
        long count = 0;
        for (int got = accepted.read(read); got >= 0; got = accepted.read(read.clear())) {
          count += got;
          if (count == BYTES) {
            count = 0;
            answers.write(0);
          }
        }
      } catch (IOException e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }

    @TearDown
    public void close() throws IOException {
      client.close();
      server.close();
    }
  }

  /** What is left without a cipher, a protocol and a file. */
  @Benchmark
  public int tcp(Socket socket, Amount amount) throws IOException {
    for (int i = 0; i < REQUESTS; i++) {
      ByteBuffer request = socket.bytes.duplicate();
      while (request.hasRemaining()) {
        socket.client.write(request);
      }
    }
    amount.bytes += BYTES;
    return socket.client.read(ByteBuffer.allocateDirect(1));
  }
}
