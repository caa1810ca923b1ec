package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.ssh.SshStore;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/** {@code plasma-restore}. */
@Command(
    name = "plasma-restore",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
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
public final class PlasmaRestore implements Program.Parent {

  static final String BY_TAR =
      "tar -xpf ARCHIVE --numeric-owner --acls --xattrs --xattrs-include='*'";

  public static void main(String[] arguments) {
    if (ArchivesAt.mayBeServer(arguments)) {
      SshStore.prepare();
    }
    Program.main(new PlasmaRestore(), arguments);
  }

  @Override
  public Map<String, Supplier<Callable<ExitCode>>> subcommands() {
    Map<String, Supplier<Callable<ExitCode>>> subcommands = new LinkedHashMap<>();
    subcommands.put("list", ListArchives::new);
    subcommands.put("ls", ListMembers::new);
    subcommands.put("find", FindMembers::new);
    subcommands.put("cat", CatMember::new);
    subcommands.put("extract", ExtractArchive::new);
    subcommands.put("diff", DiffArchive::new);
    subcommands.put("verify", VerifyArchives::new);
    subcommands.put("drill", DrillArchive::new);
    subcommands.put("reindex", ReindexArchives::new);
    return subcommands;
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(
        ExitCode.USAGE, "says what to do by a word, such as list; see plasma-restore --help");
  }
}
