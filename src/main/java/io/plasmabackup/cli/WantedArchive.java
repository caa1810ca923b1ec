package io.plasmabackup.cli;

/** How an archive is named on the command line. */
final class WantedArchive {

  static final String DESCRIPTION =
      "An archive: its file name, how only its name begins (as in 20260105), or latest.";

  private WantedArchive() {}
}
