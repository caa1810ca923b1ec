package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code plasma-restore}. */
@Command(
    name = "plasma-restore",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      ListArchives.class,
      ListMembers.class,
      FindMembers.class,
      CatMember.class,
      ExtractArchive.class,
      DiffArchive.class,
      VerifyArchives.class,
      DrillArchive.class,
      ReindexArchives.class
    },
    description = {
      "Shows, extracts and verifies the archives of plasma-agent: on the machine that was backed up, on the storage server,"
          + " or anywhere else that can reach them.",
      ""
    },
    footer = {
      "",
      "An archive is a plain tar, or zstd and tar. To restore one, as root, in the target folder:",
      "",
      "  " + PlasmaRestore.BY_TAR
    })
public final class PlasmaRestore implements Callable<ExitCode> {

  static final String BY_TAR =
      "tar -xpf ARCHIVE --numeric-owner --acls --xattrs --xattrs-include='*'";

  public static void main(String[] arguments) {
    Program.main(new PlasmaRestore(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(
        ExitCode.USAGE, "says what to do by a word, such as list; see plasma-restore --help");
  }
}
