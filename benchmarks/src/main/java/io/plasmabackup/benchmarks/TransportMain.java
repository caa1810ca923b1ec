package io.plasmabackup.benchmarks;

import io.plasmabackup.Failure;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.Upload;
import io.plasmabackup.store.ssh.Connections;
import io.plasmabackup.store.ssh.Patience;
import io.plasmabackup.store.ssh.SshStore;
import io.plasmabackup.store.ssh.SshTarget;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The way to the server by itself, in a process of its own: stores zeros from memory as a file, as
 * the agent stores an archive. With {@code dd if=/dev/zero | ssh} it has the bytes and the cipher
 * in common.
 */
public final class TransportMain {

  private static final int BUFFER = 1 << 20;

  private TransportMain() {}

  /**
   * @param arguments host, port, login, key file, known_hosts file, remote folder, file name, MiB
   *     to store, and their SHA-256 in hexadecimal
   */
  public static void main(String[] arguments) throws Failure {
    SshTarget server =
        new SshTarget(
            arguments[0],
            Optional.of(arguments[2]),
            OptionalInt.of(Integer.parseInt(arguments[1])),
            Optional.of(Path.of(arguments[3])),
            Optional.of(Path.of(arguments[4])));
    Patience patience = new Patience(Duration.ofMinutes(1), Duration.ZERO, false);
    int mebibytes = Integer.parseInt(arguments[7]);
    try (Store store =
            SshStore.open(server, arguments[5], Connections.AUTO, patience, System.err::println);
        Upload upload = store.begin(arguments[6])) {
      ByteBuffer zeros = ByteBuffer.allocate(BUFFER);
      for (int i = 0; i < mebibytes; i++) {
        upload.write(zeros.duplicate());
      }
      upload.publish(HexFormat.of().parseHex(arguments[8]));
    }
  }
}
