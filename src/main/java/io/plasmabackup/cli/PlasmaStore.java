package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.StoreProtocol;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;

/** {@code plasma-store}. */
@Command(
    name = "plasma-store",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Helps plasma-agent on the storage server: where an archive has what an earlier one in the same folder has, it"
          + " shares that one's blocks, or copies them, and compares what is stored with its digests.",
      "",
      "It needs no configuration, and nobody has to start it: where it is on the PATH for SSH commands, the agent does.",
      ""
    })
public final class PlasmaStore implements Program.Parent {

  public static void main(String[] arguments) {
    Program.main(new PlasmaStore(), arguments);
  }

  @Override
  public Map<String, Supplier<Callable<ExitCode>>> subcommands() {
    Map<String, Supplier<Callable<ExitCode>>> subcommands = new LinkedHashMap<>();
    subcommands.put(StoreProtocol.SERVE, ServeFolder::new);
    return subcommands;
  }

  @Override
  public ExitCode call() throws Failure {
    throw new Failure(ExitCode.USAGE, "says what to do by a word: serve; see plasma-store --help");
  }
}
