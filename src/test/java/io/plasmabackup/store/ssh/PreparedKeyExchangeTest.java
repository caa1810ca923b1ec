package io.plasmabackup.store.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.testing.SshdServer;
import java.nio.file.Path;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.kex.KeyEncapsulationMethod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PreparedKeyExchangeTest {

  private static final String NAME = "sntrup761x25519-sha512@openssh.com";

  @TempDir Path home;

  /** Logs in, and tells by which key exchange. */
  private String keyExchangeWith(SshdServer server) throws Failure {
    SshTarget target = SshTests.target(server, server.clientKey("ed25519"), server.knownHosts());
    try (SshConnection connection = SshConnection.open(target, SshTests.nothingAround(home))) {
      return connection.session().getNegotiatedKexParameter(KexProposalOption.ALGORITHMS);
    }
  }

  @Test
  void logsInWithKeysMadeAheadAndWithKeysMadeNow() throws Exception {
    try (SshdServer server = SshdServer.start("KexAlgorithms " + NAME)) {
      PreparedKeyExchange.prepare();
      assertThat(keyExchangeWith(server)).isEqualTo(NAME);
      assertThat(keyExchangeWith(server)).isEqualTo(NAME);
    }
  }

  @Test
  void logsInByAnotherKeyExchangeThanWasPrepared() throws Exception {
    try (SshdServer server = SshdServer.start("KexAlgorithms curve25519-sha256")) {
      PreparedKeyExchange.prepare();
      assertThat(keyExchangeWith(server)).isEqualTo("curve25519-sha256");
    }
  }

  @Test
  void givesNoKeyPairTwice() {
    PreparedKeyExchange exchange =
        new PreparedKeyExchange(BuiltinDHFactories.sntrup761x25519_openssh);
    PreparedKeyExchange.prepare();
    byte[] prepared = publicKey(exchange);
    assertThat(publicKey(exchange)).hasSameSizeAs(prepared).isNotEqualTo(prepared);
  }

  private static byte[] publicKey(KeyEncapsulationMethod method) {
    KeyEncapsulationMethod.Client client = method.getClient();
    client.init();
    return client.getPublicKey();
  }
}
