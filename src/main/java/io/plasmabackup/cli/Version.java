package io.plasmabackup.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The version that this build was given by Maven. */
final class Version implements IVersionProvider {

  /** For example {@code 0.1.0}. */
  static String number() {
    Properties build = new Properties();
    try (InputStream in =
        Objects.requireNonNull(Version.class.getResourceAsStream("build.properties"))) {
      build.load(in);
    } catch (IOException unreadableJar) {
      throw new java.io.UncheckedIOException(unreadableJar);
    }
    return build.getProperty("version");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"plasma " + number()};
  }
}
