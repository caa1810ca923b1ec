package io.plasmabackup.age;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/** Whatever a storage gives back as an age file: it is what was encrypted, or it is refused. */
class AgeFileFuzzTest {

  /** To which the first seed is encrypted, with this content. */
  private static final String IDENTITY =
      "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

  private static final byte[] CONTENT =
      "What is encrypted, once.\n".getBytes(StandardCharsets.US_ASCII);

  @FuzzTest
  void anyBytes(byte[] file) throws Exception {
    List<Identity> identities = Identity.parse(IDENTITY.getBytes(StandardCharsets.US_ASCII));
    try {
      assertThat(AgeFiles.decrypted(file, identities)).isEqualTo(CONTENT);
    } catch (NotForUs | MalformedHeader | GeneralSecurityException | NoSuchElementException e) {
      assertThat(e).hasMessageNotContaining("SECRET");
    }
    try {
      var _ = Identity.parse(file);
    } catch (UnusableKey e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
    var _ = Recipient.problem(new String(file, StandardCharsets.UTF_8));
    var _ = PayloadKey.fromBytes(Arrays.copyOf(file, Math.min(file.length, 100)));
  }
}
