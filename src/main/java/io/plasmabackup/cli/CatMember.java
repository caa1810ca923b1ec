package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.store.Store;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore cat}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {"Writes a file's content to standard output, reading little else.", ""})
final class CatMember implements Callable<ExitCode> {

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private String archive = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "A file, as it was on the machine.")
  private String path = "";

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    try (Store store = where.open(log);
        Archive opened = Archive.open(store, archive, log::warn);
        OutputStream out = new FileOutputStream(FileDescriptor.out)) {
      opened.cat(RawPath.of(path), out);
    } catch (IOException e) {
      throw new Failure(ExitCode.TARGET, "cannot write to standard output: " + e.getMessage(), e);
    }
    return ExitCode.OK;
  }
}
