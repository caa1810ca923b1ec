package io.plasmabackup.cli;

/** How an archive is named on the command line. */
final class WantedArchive {

  static final String DESCRIPTION = "Its file name, how that begins (20260105), or latest.";

  private WantedArchive() {}
}
