package io.plasmabackup.age;

import com.exceptionfactory.jagged.UnsupportedRecipientStanzaException;
import com.exceptionfactory.jagged.framework.format.StandardPayloadKeyReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;

/**
 * How an age file begins, opened with a private key.
 *
 * @param length bytes before the payload, the nonce included
 * @param cipher for the payload
 */
public record OpenedHeader(int length, ChunkCipher cipher) {

  private static final String BEGINNING = "age-encryption.org/v1\n";

  /**
   * Opens an untrusted file.
   *
   * @param start its first {@link PayloadKey#LONGEST_HEADER} bytes, or all of them if it has fewer
   * @throws NotForUs if none of the identities does; also where the part of the header that is for
   *     one of them is damaged, for that looks alike
   * @throws MalformedHeader if it doesn't begin as age files do
   */
  public static OpenedHeader open(byte[] start, List<Identity> identities)
      throws NotForUs, MalformedHeader {
    String beginning =
        new String(
            start, 0, Math.min(start.length, BEGINNING.length()), StandardCharsets.ISO_8859_1);
    if (!beginning.equals(BEGINNING)) {
      throw new MalformedHeader("it does not begin as an age file does");
    }
    ByteBuffer buffer = ByteBuffer.wrap(start).asReadOnlyBuffer();
    try {
      byte[] key =
          new StandardPayloadKeyReader()
              .getPayloadKey(buffer, identities.stream().map(Identity::reader).toList())
              .getEncoded();
      return new OpenedHeader(buffer.position(), new ChunkCipher(key));
    } catch (UnsupportedRecipientStanzaException none) {
      throw new NotForUs();
    } catch (GeneralSecurityException | IOException | RuntimeException malformed) {
      // Whatever the parser stumbles over. It says nothing that helps.
      throw new MalformedHeader("its header is not that of a whole age file");
    }
  }
}
