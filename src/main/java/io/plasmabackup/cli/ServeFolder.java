package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.serve.FolderServer;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code plasma-store serve}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Copies and compares for an agent, which starts it itself.",
      "Requests and answers (docs/store-protocol.md) go over standard input and output.",
      ""
    })
final class ServeFolder implements Callable<ExitCode> {

  private final InputStream requests;
  private final OutputStream answers;

  @Parameters(paramLabel = "DIR", description = "The folder that holds the archives.")
  private Path folder = Path.of("");

  ServeFolder() {
    // Unbuffered: each answer is sent when it is known.
    this(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
  }

  ServeFolder(InputStream requests, OutputStream answers) {
    this.requests = requests;
    this.answers = answers;
  }

  @Override
  public ExitCode call() throws Failure {
    try (FolderServer server = FolderServer.open(folder)) {
      server.serve(Build.number(), requests, answers);
    }
    return ExitCode.OK;
  }
}
