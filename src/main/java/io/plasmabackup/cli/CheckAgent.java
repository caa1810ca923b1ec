package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.ConfigurationFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code plasma-agent check}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {"Looks whether a backup could be made, and changes nothing.", ""})
final class CheckAgent implements Callable<ExitCode> {

  @ParentCommand private PlasmaAgent agent = new PlasmaAgent();

  @Override
  public ExitCode call() throws Failure {
    Path file = agent.configurationFor("check");
    var _ = ConfigurationFile.read(file);
    new Log("plasma-agent", System.out, System.err).info("ok       configuration  " + file);
    return ExitCode.OK;
  }
}
