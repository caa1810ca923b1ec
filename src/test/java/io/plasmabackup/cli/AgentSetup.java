package io.plasmabackup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.cli.Commands.Run;
import io.plasmabackup.testing.FaultyProxy;
import io.plasmabackup.testing.SshdServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A configuration under construction, and runs of the agent with it. Values are JSON. */
final class AgentSetup {

  private final Path directory;
  private final Map<String, String> keys = new LinkedHashMap<>();
  private final Map<String, String> targets = new LinkedHashMap<>();

  /** The configuration will be a file in {@code directory}. */
  AgentSetup(Path directory) {
    this.directory = directory;
  }

  AgentSetup with(String key, String json) {
    keys.put(key, json);
    return this;
  }

  AgentSetup without(String key) {
    keys.remove(key);
    return this;
  }

  AgentSetup folders(Path... folders) {
    return with("folders", strings(Stream.of(folders).map(Path::toString).toList()));
  }

  AgentSetup strategy(String strategy) {
    return with("strategy", string(strategy));
  }

  AgentSetup before(String... commands) {
    return with("executeBefore", strings(List.of(commands)));
  }

  AgentSetup after(String... commands) {
    return with("executeAfter", strings(List.of(commands)));
  }

  /** Archives go to a local directory. */
  AgentSetup to(Path folder) {
    return without("ssh").with("remoteFolder", string(folder.toString()));
  }

  /** Archives go to a server's storage folder, with its ed25519 key. */
  AgentSetup to(SshdServer server) {
    return to(server, server.clientKey("ed25519"), server.knownHosts(), server.storage());
  }

  AgentSetup to(SshdServer server, Path identity, Path knownHosts, Path folder) {
    return to(server, server.port(), identity, knownHosts, folder);
  }

  /** Archives go to a server's folder, with its ed25519 key, through a line that may break. */
  AgentSetup to(SshdServer server, FaultyProxy line, Path folder) throws IOException {
    Path knownHosts =
        Files.writeString(
            directory.resolve("known"),
            "[%s]:%d %s%n".formatted(server.host(), line.port(), server.hostKey("ed25519")));
    return to(server, line.port(), server.clientKey("ed25519"), knownHosts, folder);
  }

  private AgentSetup to(SshdServer server, int port, Path identity, Path knownHosts, Path folder) {
    return with("ssh", ssh(server, port, identity, knownHosts, ""))
        .with("remoteFolder", string(server.remote(folder)));
  }

  private static String ssh(
      SshdServer server, int port, Path identity, Path knownHosts, String more) {
    return "{\"host\": %s, \"login\": %s, \"port\": %d, \"identityFile\": %s, \"knownHostsFile\": %s%s}"
        .formatted(
            string(server.host()),
            string(SshdServer.user()),
            port,
            string(identity.toString()),
            string(knownHosts.toString()),
            more);
  }

  /** Archives go to a local directory, too, which is one of several targets. */
  AgentSetup target(String name, Path folder) {
    targets.put(name, "\"remoteFolder\": " + string(folder.toString()));
    return this;
  }

  /**
   * Archives go to a server's storage folder, too, which is one of several targets.
   *
   * @param more members of {@code ssh}, each with a comma before it
   */
  AgentSetup target(String name, SshdServer server, String more) {
    return target(name, server, more, server.storage());
  }

  AgentSetup target(String name, SshdServer server, String more, Path folder) {
    String ssh = ssh(server, server.port(), server.clientKey("ed25519"), server.knownHosts(), more);
    targets.put(
        name, "\"ssh\": %s, \"remoteFolder\": %s".formatted(ssh, string(server.remote(folder))));
    return this;
  }

  AgentSetup withoutTarget(String name) {
    targets.remove(name);
    return this;
  }

  /** How long a server's lost connection is made again; after {@link #to(SshdServer)}. */
  AgentSetup retryFor(String duration) {
    return ssh("retryFor", string(duration));
  }

  /** After how long a silent server is given up; after {@link #to(SshdServer)}. */
  AgentSetup stallTimeout(String duration) {
    return ssh("stallTimeout", string(duration));
  }

  /** How fast it may upload; after {@link #to(SshdServer)}. */
  AgentSetup bandwidthLimit(String rate) {
    return ssh("bandwidthLimit", string(rate));
  }

  /** How many connections upload side by side at most; after {@link #to(SshdServer)}. */
  AgentSetup connections(int count) {
    return ssh("connections", Integer.toString(count));
  }

  private AgentSetup ssh(String key, String json) {
    String ssh = Objects.requireNonNull(keys.get("ssh"));
    return with(
        "ssh", ssh.substring(0, ssh.lastIndexOf('}')) + ", " + string(key) + ": " + json + "}");
  }

  private static String strings(List<String> values) {
    return values.stream().map(AgentSetup::string).collect(Collectors.joining(", ", "[", "]"));
  }

  static String string(String value) {
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** Where its runs keep their journals. */
  Path stateFolder() {
    return directory.resolve("state");
  }

  /** Writes the configuration. */
  Path file() throws IOException {
    Path file = directory.resolve("plasma-agent.conf");
    Map<String, String> keys = new LinkedHashMap<>(this.keys);
    if (!targets.isEmpty()) {
      keys.put(
          "targets",
          targets.entrySet().stream()
              .map(target ->
                  "{\"name\": %s, %s}".formatted(string(target.getKey()), target.getValue()))
              .collect(Collectors.joining(", ", "[", "]")));
    }
    // Elsewhere than on a real machine.
    // Where a test doesn't ask for it, nothing is copied: what it looks at was read, and sent.
    String detection =
        keys.getOrDefault("options", "").contains("changeDetection")
            ? ""
            : "\"changeDetection\": \"full\", ";
    String stateFolder = detection + "\"stateFolder\": " + string(stateFolder().toString()) + "}";
    keys.merge(
        "options",
        "{" + stateFolder,
        (options, same) -> options.substring(0, options.lastIndexOf('}')) + ", " + stateFolder);
    String json =
        keys.entrySet().stream()
            .map(key -> "  " + string(key.getKey()) + ": " + key.getValue())
            .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    Files.writeString(file, json);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Runs the agent, which must have nothing to complain about. */
  Run succeed() throws IOException {
    Run run = run();
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return run;
  }

  /** Runs the agent. */
  Run run(String... options) throws IOException {
    String[] arguments =
        Stream.concat(Stream.of("--config", file().toString()), Stream.of(options))
            .toArray(String[]::new);
    return Commands.run(new PlasmaAgent(), arguments);
  }
}
