package io.plasmabackup.cli;

import picocli.CommandLine.IVersionProvider;

/** {@link Build#version} for picocli. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {Build.version()};
  }
}
