package io.plasmabackup.store.serve;

import io.plasmabackup.store.StoreProtocol;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One request, as words.
 *
 * @param words at least one
 */
record RequestLine(List<String> words) {

  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,17}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");

  RequestLine {
    words = List.copyOf(words);
  }

  /** It isn't a request of this protocol: what follows it can't be understood either. */
  static final class Malformed extends IOException {

    private static final long serialVersionUID = 1;

    Malformed(String why) {
      super(why);
    }
  }

  /**
   * Reads the next one.
   *
   * @param in buffered
   * @return empty at the end, be it in the middle of a line
   */
  static Optional<RequestLine> read(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        return Optional.empty();
      }
      if (next < ' ' || next > '~') {
        throw new Malformed("a request has a byte that is no character of ASCII");
      }
      if (line.length() == StoreProtocol.MOST_LINE) {
        throw new Malformed("a request is longer than " + StoreProtocol.MOST_LINE + " bytes");
      }
      line.append((char) next);
    }
    return Optional.of(new RequestLine(List.of(line.toString().split(" ", -1))));
  }

  String verb() {
    return words.getFirst();
  }

  void requireArguments(int count) throws Malformed {
    if (words.size() != count + 1) {
      throw new Malformed(verb() + " takes " + count + " arguments, not " + (words.size() - 1));
    }
  }

  /** The argument with this number, from 1 on. */
  String argument(int number) {
    return words.get(number);
  }

  /** As a number of 0 to 10^18. */
  long number(int argument) throws Malformed {
    String digits = argument(argument);
    if (!NUMBER.matcher(digits).matches()) {
      throw new Malformed("argument " + argument + " of " + verb() + " is not a number");
    }
    return Long.parseLong(digits);
  }

  /** As a number of bytes that one request may be about. */
  long length(int argument) throws Malformed {
    long length = number(argument);
    if (length < 1 || length > StoreProtocol.MOST_BYTES) {
      throw new Malformed(
          "argument %d of %s is not from 1 to %d"
              .formatted(argument, verb(), StoreProtocol.MOST_BYTES));
    }
    return length;
  }

  byte[] sha256(int argument) throws Malformed {
    String digits = argument(argument);
    if (!DIGEST.matcher(digits).matches()) {
      throw new Malformed("argument " + argument + " of " + verb() + " is not a SHA-256");
    }
    return HexFormat.of().parseHex(digits);
  }
}
