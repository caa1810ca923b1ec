package io.plasmabackup.manual;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A page in the man(7) macros that groff and mandoc have in common, in ASCII. Texts are plain, or
 * what {@link Inline} made of Markdown.
 */
final class Roff {

  /** Of a line of the source; mandoc complains from 80 on. */
  private static final int WIDTH = 76;

  private static final Pattern SPACES = Pattern.compile("\\s+");

  private final StringBuilder page = new StringBuilder();
  private boolean afterHeading;

  /**
   * @param date of what the page tells about, as in 2026-01-31
   * @param product that it belongs to, with its version
   */
  Roff(String name, int section, String date, String product) {
    page.append(".\\\" Made by scripts/manual\n");
    macro(
        "TH",
        plain(name.toUpperCase(Locale.ROOT)),
        Integer.toString(section),
        date,
        plain(product),
        "Plasma");
  }

  Roff heading(String text) {
    macro("SH", plain(text.toUpperCase(Locale.ROOT)));
    afterHeading = true;
    return this;
  }

  Roff subheading(String text) {
    macro("SS", plain(text));
    afterHeading = true;
    return this;
  }

  Roff paragraph(Inline text) {
    beginParagraph();
    fill(text.roff());
    return this;
  }

  /** A paragraph that stands to the right of what it is about, or below that. */
  Roff tagged(Inline tag, Inline text) {
    page.append(".TP\n").append(protectedStart(tag.roff())).append('\n');
    fill(text.roff());
    return this;
  }

  Roff item(Inline text) {
    page.append(".IP \\(bu 2\n");
    fill(text.roff());
    return this;
  }

  /** Lines as they are. */
  Roff example(String lines) {
    beginParagraph();
    page.append(".RS 4\n.nf\n");
    lines
        .lines()
        .forEach(line -> page.append(protectedStart(escaped(line.stripTrailing()))).append('\n'));
    page.append(".fi\n.RE\n");
    return this;
  }

  private void macro(String name, String... arguments) {
    page.append('.').append(name);
    for (String argument : arguments) {
      page.append(" \"").append(argument).append('"');
    }
    page.append('\n');
  }

  /** A heading has begun one already. */
  private void beginParagraph() {
    if (!afterHeading) {
      page.append(".PP\n");
    }
    afterHeading = false;
  }

  private void fill(String roff) {
    afterHeading = false;
    int column = 0;
    for (String word : SPACES.splitAsStream(roff.strip()).toList()) {
      if (column > 0 && column + 1 + word.length() > WIDTH) {
        page.append('\n');
        column = 0;
      }
      if (column == 0) {
        word = protectedStart(word);
      } else {
        page.append(' ');
        column++;
      }
      page.append(word);
      column += word.length();
    }
    page.append('\n');
  }

  /** A line that begins like this would be a request. */
  private static String protectedStart(String line) {
    return line.startsWith(".") || line.startsWith("'") || line.isEmpty() ? "\\&" + line : line;
  }

  private static String plain(String text) {
    return Inline.plain(text).roff();
  }

  /** {@code text} with nothing in it that roff would take for more than that. */
  static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\\' -> escaped.append("\\e");
            case '-' -> escaped.append("\\-");
            case '\'' -> escaped.append("\\(aq");
            case '"' -> escaped.append("\\(dq");
            case '`' -> escaped.append("\\(ga");
            case '^' -> escaped.append("\\(ha");
            case '~' -> escaped.append("\\(ti");
            default -> {
              if (c < ' ') {
                throw new IllegalArgumentException("a control character in: " + text);
              }
              if (c < 0x7f) {
                escaped.append((char) c);
              } else {
                escaped.append("\\[u%04X]".formatted(c));
              }
            }
          }
        });
    return escaped.toString();
  }

  @Override
  public String toString() {
    return page.toString();
  }
}
