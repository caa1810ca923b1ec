package io.plasmabackup.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code plasma-store} on a server and the agent say to each other, as docs/store-protocol.md
 * has it: lines of ASCII, one for each request and one for each answer.
 */
public final class StoreProtocol {

  /** The command, and what it is to do. */
  public static final String PROGRAM = "plasma-store";

  public static final String SERVE = "serve";

  /** What everything begins with that the forced command refuses in its own words. */
  public static final String SAYS = PROGRAM + ": ";

  /** What it says to a key that may store only. */
  public static final String NOT_READABLE = "this key may not read what is stored (--no-read)";

  /** What a shell says, and this program too, when there is no such command. */
  public static final int NO_SUCH_COMMAND = 127;

  /** The name by which the script is started that digests a file while it is being written. */
  public static final String DIGEST_SCRIPT = "plasma-digest";

  /** Bytes that this digests for a line {@link #MORE}. */
  public static final long DIGEST_STEP = 64L << 20;

  public static final String MORE = "more";

  /** A line that has the rest digested, and the digest told. */
  public static final String END = "end";

  /** Which protocol this is: two that have another number don't understand each other. */
  public static final int NUMBER = 1;

  /** Bytes in a line at most, without its end. */
  public static final int MOST_LINE = 1024;

  /** Bytes that one request may be about at most. */
  public static final long MOST_BYTES = 1L << 30;

  public static final String SOURCE = "source";
  public static final String TARGET = "target";
  public static final String COPY = "copy";
  public static final String CHECK = "check";
  public static final String DIGEST = "digest";

  public static final String OK = "ok";
  public static final String OK_SHARES = "ok shares";
  public static final String OK_COPIES = "ok copies";
  public static final String DIFFERS = "differs";

  /** Followed by a space and why, for people. */
  public static final String FAILED = "failed";

  private static final Pattern GREETING =
      Pattern.compile(PROGRAM + " ([0-9]{1,9}) ([\\x21-\\x7e]{1,100})");

  private StoreProtocol() {}

  /**
   * The server's first line.
   *
   * @param protocol its number
   * @param version of the program, for people
   */
  public record Greeting(int protocol, String version) {

    /** As a line, without its end. */
    public String line() {
      return PROGRAM + " " + protocol + " " + version;
    }

    /** Reads a line; empty if it isn't one. */
    public static Optional<Greeting> parse(String line) {
      Matcher greeting = GREETING.matcher(line);
      return greeting.matches()
          ? Optional.of(new Greeting(Integer.parseInt(greeting.group(1)), greeting.group(2)))
          : Optional.empty();
    }
  }
}
