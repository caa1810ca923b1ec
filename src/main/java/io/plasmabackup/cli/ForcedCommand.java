package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.StoreProtocol;
import io.plasmabackup.store.guard.DigestServer;
import io.plasmabackup.store.guard.GuardedFolder;
import io.plasmabackup.store.guard.OfferedCommand;
import io.plasmabackup.store.guard.SftpServer;
import io.plasmabackup.store.serve.FolderServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;

/** Does what a client of {@code sshd} asked for, if that is offered, in this process. */
final class ForcedCommand {

  private final GuardedFolder folder;
  private final boolean reading;
  private final Duration minimumAge;
  private final Clock clock;
  private final InputStream in;
  private final OutputStream out;

  /**
   * @param reading whether what is stored may be read
   * @param minimumAge what rotation keeps where the policy doesn't say
   */
  ForcedCommand(
      GuardedFolder folder,
      boolean reading,
      Duration minimumAge,
      Clock clock,
      InputStream in,
      OutputStream out) {
    this.folder = folder;
    this.reading = reading;
    this.minimumAge = minimumAge;
    this.clock = clock;
    this.in = in;
    this.out = out;
  }

  /**
   * Does it.
   *
   * @param original what the client asked for
   */
  ExitCode run(String original) throws Failure {
    OfferedCommand command =
        OfferedCommand.of(original, folder.paths())
            .orElseThrow(() ->
                new Failure(
                    ExitCode.NOT_OFFERED,
                    "this key may not run that: " + FileNames.shown(original)));
    return switch (command) {
      case OfferedCommand.Sftp _ -> sftp();
      case OfferedCommand.Serve _ -> serve();
      case OfferedCommand.Rotate _ ->
          run(Program.run(new PlasmaRotate(clock, minimumAge), folder.path()));
      case OfferedCommand.Verify verify -> verify(verify);
      case OfferedCommand.Digest digest -> {
        new DigestServer(folder).digest(digest, out);
        yield ExitCode.OK;
      }
      case OfferedCommand.DigestMeanwhile digest -> {
        new DigestServer(folder).digestMeanwhile(digest.fileName(), in, out);
        yield ExitCode.OK;
      }
      case OfferedCommand.Version _ -> say(Build.version());
      case OfferedCommand.Echo echo -> say(echo.word());
    };
  }

  private ExitCode sftp() throws Failure {
    try (SftpServer server = new SftpServer(folder, in, out)) {
      server.serve();
    }
    return ExitCode.OK;
  }

  /** What is copied can be read: out of the partial file. */
  private ExitCode serve() throws Failure {
    requireReading();
    try (FolderServer server = FolderServer.of(folder.open(), folder)) {
      server.serve(Build.number(), in, out);
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.STORAGE, e.getMessage(), e);
    }
    return ExitCode.OK;
  }

  private ExitCode verify(OfferedCommand.Verify verify) throws Failure {
    requireReading();
    String name = verify.archive().fileName();
    return run(
        verify.quick()
            ? Program.run(
                new PlasmaRestore(),
                "verify",
                "--json",
                "--from",
                folder.path(),
                "--quick",
                "--",
                name)
            : Program.run(
                new PlasmaRestore(), "verify", "--json", "--from", folder.path(), "--", name));
  }

  private void requireReading() throws Failure {
    if (!reading) {
      throw new Failure(ExitCode.NOT_OFFERED, StoreProtocol.NOT_READABLE);
    }
  }

  private ExitCode say(String word) throws Failure {
    try {
      out.write((word + "\n").getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return ExitCode.OK;
    } catch (IOException e) {
      throw new Failure(ExitCode.CONNECTION, "cannot answer: " + e.getMessage(), e);
    }
  }

  /** Of another command, which has said everything itself. */
  private static ExitCode run(int status) {
    return Arrays.stream(ExitCode.values())
        .filter(code -> code.number() == status)
        .findFirst()
        .orElse(ExitCode.INTERNAL);
  }
}
