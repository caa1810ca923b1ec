package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plasmabackup.testing.Requires;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotifySocketTest {

  /** Stands in for a service manager: says when it listens, and then what it hears. */
  private static final String MANAGER =
      """
      import socket, sys
      address = sys.argv[1]
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.bind('\\0' + address[1:] if address.startswith('@') else address)
      print('ready', flush=True)
      for _ in range(2):
          print(repr(s.recv(100000).decode()), flush=True)
      """;

  @TempDir Path temp;

  private void speaksTo(String address) throws Exception {
    Process manager =
        new ProcessBuilder(Requires.tool("python3").toString(), "-c", MANAGER, address)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader heard = manager.inputReader()) {
      assertThat(heard.readLine()).isEqualTo("ready");
      try (NotifySocket socket = NotifySocket.open(address).orElseThrow()) {
        socket.send("STATUS=half way: \u00e4\n");
        socket.send("STATUS=" + "x".repeat(10_000));
      }

      assertThat(heard.readLine()).isEqualTo("'STATUS=half way: \u00e4\\n'");
      assertThat(heard.readLine()).isEqualTo("'STATUS=" + "x".repeat(10_000) + "'");
      assertThat(manager.waitFor()).isZero();
    } finally {
      manager.destroy();
    }
  }

  @Test
  void speaksToASocketInTheFilesystem() throws Exception {
    speaksTo(temp.resolve("notify").toString());
  }

  @Test
  void speaksToAnAbstractSocket() throws Exception {
    speaksTo("@plasma-test/" + UUID.randomUUID());
  }

  @Test
  void nobodyThereIsAnError() throws Exception {
    String address = temp.resolve("nobody").toString();
    try (NotifySocket socket = NotifySocket.open(address).orElseThrow()) {
      assertThatThrownBy(() -> socket.send("READY=1"))
          .isInstanceOf(ErrnoException.class)
          .hasMessageStartingWith("cannot send to " + address)
          .hasMessageEndingWith("(ENOENT)");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "vsock:2:1234", "relative"})
  void otherKindsOfAddressesAreNoneOfOurs(String address) throws IOException {
    assertThat(NotifySocket.open(address)).isEmpty();
  }

  @Test
  void anAddressMustFit() throws IOException {
    assertThat(NotifySocket.open("/" + "x".repeat(107))).isEmpty();
    try (NotifySocket longest = NotifySocket.open("/" + "x".repeat(106)).orElseThrow()) {
      assertThatThrownBy(() -> longest.send("READY=1")).hasMessageEndingWith("(ENOENT)");
    }
  }
}
