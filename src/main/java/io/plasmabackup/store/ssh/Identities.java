package io.plasmabackup.store.ssh;

import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.common.NamedResource;
import org.apache.sshd.common.config.keys.AuthorizedKeyEntry;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.util.security.SecurityUtils;

/**
 * The keys with which a login is tried: first those of the configured files that the agent holds,
 * then the agent's others, then the files themselves. Holds private keys in memory and the agent's
 * socket until it is closed.
 */
final class Identities implements AutoCloseable {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final Optional<AgentClient> agent;
  private final List<KeyPair> pairs = new ArrayList<>();

  /** One phrase for each key that could not be offered, and why. */
  private final List<String> unusable = new ArrayList<>();

  private Identities(Optional<AgentClient> agent) {
    this.agent = agent;
  }

  /**
   * Looks at the files and asks the agent.
   *
   * @throws IdentityUnusable if the identity file that the user named can't be used
   */
  static Identities load(HostSettings host) throws Failure {
    List<String> unusable = new ArrayList<>();
    Optional<AgentClient> agent = Optional.empty();
    List<Map.Entry<PublicKey, String>> held = List.of();
    if (host.agentSocket().isPresent()) {
      Path socket = host.agentSocket().get();
      try {
        AgentClient client = AgentClient.connect(socket);
        agent = Optional.of(client);
        held = client.held();
      } catch (IOException e) {
        unusable.add("the ssh-agent at " + socket + " (" + e.getMessage() + ")");
      }
    }
    Identities identities = new Identities(agent);
    identities.unusable.addAll(unusable);
    try {
      identities.choose(host, held);
      return identities;
    } catch (Failure | RuntimeException e) {
      identities.close();
      throw e;
    }
  }

  private void choose(HostSettings host, List<Map.Entry<PublicKey, String>> held) throws Failure {
    List<Map.Entry<PublicKey, String>> fromAgent = new ArrayList<>();
    for (Path file : host.identityFiles()) {
      Optional<Map.Entry<PublicKey, String>> inAgent =
          publicKey(file)
              .flatMap(key ->
                  held.stream().filter(h -> KeyUtils.compareKeys(h.getKey(), key)).findFirst());
      if (inAgent.isPresent()) {
        fromAgent.add(inAgent.get());
        continue;
      }
      Optional<String> problem = loadFile(file, host.identityRequired());
      if (problem.isPresent()) {
        if (host.identityRequired()) {
          throw new IdentityUnusable("cannot use the identity file " + file + ": " + problem.get());
        }
        unusable.add(file + " (" + problem.get() + ")");
      }
    }
    if (!host.identitiesOnly()) {
      held.stream().filter(h -> !fromAgent.contains(h)).forEach(fromAgent::add);
    }
    agent.ifPresent(client -> client.offer(fromAgent));
  }

  /** Loads a private key, or tells why it can't be used; one that isn't there is no problem. */
  private Optional<String> loadFile(Path file, boolean required) {
    try {
      if (!Files.exists(file)) {
        return required ? Optional.of("there is no such file") : Optional.empty();
      }
      PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
      if (!attributes.isRegularFile()) {
        return Optional.of("it is not a file");
      }
      if (!OWNER_ONLY.containsAll(attributes.permissions())) {
        return Optional.of(
            "others may access it ("
                + PosixFilePermissions.toString(attributes.permissions())
                + "): chmod 600 "
                + ShellCommand.quote(file.toString()));
      }
      return load(file);
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      return Optional.of(
          FileNames.shown(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
    }
  }

  private Optional<String> load(Path file) throws IOException, GeneralSecurityException {
    boolean[] encrypted = {false};
    FilePasswordProvider nobodyToAsk =
        (session, resource, retry) -> {
          encrypted[0] = true;
          return null;
        };
    try (InputStream in = Files.newInputStream(file)) {
      Iterable<KeyPair> loaded =
          SecurityUtils.loadKeyPairIdentities(
              null, NamedResource.ofName(file.toString()), in, nobodyToAsk);
      if (loaded != null) {
        loaded.forEach(pairs::add);
        return Optional.empty();
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      if (!encrypted[0]) {
        throw e;
      }
    }
    return Optional.of(
        encrypted[0]
            ? "it has a passphrase and no ssh-agent holds it: ssh-add "
                + ShellCommand.quote(file.toString())
                + " (under sudo keep SSH_AUTH_SOCK), or use a key without a passphrase"
            : "it is not a private key of a kind that is supported here");
  }

  /** The public half next to a private key. */
  private static Optional<PublicKey> publicKey(Path privateKey) {
    Path file = privateKey.resolveSibling(privateKey.getFileName() + ".pub");
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      String line = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      AuthorizedKeyEntry entry = AuthorizedKeyEntry.parseAuthorizedKeyEntry(line);
      return entry == null
          ? Optional.empty()
          : Optional.ofNullable(entry.resolvePublicKey(null, PublicKeyEntryResolver.IGNORING));
    } catch (IOException | GeneralSecurityException | RuntimeException unreadable) {
      return Optional.empty();
    }
  }

  /** The agent, if there is one. */
  Optional<AgentClient> agent() {
    return agent;
  }

  /** The keys that were read from files. */
  List<KeyPair> pairs() {
    return pairs;
  }

  /** What could not be offered, and why; empty where there is nothing to tell. */
  String unusable() {
    return String.join(", ", unusable);
  }

  @Override
  public void close() {
    if (agent.isPresent()) {
      try {
        agent.get().close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
