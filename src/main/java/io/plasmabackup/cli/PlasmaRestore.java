package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code plasma-restore}. */
@Command(name = "plasma-restore", mixinStandardHelpOptions = true, versionProvider = Version.class)
public final class PlasmaRestore implements Callable<ExitCode> {

  public static void main(String[] arguments) {
    Program.main(new PlasmaRestore(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(ExitCode.USAGE, "not there yet");
  }
}
