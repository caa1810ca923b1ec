package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code plasma-agent}. */
@Command(name = "plasma-agent", mixinStandardHelpOptions = true, versionProvider = Version.class)
public final class PlasmaAgent implements Callable<ExitCode> {

  public static void main(String[] arguments) {
    Program.main(new PlasmaAgent(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(ExitCode.USAGE, "not there yet");
  }
}
