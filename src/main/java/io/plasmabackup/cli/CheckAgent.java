package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.cli.Finding.Verdict;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Target;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code plasma-agent check}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Looks whether a backup could be made, and leaves nothing behind.",
      "It does all that a run does before it makes snapshots, and the login.",
      ""
    })
final class CheckAgent implements Callable<ExitCode> {

  @ParentCommand private PlasmaAgent agent = new PlasmaAgent();

  @Option(names = "--strict", description = "End with exit status 22 if there are warnings.")
  private boolean strict;

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-agent", System.out, System.err);
    Checklist list = new Checklist(json ? finding -> {} : finding -> log.info(line(finding)));
    MachineChecks machine = new MachineChecks(list);
    if (machine.isPlatformSupported()) {
      Optional<Path> file = file(list);
      Optional<Configuration> configuration = file.flatMap(machine::configuration);
      if (configuration.isPresent()) {
        check(configuration.get(), file.get(), machine, list, log);
      } else {
        list.skip("all else", "no configuration");
      }
    }
    ExitCode exitCode = list.exitCode(strict);
    if (json) {
      System.out.println(ChecklistJson.of(list.findings(), exitCode));
    } else {
      log.info(summary(list));
    }
    return exitCode;
  }

  /** Only a wrong command line is no finding. */
  private Optional<Path> file(Checklist list) throws Failure {
    try {
      return Optional.of(agent.configurationFor("check"));
    } catch (Failure failure) {
      if (failure.exitCode() == ExitCode.USAGE) {
        throw failure;
      }
      list.fail("configuration", failure);
      return Optional.empty();
    }
  }

  private static void check(
      Configuration configuration, Path file, MachineChecks machine, Checklist list, Log log) {
    Storage.prepare(configuration);
    Clock clock = Clock.systemUTC();
    machine.privileges(configuration);
    boolean busy = machine.stateFolder(configuration, file);
    new FolderChecks(list, configuration, clock).folders();
    machine.hooks(configuration);
    machine.tempfile(configuration, busy);
    for (Target target : configuration.targets()) {
      list.about(target.name());
      new StorageChecks(list, configuration, target, log, clock).all();
    }
  }

  private static String line(Finding finding) {
    // As wide as what is looked at most often.
    return "%-7s  %-15s  %s%s"
        .formatted(
            finding.verdict().text(),
            finding.check(),
            finding.target().map(name -> name + ": ").orElse(""),
            finding.text());
  }

  private static String summary(Checklist list) {
    String others =
        Stream.of(Verdict.FAILED, Verdict.WARNING, Verdict.SKIPPED)
            .filter(verdict -> list.count(verdict) > 0)
            .map(verdict -> list.count(verdict) + " " + verdict.text())
            .collect(Collectors.joining(", "));
    return others.isEmpty() ? "all is well" : others;
  }
}
