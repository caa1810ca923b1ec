package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** {@code plasma-restore}. */
@Command(
    name = "plasma-restore",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Will list, browse, extract and verify archives. It cannot do anything yet.",
    footer = {
      "",
      "Until then: an archive is a plain tar that GNU tar restores. As root, in the target folder:",
      "",
      "  " + PlasmaRestore.BY_TAR
    })
public final class PlasmaRestore implements Callable<ExitCode> {

  static final String BY_TAR =
      "tar -xpf ARCHIVE --numeric-owner --acls --xattrs --xattrs-include='*'";

  /** Whatever was asked for: the answer is the same. */
  @Unmatched private List<String> ignored = new ArrayList<>();

  public static void main(String[] arguments) {
    Program.main(new PlasmaRestore(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(
        ExitCode.USAGE,
        "cannot do anything yet; restore by tar, as root in the target folder: " + BY_TAR);
  }
}
