package io.plasmabackup.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The lines of {@code abi.txt}, which says what they mean. */
final class Abi {

  private static final String DEVIATION = "aarch64=";

  private Abi() {}

  enum Architecture {
    X86_64("amd64", "x86_64-linux-gnu-gcc"),
    AARCH64("aarch64", "aarch64-linux-gnu-gcc");

    private final String javaName;
    private final String crossCompiler;

    Architecture(String javaName, String crossCompiler) {
      this.javaName = javaName;
      this.crossCompiler = crossCompiler;
    }

    String javaName() {
      return javaName;
    }

    /** The C compiler for it on this machine. */
    String compiler() {
      return javaName.equals(System.getProperty("os.arch")) ? "cc" : crossCompiler;
    }
  }

  /**
   * One line.
   *
   * @param subject kind and name, such as {@code size statx}
   * @param values as written, in C's notation
   */
  record Line(String subject, List<String> values) {

    String kind() {
      return subject.substring(0, subject.indexOf(' '));
    }

    String name() {
      return subject.substring(subject.indexOf(' ') + 1);
    }

    boolean deviates() {
      return values.getLast().startsWith(DEVIATION);
    }

    String text(int index, Architecture architecture) {
      return architecture == Architecture.AARCH64 && deviates()
          ? values.getLast().substring(DEVIATION.length())
          : values.get(index);
    }

    long value(int index) {
      return value(index, Architecture.X86_64);
    }

    long value(int index, Architecture architecture) {
      return Long.decode(text(index, architecture));
    }

    /** A C declaration that doesn't compile where this doesn't hold. */
    String assertion(Architecture architecture) {
      String condition =
          switch (kind()) {
            case "constant" -> "%s == %s".formatted(name(), text(0, architecture));
            case "size" -> "sizeof(struct %s) == %d".formatted(name(), value(0));
            case "field" -> {
              String[] names = name().split("\\.", -1);
              yield "offsetof(struct %1$s, %2$s) == %3$d && sizeof(((struct %1$s *)0)->%2$s) == %4$d"
                  .formatted(names[0], names[1], value(0), value(1));
            }
            default -> throw new IllegalArgumentException(subject);
          };
      return "_Static_assert(%s, \"%s\");%n".formatted(condition, subject);
    }
  }

  static List<Line> lines() throws IOException {
    try (InputStream in = Objects.requireNonNull(Abi.class.getResourceAsStream("abi.txt"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isEmpty() && !line.startsWith("#"))
          .map(line -> {
            String[] words = line.split(" ", -1);
            return new Line(words[0] + " " + words[1], List.of(words).subList(2, words.length));
          })
          .toList();
    }
  }
}
