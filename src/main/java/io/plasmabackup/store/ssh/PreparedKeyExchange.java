package io.plasmabackup.store.ssh;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.digest.Digest;
import org.apache.sshd.common.kex.AbstractDH;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.BuiltinKEM;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyEncapsulationMethod;
import org.apache.sshd.common.kex.MontgomeryCurve;
import org.apache.sshd.common.kex.XDH;
import org.jspecify.annotations.Nullable;

/**
 * sntrup761x25519-sha512, the key exchange that OpenSSH from 9.0 on prefers to all but, from 10.0
 * on, ML-KEM. Its first key pair can be made ahead: in a process that has just started that takes
 * 0.3 s, half of it to load the library's algorithms, which any other key exchange and the login
 * then find loaded.
 */
final class PreparedKeyExchange implements DHFactory, KeyEncapsulationMethod {

  /** Taken by the first who needs it: no key pair is used twice. */
  private static final AtomicReference<@Nullable FutureTask<Client>> PREPARED =
      new AtomicReference<>();

  private final BuiltinDHFactories under;

  /**
   * Under one of its names.
   *
   * @param under the library's own of that name
   */
  PreparedKeyExchange(BuiltinDHFactories under) {
    this.under = under;
  }

  /** Begins to make the first key pair, in a thread of its own. */
  static void prepare() {
    FutureTask<Client> task =
        new FutureTask<>(() -> {
          // Loads the providers of algorithms.
          var _ = MontgomeryCurve.x25519.isSupported();
          return new WithKeys(BuiltinKEM.sntrup761.getClient());
        });
    PREPARED.set(task);
    Thread.ofPlatform().daemon().name("key-exchange").start(task);
  }

  @Override
  public AbstractDH create(Object... parameters) throws Exception {
    return new XDH(MontgomeryCurve.x25519, true) {

      @Override
      public KeyEncapsulationMethod getKeyEncapsulation() {
        return PreparedKeyExchange.this;
      }

      @Override
      public Digest getHash() {
        return BuiltinDigests.sha512.create();
      }
    };
  }

  @Override
  public Client getClient() {
    FutureTask<Client> first = PREPARED.getAndSet(null);
    if (first != null) {
      try {
        return first.get();
      } catch (ExecutionException e) {
        // Whatever is wrong with the algorithm here, making it now tells, too.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return BuiltinKEM.sntrup761.getClient();
  }

  @Override
  public Server getServer() {
    throw new UnsupportedOperationException("this is a client");
  }

  @Override
  public String getName() {
    return under.getName();
  }

  @Override
  public boolean isGroupExchange() {
    return false;
  }

  @Override
  public boolean isSupported() {
    return under.isSupported();
  }

  /** Has its key pair when it is made, and not when a key exchange begins with it. */
  private static final class WithKeys implements Client {

    private final Client client;

    WithKeys(Client client) {
      this.client = client;
      client.init();
    }

    @Override
    public void init() {}

    @Override
    public byte[] getPublicKey() {
      return client.getPublicKey();
    }

    @Override
    public byte[] extractSecret(byte[] encapsulated) {
      return client.extractSecret(encapsulated);
    }

    @Override
    public int getEncapsulationLength() {
      return client.getEncapsulationLength();
    }
  }
}
