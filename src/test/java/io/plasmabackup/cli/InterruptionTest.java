package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A signal before there is an upload is told as what it is. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class InterruptionTest {

  @TempDir Path temp;
  private Path folder;
  private AgentSetup agent;

  @BeforeEach
  void setUp() throws IOException {
    folder = Files.createDirectory(temp.resolve("folder"));
    agent = new AgentSetup(temp).strategy("tar").folders(folder).to(temp);
  }

  private Process start() throws IOException {
    return Commands.agent(agent.file())
        .redirectError(temp.resolve("errors").toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void endsAfterSignal(Process process, String message) throws Exception {
    Command.run("kill", "-TERM", Long.toString(process.pid()));
    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(Files.readAllLines(temp.resolve("errors")))
        .containsExactly("plasma-agent: " + message);
  }

  @Test
  void whileTheServerIsSilent() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      agent.with("ssh", "{\"host\": \"127.0.0.1\", \"port\": %d}".formatted(silent.getLocalPort()));
      Process process = start();
      try (Socket _ = silent.accept()) {
        endsAfterSignal(process, "stopped by a signal; nothing was published");
      }
    }
  }

  @Test
  void whileACommandRuns() throws Exception {
    Command.run("mkfifo", temp.resolve("started").toString());
    agent.before("echo >'" + temp.resolve("started") + "'; exec sleep 60");
    Process process = start();
    Files.readString(temp.resolve("started"));
    endsAfterSignal(process, "stopped by a signal; nothing was published");
  }
}
