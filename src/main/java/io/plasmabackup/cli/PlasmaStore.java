package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.StoreProtocol;
import io.plasmabackup.store.guard.GuardedFolder;
import io.plasmabackup.store.guard.Limits;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-store}. */
@Command(
    name = "plasma-store",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Lets an agent's key do no more than an agent needs, in one folder.",
      "It is for authorized_keys: restrict,command=\"plasma-store DIR\" ssh-ed25519 ...",
      ""
    })
public final class PlasmaStore implements Program.Parent {

  private static final String ORIGINAL = "SSH_ORIGINAL_COMMAND";

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "The folder that the key is for.")
  private @Nullable Path folder;

  @Option(names = "--no-read", description = "Let the key read nothing of what is stored.")
  private boolean noRead;

  @Option(
      names = "--max-archives-per-day",
      paramLabel = "NUMBER",
      defaultValue = "8",
      description = "New archives within 24 hours (${DEFAULT-VALUE}).")
  private int archivesPerDay;

  @Option(
      names = "--max-bytes-per-day",
      paramLabel = "SIZE",
      converter = Amounts.Bytes.class,
      description = "New bytes within 24 hours, such as 500G (any).")
  private @Nullable Long bytesPerDay;

  @Option(
      names = "--keep-free",
      paramLabel = "SIZE",
      defaultValue = "1G",
      converter = Amounts.Bytes.class,
      description = "What is to stay free on the filesystem (${DEFAULT-VALUE}).")
  private long keptFree;

  @Option(
      names = "--max-partials",
      paramLabel = "NUMBER",
      defaultValue = "16",
      description = "Partial files at a time (${DEFAULT-VALUE}).")
  private int partials;

  @Option(
      names = "--window",
      paramLabel = "TIME",
      defaultValue = "7d",
      converter = Amounts.Time.class,
      description = "How old a new archive may be by its name (${DEFAULT-VALUE}).")
  private Duration window = Duration.ZERO;

  @Option(
      names = "--minimum-age",
      paramLabel = "TIME",
      defaultValue = "7d",
      converter = Amounts.Time.class,
      description = "What rotation keeps at least (${DEFAULT-VALUE}).")
  private Duration minimumAge = Duration.ZERO;

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
    if (folder == null || folder.toString().isEmpty()) {
      throw new Failure(
          ExitCode.USAGE, "needs a DIR, or what to do: serve; see plasma-store --help");
    }
    Limits limits = limits();
    String original = System.getenv(ORIGINAL);
    if (original == null) {
      throw new Failure(
          ExitCode.NOT_OFFERED,
          "this is for sshd to start, as the command of a key in authorized_keys, for what plasma-agent"
              + " asks for; there is no shell");
    }
    Clock clock = Clock.system(ZoneId.systemDefault());
    Path start = Path.of("").toAbsolutePath();
    try (GuardedFolder guarded = GuardedFolder.open(folder, start, limits, clock)) {
      return new ForcedCommand(
              guarded,
              limits.reading(),
              minimumAge,
              clock,
              new FileInputStream(FileDescriptor.in),
              // Unbuffered: each answer is sent when it is known.
              new FileOutputStream(FileDescriptor.out))
          .run(original);
    }
  }

  private Limits limits() throws Failure {
    try {
      return new Limits(
          !noRead,
          window,
          archivesPerDay,
          bytesPerDay == null ? OptionalLong.empty() : OptionalLong.of(bytesPerDay),
          partials,
          keptFree);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          ExitCode.USAGE,
          "a limit is too small: --window must be 26h at least, and there must be room for an archive",
          e);
    }
  }
}
