package io.plasmabackup.store.guard;

import io.plasmabackup.linux.FileStatus;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A packet to a client. */
final class SftpReply {

  private static final int ATTRIBUTES_SIZE = 1;
  private static final int ATTRIBUTES_OWNER = 2;
  private static final int ATTRIBUTES_MODE = 4;
  private static final int ATTRIBUTES_TIMES = 8;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream data = new DataOutputStream(bytes);

  SftpReply(int type, int id) throws IOException {
    data.writeInt(0);
    data.writeByte(type);
    data.writeInt(id);
  }

  SftpReply number(int number) throws IOException {
    data.writeInt(number);
    return this;
  }

  SftpReply longNumber(long number) throws IOException {
    data.writeLong(number);
    return this;
  }

  SftpReply bytes(byte[] from, int length) throws IOException {
    data.writeInt(length);
    data.write(from, 0, length);
    return this;
  }

  SftpReply text(String text) throws IOException {
    byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    return bytes(encoded, encoded.length);
  }

  SftpReply attributes(FileStatus status) throws IOException {
    return number(ATTRIBUTES_SIZE | ATTRIBUTES_OWNER | ATTRIBUTES_MODE | ATTRIBUTES_TIMES)
        .longNumber(status.size())
        .number((int) status.uid())
        .number((int) status.gid())
        .number(status.mode())
        .number((int) status.modified().seconds())
        .number((int) status.modified().seconds());
  }

  SftpReply noAttributes() throws IOException {
    return number(0);
  }

  /** All in one, as somebody waits for it. */
  void send(OutputStream out) throws IOException {
    byte[] packet = bytes.toByteArray();
    ByteBuffer.wrap(packet).putInt(packet.length - Integer.BYTES);
    out.write(packet);
    out.flush();
  }
}
