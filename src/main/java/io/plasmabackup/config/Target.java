package io.plasmabackup.config;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where archives go.
 *
 * @param name tells it from the configuration's other targets: of the form of {@link #NAME}; empty
 *     if it is the only one, and has none
 * @param ssh the server; absent: {@code remoteFolder} is a local directory
 * @param remoteFolder where archives are kept: absolute, or, with {@code ssh} only, relative to the
 *     login's home; not empty, no line breaks, never beginning with {@code -}
 */
public record Target(Optional<String> name, Optional<Ssh> ssh, String remoteFolder) {

  /** Of a name, which is also a part of a file's. */
  static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
}
