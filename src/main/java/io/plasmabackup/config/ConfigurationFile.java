package io.plasmabackup.config;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The file that tells the agent what to do. */
public final class ConfigurationFile {

  private static final Path DIRECTORY = Path.of("/etc");
  private static final String NAME = "plasma-agent.conf";

  /** Where the configuration is, unless the command line names another or only its elder exists. */
  public static final Path USUAL = DIRECTORY.resolve(NAME);

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private ConfigurationFile() {}

  /**
   * Where the configuration is unless the command line names another: {@code
   * /etc/plasma-agent.conf}, or {@code /etc/plasma-agent.json} where only that exists.
   *
   * @throws Failure ({@link ExitCode#CONFIGURATION}) if there is neither
   */
  public static Path find() throws Failure {
    return find(DIRECTORY);
  }

  /** As {@link #find()}, below another directory than {@code /etc}. */
  static Path find(Path directory) throws Failure {
    Path conf = directory.resolve(NAME);
    Path json = directory.resolve("plasma-agent.json");
    for (Path candidate : new Path[] {conf, json}) {
      // One that can't be looked at, or a link to nowhere, is there: reading it tells what is
      // wrong.
      if (!Files.notExists(candidate, LinkOption.NOFOLLOW_LINKS)) {
        return candidate;
      }
    }
    throw new Failure(
        ExitCode.CONFIGURATION,
        "no configuration: neither "
            + conf
            + " nor "
            + json
            + " exists; write one, or name another file with --config");
  }

  /**
   * All that the machine has: what {@link #find()} finds, if anything, and {@code
   * /etc/plasma-agent.d/*.conf} in the order of their names.
   *
   * @throws Failure ({@link ExitCode#CONFIGURATION}) if there is none
   */
  public static List<Path> all() throws Failure {
    return all(DIRECTORY);
  }

  /** As {@link #all()}, below another directory than {@code /etc}. */
  static List<Path> all(Path directory) throws Failure {
    List<Path> found = new ArrayList<>();
    Path several = directory.resolve("plasma-agent.d");
    try (DirectoryStream<Path> files = Files.newDirectoryStream(several, "*.conf")) {
      files.forEach(found::add);
    } catch (NoSuchFileException none) {
      // Then there is the one, or nothing.
    } catch (IOException | DirectoryIteratorException e) {
      throw new Failure(ExitCode.CONFIGURATION, "cannot list " + several + ": " + e, e);
    }
    found.sort(null);
    try {
      found.addFirst(find(directory));
    } catch (Failure none) {
      if (found.isEmpty()) {
        throw none;
      }
    }
    return List.copyOf(found);
  }

  /**
   * Reads and checks a configuration. Its commands will run as the user who runs this, so nobody
   * but that user and root may be able to write it.
   *
   * @throws Failure ({@link ExitCode#CONFIGURATION}) about the first thing that is wrong, as {@code
   *     file:line: …} or {@code file:line:column: …} where that applies
   */
  public static Configuration read(Path file) throws Failure {
    long user;
    try {
      user = EffectiveUser.id();
    } catch (IOException unknown) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          file + ": cannot tell who runs this, is /proc mounted? " + unknown.getMessage(),
          unknown);
    }
    return read(file, user);
  }

  /**
   * Whether a file is a configuration without any key, as packages install it for the administrator
   * to fill in.
   *
   * @return false also if it isn't there, or can't be read
   */
  public static boolean saysNothing(Path file) {
    Source source = new Source(file);
    try {
      byte[] bytes = TrustedFile.read(source, EffectiveUser.id());
      return JsonReader.read(source, decode(source, bytes)).byKey().isEmpty();
    } catch (Failure | IOException e) {
      return false;
    }
  }

  /** As {@link #read(Path)}, on behalf of the user with the id {@code user}. */
  static Configuration read(Path file, long user) throws Failure {
    Source source = new Source(file);
    return parse(source, TrustedFile.read(source, user));
  }

  /**
   * What a file would say that has this content.
   *
   * @param file where it will be, for messages
   * @throws Failure as {@link #read(Path)}
   */
  public static Configuration parse(Path file, String content) throws Failure {
    return parse(new Source(file), content.getBytes(StandardCharsets.UTF_8));
  }

  /** What a file with these bytes says. */
  static Configuration parse(Source source, byte[] bytes) throws Failure {
    return ConfigurationReader.read(source, JsonReader.read(source, decode(source, bytes)));
  }

  private static String decode(Source source, byte[] bytes) throws Failure {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    // No sequence of UTF-8 gives more characters than it has bytes.
    CharBuffer text = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, true);
    text.flip();
    if (result.isError()) {
      long line = 1 + text.chars().filter(c -> c == '\n').count();
      throw source.failure((int) line, "not UTF-8; save the file in that encoding");
    }
    String decoded = text.toString();
    return decoded.startsWith(BYTE_ORDER_MARK) ? decoded.substring(1) : decoded;
  }
}
