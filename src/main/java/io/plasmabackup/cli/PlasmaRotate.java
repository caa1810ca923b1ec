package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code plasma-rotate}. */
@Command(name = "plasma-rotate", mixinStandardHelpOptions = true, versionProvider = Version.class)
public final class PlasmaRotate implements Callable<ExitCode> {

  public static void main(String[] arguments) {
    Program.main(new PlasmaRotate(), arguments);
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(ExitCode.USAGE, "not there yet");
  }
}
