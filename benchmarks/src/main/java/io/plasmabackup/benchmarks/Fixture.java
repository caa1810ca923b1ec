package io.plasmabackup.benchmarks;

import io.plasmabackup.linux.RawPath;
import java.nio.file.Path;

/** What scripts/bench has made: it hands the places over as system properties. */
final class Fixture {

  private Fixture() {}

  /** Root of a btrfs subvolume with the files that are archived; nobody changes them. */
  static RawPath tree() {
    return RawPath.of(property("plasma.bench.tree"));
  }

  /** A read-only snapshot of it. */
  static RawPath snapshot() {
    return RawPath.of(property("plasma.bench.snapshot"));
  }

  /** An empty directory on that btrfs, for subvolumes. */
  static Path subvolumes() {
    return Path.of(property("plasma.bench.subvolumes"));
  }

  /** A directory for archives, on the filesystem that GNU tar is measured on, too. */
  static Path output() {
    return Path.of(property("plasma.bench.output"));
  }

  /** A directory of this machine's memory, to which files are uploaded. */
  static Path server() {
    return Path.of(property("plasma.bench.server"));
  }

  /** The key that the OpenSSH server on this machine lets root in with, and its known_hosts. */
  static Path key() {
    return Path.of(property("plasma.bench.key"));
  }

  static Path knownHosts() {
    return Path.of(property("plasma.bench.knownHosts"));
  }

  private static String property(String name) {
    String value = System.getProperty(name);
    if (value == null) {
      throw new IllegalStateException(
          "-D" + name + " is not set: run scripts/bench, which makes what is measured on");
    }
    return value;
  }
}
