package io.plasmabackup.benchmarks;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.concurrent.TimeUnit;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the JDK does to each byte, as the product has it done. The floor is {@code openssl speed},
 * which scripts/bench runs beside.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Ciphers {

  /** What OpenSSH's server takes in a packet. */
  private static final int PACKET = 32 * 1024;

  private static final int TAG = 16;

  private final ByteBuffer segment = ByteBuffer.allocateDirect(Floor.SEGMENT);
  private final byte[] packet = new byte[PACKET + TAG];
  private final byte[] nonce = new byte[12];
  private final SecretKeySpec key = new SecretKeySpec(new byte[16], "AES");
  private long packets;

  /** Of a segment where it was packed: off the heap. */
  @Benchmark
  public byte[] sha256(Amount amount) throws GeneralSecurityException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update(segment.duplicate());
    amount.bytes += Floor.SEGMENT;
    return sha256.digest();
  }

  /** Of a packet where it stands, each with a nonce of its own, by one cipher for all. */
  @Benchmark
  public int aesGcm(Gcm gcm, Amount amount) throws GeneralSecurityException {
    ByteBuffer.wrap(nonce).putLong(4, ++packets);
    gcm.cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG * Byte.SIZE, nonce));
    amount.bytes += PACKET;
    return gcm.cipher.doFinal(packet, 0, PACKET, packet, 0);
  }

  /** A cipher. */
  @State(Scope.Benchmark)
  public static class Gcm {
    private final Cipher cipher;

    public Gcm() {
      try {
        cipher = Cipher.getInstance("AES/GCM/NoPadding");
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has it", e);
      }
    }
  }
}
