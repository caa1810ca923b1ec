package io.plasmabackup.store.ssh;

import io.plasmabackup.Failure;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.sshd.agent.SshAgent;
import org.apache.sshd.agent.SshAgentFactory;
import org.apache.sshd.agent.SshAgentServer;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.PublicKeyAuthenticationReporter;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntry;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.random.JceRandomFactory;
import org.apache.sshd.common.session.ConnectionService;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.sftp.SftpModuleProperties;
import org.apache.sshd.sftp.client.impl.AbstractSftpClient;

/**
 * The SSH library set up for one login on one server: which algorithms, limits, keys and checks.
 * Configuration files have been read before; the library looks at none.
 */
final class PlasmaSshClient {

  /** How long a server that otherwise answers may take to open a channel. */
  static final Duration CHANNEL_OPEN = Duration.ofMinutes(1);

  /**
   * How long one request other than a write may go unanswered while the server answers heartbeats:
   * a slow disk may take long to write out what it promised.
   */
  static final Duration REQUEST = Duration.ofHours(1);

  /** How often a server is asked whether it is there, unless the limit calls for more. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** So many heartbeats fit into the time after which a silent server is given up, or more. */
  private static final int HEARTBEATS = 4;

  /** AES-GCM first: the processor does it. ChaCha20 is plain Java here and six times slower. */
  private static final List<BuiltinCiphers> CIPHERS =
      List.of(
          BuiltinCiphers.aes128gcm,
          BuiltinCiphers.aes256gcm,
          BuiltinCiphers.aes128ctr,
          BuiltinCiphers.aes192ctr,
          BuiltinCiphers.aes256ctr,
          BuiltinCiphers.cc20p1305_openssh);

  private static final List<DHFactory> KEY_EXCHANGES =
      List.of(
          BuiltinDHFactories.mlkem768x25519,
          new PreparedKeyExchange(BuiltinDHFactories.sntrup761x25519),
          new PreparedKeyExchange(BuiltinDHFactories.sntrup761x25519_openssh),
          BuiltinDHFactories.curve25519,
          BuiltinDHFactories.curve25519_libssh,
          BuiltinDHFactories.ecdhp256,
          BuiltinDHFactories.ecdhp384,
          BuiltinDHFactories.ecdhp521,
          BuiltinDHFactories.dhg16_512,
          BuiltinDHFactories.dhg18_512,
          BuiltinDHFactories.dhg14_256);

  /** As OpenSSH prefers them; no SHA-1. */
  private static final List<BuiltinSignatures> SIGNATURES =
      List.of(
          BuiltinSignatures.ed25519,
          BuiltinSignatures.nistp256,
          BuiltinSignatures.nistp384,
          BuiltinSignatures.nistp521,
          BuiltinSignatures.rsaSHA512,
          BuiltinSignatures.rsaSHA256);

  private static final List<BuiltinSignatures> CERTIFICATES =
      List.of(
          BuiltinSignatures.ed25519_cert,
          BuiltinSignatures.nistp256_cert,
          BuiltinSignatures.nistp384_cert,
          BuiltinSignatures.nistp521_cert,
          BuiltinSignatures.rsaSHA512_cert,
          BuiltinSignatures.rsaSHA256_cert);

  private final HostSettings host;
  private final Client client;

  PlasmaSshClient(
      HostSettings host,
      KnownHosts known,
      Identities identities,
      SshConnection.Trouble trouble,
      SshEnvironment environment) {
    this.host = host;
    ClientBuilder builder =
        ClientBuilder.builder()
            .factory(Client::new)
            .randomFactory(JceRandomFactory.INSTANCE)
            .cipherFactories(List.copyOf(CIPHERS))
            .keyExchangeFactories(
                NamedFactory.setUpTransformedFactories(true, KEY_EXCHANGES, ClientBuilder.DH2KEX))
            .signatureFactories(signatures(known))
            .hostConfigEntryResolver(HostConfigEntryResolver.EMPTY)
            .serverKeyVerifier((session, address, key) -> {
              Optional<Failure> failure = known.check(key);
              failure.ifPresent(trouble::hostKey);
              return failure.isEmpty();
            });
    client = (Client) builder.build(true);
    client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
    client.setKeyIdentityProvider(KeyIdentityProvider.wrapKeyPairs(identities.pairs()));
    identities.agent().ifPresent(agent -> client.setAgentFactory(new OneAgent(agent)));
    client.setPublicKeyAuthenticationReporter(new Reporter(trouble));
    client.addSessionListener(trouble);
    CoreModuleProperties.REKEY_BYTES_LIMIT.set(client, 0L);
    CoreModuleProperties.REKEY_TIME_LIMIT.set(client, Duration.ZERO);
    CoreModuleProperties.HEARTBEAT_INTERVAL.set(client, heartbeat(environment.stall()));
    // They are to be answered, but the transport decides by what it hears: on a slow line answers
    // wait behind data, and the library sends what it is late with in one burst.
    CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(client, Integer.MAX_VALUE);
    CoreModuleProperties.IDLE_TIMEOUT.set(client, REQUEST);
    CoreModuleProperties.WAIT_FOR_SPACE_TIMEOUT.set(client, REQUEST);
    CoreModuleProperties.REQUEST_EXEC_REPLY.set(client, true);
    CoreModuleProperties.ABORT_ON_INVALID_CERTIFICATE.set(client, true);
    SftpModuleProperties.SFTP_CHANNEL_OPEN_TIMEOUT.set(client, CHANNEL_OPEN);
    AbstractSftpClient.SFTP_CLIENT_CMD_TIMEOUT.set(client, REQUEST);
  }

  private static Duration heartbeat(Duration stall) {
    Duration part = stall.dividedBy(HEARTBEATS);
    return part.compareTo(HEARTBEAT) < 0 ? part : HEARTBEAT;
  }

  /**
   * What the server may prove itself with, the kinds of key that are known of it first: an ed25519
   * entry is of no use when the server shows its RSA key.
   */
  private static List<NamedFactory<Signature>> signatures(KnownHosts known) {
    Set<NamedFactory<Signature>> ordered = new LinkedHashSet<>();
    if (known.hasAuthority()) {
      ordered.addAll(CERTIFICATES);
    }
    for (String type : known.keyTypes()) {
      SIGNATURES.stream()
          .filter(signature -> type.equals(KeyUtils.getCanonicalKeyType(signature.getName())))
          .forEach(ordered::add);
    }
    ordered.addAll(SIGNATURES);
    return new ArrayList<>(ordered);
  }

  /** Begins a session over {@code transport}; the key exchange goes on in its own thread. */
  ClientSession connect(StreamTransport transport) throws IOException {
    client.setIoServiceFactoryFactory(transport);
    client.start();
    return client.connect(host);
  }

  void stop() {
    client.stop();
  }

  /** Connects without asking for addresses: the transport is connected. */
  private static final class Client extends SshClient {

    ClientSession connect(HostSettings host) throws IOException {
      SocketAddress address = InetSocketAddress.createUnresolved(host.hostName(), host.port());
      HostConfigEntry entry =
          new HostConfigEntry("", host.hostName(), host.port(), host.user(), null);
      return doConnect(
              host.user(), address, null, null, KeyIdentityProvider.EMPTY_KEYS_PROVIDER, entry)
          .verify(CHANNEL_OPEN)
          .getSession();
    }
  }

  /** Hands out an agent that is connected already. */
  private record OneAgent(AgentClient agent) implements SshAgentFactory {

    @Override
    public List<ChannelFactory> getChannelForwardingFactories(FactoryManager manager) {
      return List.of();
    }

    @Override
    public SshAgent createClient(Session session, FactoryManager manager) {
      return agent;
    }

    @Override
    public SshAgentServer createServer(ConnectionService service) {
      throw new UnsupportedOperationException("no agent is forwarded");
    }
  }

  /** Notes which keys the server was offered. */
  private record Reporter(SshConnection.Trouble trouble)
      implements PublicKeyAuthenticationReporter {

    @Override
    public void signalAuthenticationAttempt(
        ClientSession session, String service, KeyPair identity, String signature) {
      PublicKey key = identity.getPublic();
      trouble.offered(key);
    }
  }
}
