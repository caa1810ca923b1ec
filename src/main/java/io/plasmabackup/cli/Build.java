package io.plasmabackup.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Which build this is. Apart from {@link Version}, so that asking for it does not load picocli. */
final class Build {

  private Build() {}

  /** As {@code --version} prints it, for example {@code plasma 0.1.0}. */
  static String version() {
    return "plasma ".concat(number());
  }

  /** The version that Maven gave this build, for example {@code 0.1.0}. */
  static String number() {
    Properties build = new Properties();
    try (InputStream in =
        Objects.requireNonNull(Build.class.getResourceAsStream("build.properties"))) {
      build.load(in);
    } catch (IOException unreadableJar) {
      throw new UncheckedIOException(unreadableJar);
    }
    return build.getProperty("version");
  }
}
