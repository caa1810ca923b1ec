package io.plasmabackup.store.guard;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A packet from a client, read from its start to its end: draft-ietf-secsh-filexfer-02. Numbers are
 * unsigned there; those of 64 bits that Java's long can't hold are negative here.
 */
final class SftpRequest {

  /** What OpenSSH's server takes at most, in bytes, after the length. */
  static final int MOST = 256 * 1024;

  private final int type;
  private final ByteBuffer body;

  private SftpRequest(int type, ByteBuffer body) {
    this.type = type;
    this.body = body;
  }

  /** What came in is not SFTP: nothing that follows can be understood. */
  static final class Malformed extends IOException {

    private static final long serialVersionUID = 1;

    Malformed(String why) {
      super(why);
    }
  }

  /**
   * Reads the next one.
   *
   * @param room of {@link #MOST} bytes, which the request is in until the next one is read
   * @return empty at the end, be it in the middle of a packet
   */
  static Optional<SftpRequest> read(InputStream in, byte[] room) throws IOException {
    byte[] head = in.readNBytes(Integer.BYTES);
    if (head.length < Integer.BYTES) {
      return Optional.empty();
    }
    int length = ByteBuffer.wrap(head).getInt();
    if (length < 1 || length > MOST) {
      throw new Malformed("a packet has " + Integer.toUnsignedString(length) + " bytes");
    }
    if (in.readNBytes(room, 0, length) < length) {
      return Optional.empty();
    }
    return Optional.of(new SftpRequest(room[0] & 0xff, ByteBuffer.wrap(room, 1, length - 1)));
  }

  int type() {
    return type;
  }

  int number() throws Malformed {
    try {
      return body.getInt();
    } catch (BufferUnderflowException e) {
      throw tooShort();
    }
  }

  long longNumber() throws Malformed {
    try {
      return body.getLong();
    } catch (BufferUnderflowException e) {
      throw tooShort();
    }
  }

  /** A string of bytes, where it is; its content is not copied. */
  ByteBuffer bytes() throws Malformed {
    int length = number();
    if (length < 0 || length > body.remaining()) {
      throw tooShort();
    }
    ByteBuffer bytes = body.slice(body.position(), length);
    body.position(body.position() + length);
    return bytes;
  }

  /** A string of characters; empty if it isn't UTF-8. */
  Optional<String> text() throws Malformed {
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes()).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static Malformed tooShort() {
    Malformed malformed = new Malformed("a packet ends too early");
    malformed.initCause(new EOFException());
    return malformed;
  }
}
