package io.plasmabackup.age;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Keys and files of age, as its own tool makes and reads them. */
public final class AgeFiles {

  private static final int CAPACITY = PayloadKey.LONGEST_HEADER + 3 * Payload.STORED_CHUNK;

  private AgeFiles() {}

  /**
   * A new key.
   *
   * @param file with the private one
   * @param recipient the public one
   */
  public record KeyFile(Path file, String recipient) {

    public List<Identity> identities() throws Exception {
      return Identity.parse(Files.readAllBytes(file));
    }
  }

  /** Makes a key for age. */
  public static KeyFile age(Path folder) throws Exception {
    Path file = folder.resolve("age-" + System.nanoTime());
    Command.run("age-keygen", "-o", file.toString());
    return new KeyFile(file, Command.run("age-keygen", "-y", file.toString()));
  }

  /** Makes a key for SSH, by ssh-keygen with these arguments besides. */
  public static KeyFile ssh(Path folder, String... arguments) throws Exception {
    Path file = folder.resolve("ssh-" + System.nanoTime());
    List<String> command = new ArrayList<>(List.of("ssh-keygen", "-q", "-f"));
    command.add(file.toString());
    command.addAll(List.of(arguments));
    Command.run(command.toArray(String[]::new));
    return new KeyFile(file, Files.readString(Path.of(file + ".pub")).strip());
  }

  /** An age file. */
  public static byte[] encrypted(byte[] content, List<String> recipients) throws Exception {
    List<Recipient> parsed = new ArrayList<>();
    for (String recipient : recipients) {
      parsed.add(Recipient.parse(recipient));
    }
    return encrypted(content, PayloadKey.create(parsed));
  }

  static byte[] encrypted(byte[] content, PayloadKey key) throws Exception {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    Encryptor encryptor = new Encryptor(key, CAPACITY);
    ByteBuffer bytes = ByteBuffer.wrap(content);
    while (!encryptor.add(bytes)) {
      write(encryptor, file);
    }
    while (!encryptor.end()) {
      write(encryptor, file);
    }
    write(encryptor, file);
    return file.toByteArray();
  }

  private static void write(Encryptor encryptor, ByteArrayOutputStream file) {
    ByteBuffer ready = encryptor.take();
    byte[] bytes = new byte[ready.remaining()];
    ready.get(bytes);
    file.writeBytes(bytes);
  }

  /** What is in an age file, all of it, as we read it. */
  static byte[] decrypted(byte[] file, List<Identity> identities) throws Exception {
    OpenedHeader header =
        OpenedHeader.open(
            Arrays.copyOf(file, Math.min(file.length, PayloadKey.LONGEST_HEADER)), identities);
    byte[] content = new byte[(int) Payload.content(file.length - header.length()).orElseThrow()];
    int at = 0;
    long chunk = 0;
    for (int from = header.length(); from < file.length; from += Payload.STORED_CHUNK) {
      int length = Math.min(Payload.STORED_CHUNK, file.length - from);
      at +=
          header
              .cipher()
              .decrypt(chunk++, from + length == file.length, file, from, length, content, at);
    }
    return content;
  }

  /** What the tool of age reads in a file. */
  public static byte[] byTool(Path file, Path identity, Path folder) throws Exception {
    // With -o it makes no file of nothing.
    Path content = folder.resolve("content-" + System.nanoTime());
    Process tool =
        new ProcessBuilder("age", "-d", "-i", identity.toString(), file.toString())
            .redirectOutput(content.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(tool.waitFor()).as("age -d %s", file).isZero();
    return Files.readAllBytes(content);
  }
}
