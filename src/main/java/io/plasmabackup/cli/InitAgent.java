package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.rotate.Policy;
import io.plasmabackup.rotate.PolicyFile;
import io.plasmabackup.setup.Choices;
import io.plasmabackup.setup.ConfigurationText;
import io.plasmabackup.setup.NewFile;
import io.plasmabackup.setup.StorageCommands;
import io.plasmabackup.store.ssh.Bandwidth;
import io.plasmabackup.store.ssh.HostKeyRefused;
import io.plasmabackup.store.ssh.LoginRefused;
import io.plasmabackup.store.ssh.Patience;
import io.plasmabackup.store.ssh.ShellCommand;
import io.plasmabackup.store.ssh.SshKey;
import io.plasmabackup.store.ssh.SshLogin;
import io.plasmabackup.store.ssh.SshTarget;
import io.plasmabackup.store.ssh.UnknownHostKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code plasma-agent init}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Writes a first configuration, and says what the storage server needs.",
      "It makes a key, asks for what no option says, and overwrites nothing.",
      ""
    })
final class InitAgent implements Callable<ExitCode> {

  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final Duration STALL = Duration.ofSeconds(30);

  @ParentCommand private PlasmaAgent agent = new PlasmaAgent();

  @Option(names = "--host", paramLabel = "HOST", description = "The storage server.")
  private @Nullable String host;

  @Option(
      names = "--login",
      paramLabel = "NAME",
      description = "The account there; plasma by default.")
  private @Nullable String login;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "sshd's port there, if not ssh's own.")
  private @Nullable Integer port;

  @Option(
      names = "--remote-folder",
      paramLabel = "FOLDER",
      description = "Where the archives go; /data/backup/ and this machine's name by default.")
  private @Nullable String remoteFolder;

  @Option(
      names = "--folder",
      paramLabel = "FOLDER",
      description =
          "Back up this one; may be given more than once. By default those of /etc, /home, /root and"
              + " /srv that there are, and what else of btrfs is mounted.")
  private @Nullable List<String> folders;

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Leave this out, as in .gitignore; may be given more than once.")
  private @Nullable List<String> exclude;

  @Option(names = "--compression", paramLabel = "HOW", description = "zstd, the default, or none.")
  private @Nullable String compression;

  @Option(
      names = "--identity-file",
      paramLabel = "FILE",
      description = "The private key; made if it isn't there.")
  private @Nullable Path identityFile;

  @Option(
      names = "--no-key",
      description = "Name no key in the configuration: those of ssh are tried.")
  private boolean noKey;

  @Option(
      names = "--accept-host-key",
      paramLabel = "SHA256:…",
      description = "Add the server's host key to known_hosts if this is its fingerprint.")
  private @Nullable String acceptedHostKey;

  @Option(
      names = "--daily",
      paramLabel = "N",
      description = "Daily archives to keep; 5 by default.")
  private @Nullable Integer daily;

  @Option(
      names = "--weekly",
      paramLabel = "N",
      description = "Weekly archives to keep; 3 by default.")
  private @Nullable Integer weekly;

  @Option(
      names = "--monthly",
      paramLabel = "N",
      description = "Monthly archives to keep; 2 by default.")
  private @Nullable Integer monthly;

  @Option(names = "--yes", description = "Ask nothing: take what would be proposed.")
  private boolean yes;

  @Override
  public ExitCode call() throws Failure {
    PlasmaAgent.refuseOtherPlatforms();
    Path file =
        agent.configurationFor("init", ConfigurationFile.USUAL).toAbsolutePath().normalize();
    Questions questions = questions();
    if (host == null && !questions.areAsked()) {
      throw new Failure(
          ExitCode.USAGE,
          "needs --host where there is no terminal to ask on; see plasma-agent init --help");
    }
    // Before anything is asked; what comes meanwhile is not overwritten either.
    boolean saysNothing = ConfigurationFile.saysNothing(file);
    if (!saysNothing) {
      NewFile.requireNone(file);
    }
    Log log = new Log("plasma-agent", System.out, System.err);
    InitChoices choosing =
        new InitChoices(
            questions,
            file,
            noKey ? Optional.empty() : Optional.of(keyFile(file).toString()),
            exclude == null ? List.of() : exclude,
            hostName());
    choosing.host(host);
    choosing.login(login);
    choosing.port(port);
    choosing.remoteFolder(remoteFolder);
    choosing.folders(folders);
    choosing.compression(compression);
    Policy policy =
        new Policy(
            choosing.keep("Daily", daily, 5),
            choosing.keep("Weekly", weekly, 3),
            choosing.keep("Monthly", monthly, 2));
    Choices choices = choosing.choices();
    String text = ConfigurationText.of(choices);
    var _ = ConfigurationFile.parse(file, text);

    Optional<SshKey> key =
        noKey ? Optional.empty() : Optional.of(key(keyFile(file), comment(), log));
    boolean isKeyThere = server(choices, questions, log);
    byte[] content = text.getBytes(StandardCharsets.US_ASCII);
    if (saysNothing) {
      NewFile.replace(file, content, "rw-------");
    } else {
      NewFile.write(file, content, "rw-------");
    }
    log.info("written: " + file);
    if (!choosing.notOnBtrfs().isEmpty()) {
      log.warn(
          "no btrfs: %s. So the strategy is \"tar\": all folders are read as they are, while they change. To have the others read from snapshots, give these a configuration of their own (--config /etc/plasma-agent.d/NAME.conf)"
              .formatted(String.join(", ", choosing.notOnBtrfs())));
    }
    tellStorage(choices, policy, key, isKeyThere, log);
    tellNext(file, log);
    return ExitCode.OK;
  }

  private Questions questions() {
    return !yes && Terminal.is(0) && Terminal.is(1)
        ? Questions.ask(
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
            System.out)
        : Questions.askNothing(System.out);
  }

  private static String hostName() {
    try {
      return Files.readString(HOST_NAME).strip();
    } catch (IOException noProc) {
      return "machine";
    }
  }

  private static String comment() {
    return "plasma-agent@" + hostName().replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /** Next to the configuration, which is as secret: each has its own. */
  private Path keyFile(Path configuration) {
    if (identityFile != null) {
      return Storage.expand(identityFile.toString()).toAbsolutePath().normalize();
    }
    String name = configuration.getFileName().toString().replaceFirst("\\.(conf|json)$", "");
    return configuration.resolveSibling(name + ".key");
  }

  private static SshKey key(Path file, String comment, Log log) throws Failure {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      SshKey key = SshKey.read(file);
      log.info("the key is the one that is there: " + file);
      return key;
    }
    Path publicFile = file.resolveSibling(file.getFileName() + ".pub");
    NewFile.requireNone(publicFile);
    SshKey key = SshKey.generate();
    NewFile.write(file, key.privateFile(comment), "rw-------");
    NewFile.write(publicFile, key.publicFile(comment), "rw-r--r--");
    log.info("made: the key " + file + ", and " + publicFile);
    return key;
  }

  /**
   * Has the server's host key vouched for.
   *
   * @return whether the login works already
   * @throws Failure ({@link ExitCode#CONNECTION}) if the host key is another one than it should be
   */
  private boolean server(Choices choices, Questions questions, Log log) throws Failure {
    SshTarget target =
        new SshTarget(
            choices.host(),
            Optional.of(choices.login()),
            choices.port(),
            choices.identityFile().map(Path::of),
            Optional.empty());
    try {
      return logIn(target, log);
    } catch (HostKeyRefused refused) {
      UnknownHostKey unknown = refused.unknown().orElseThrow(() -> refused);
      if (!isAccepted(unknown, questions, log)) {
        log.warn(refused.getMessage());
        return false;
      }
      unknown.remember();
      log.info("added to " + unknown.file());
      return logIn(target, log);
    }
  }

  /** Tries to. Only a server that isn't the right one is a reason not to go on. */
  private static boolean logIn(SshTarget target, Log log) throws HostKeyRefused {
    try (SshLogin login =
        SshLogin.open(target, new Patience(STALL, Duration.ZERO, false), Bandwidth.UNLIMITED)) {
      log.info(
          "%s is known by its key %s, and takes the login as %s"
              .formatted(login.server(), login.hostKey(), login.account()));
      return true;
    } catch (HostKeyRefused refused) {
      throw refused;
    } catch (LoginRefused notYet) {
      log.info("the server is known, and doesn't know this machine's key yet");
    } catch (Failure failure) {
      log.warn(failure.getMessage() + "; plasma-agent check looks again");
    }
    return false;
  }

  private boolean isAccepted(UnknownHostKey unknown, Questions questions, Log log) throws Failure {
    log.info("the host key of %s is %s".formatted(unknown.server(), unknown.description()));
    log.info("the server itself shows it by: " + unknown.commandThere());
    if (acceptedHostKey != null) {
      if (!acceptedHostKey.equals(unknown.fingerprint())) {
        throw new Failure(
            ExitCode.CONNECTION,
            "the host key of %s is %s, and --accept-host-key says %s: somebody may be intercepting the connection; no configuration was written"
                .formatted(unknown.server(), unknown.fingerprint(), acceptedHostKey));
      }
      return true;
    }
    return questions.yes("Is that the same? Only then add it");
  }

  private static void tellStorage(
      Choices choices, Policy policy, Optional<SshKey> key, boolean isKeyThere, Log log) {
    StorageCommands commands = new StorageCommands(choices.login(), choices.remoteFolder());
    Optional<String> publicLine = key.filter(k -> !isKeyThere).map(SshKey::publicLine);
    log.info("");
    log.info("On " + choices.host() + ", as root:");
    log.info("");
    String json =
        "{\"policy\": {\"daily\": %d, \"weekly\": %d, \"monthly\": %d}}"
            .formatted(policy.daily(), policy.weekly(), policy.monthly());
    Optional<String> line = publicLine.map(shown -> StorageCommands.plainKey(shown, comment()));
    commands.all(line, PolicyFile.NAME, json).forEach(command -> log.info("    " + command));
    publicLine.ifPresent(shown -> {
      log.info("");
      log.info("The line in authorized_keys is");
      log.info("");
      log.info("    " + line.orElseThrow());
      log.info("");
      log.info(
          "or, where plasma-store is installed there and this machine is not to be able to delete its archives,");
      log.info("");
      log.info("    " + commands.restrictedKey(shown, comment()));
    });
  }

  private static void tellNext(Path file, Log log) {
    String option =
        file.equals(ConfigurationFile.USUAL)
            ? ""
            : " --config " + ShellCommand.quote(file.toString());
    log.info("");
    log.info("Then, here:");
    log.info("");
    log.info("    plasma-agent check" + option);
    log.info("    plasma-agent --dry-run" + option);
    log.info("    plasma-agent" + option);
    log.info("    systemctl enable --now plasma-agent.timer");
  }
}
