package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.age.Identity;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.config.Target;
import io.plasmabackup.store.DecryptedStore;
import io.plasmabackup.store.LocalStore;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.ssh.SshTarget;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where archives are. */
final class ArchivesAt {

  private static final String FROM = "--from";
  private static final String SSH = "ssh://";
  private static final String HOME = "/~/";
  private static final int MOST_PORT = 65535;

  @Option(
      names = FROM,
      paramLabel = "WHERE",
      description = "The archives' folder: a path, or ssh://[USER@]HOST[:PORT]/FOLDER.")
  private @Nullable String from;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The agent's, instead of /etc/plasma-agent.conf.")
  private @Nullable Path configuration;

  @Option(
      names = "--target",
      paramLabel = "NAME",
      description = "Which of those that the configuration has.")
  private @Nullable String target;

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      description = "Of encrypted archives: a private key; repeatable.")
  private List<Path> identityFiles = List.of();

  @Option(
      names = "--ssh-identity",
      paramLabel = "FILE",
      description = "With ssh://: the private key.")
  private @Nullable String sshIdentity;

  @Option(
      names = "--known-hosts",
      paramLabel = "FILE",
      description = "With ssh://: the file with the server's key.")
  private @Nullable String knownHosts;

  private @Nullable List<Identity> identities;

  /** Whether archives are to be decrypted. */
  boolean hasIdentities() {
    return !identityFiles.isEmpty();
  }

  /**
   * Whether a first glance at a command's arguments, before they are parsed, says nothing against a
   * connection.
   */
  static boolean mayBeServer(String[] arguments) {
    List<String> words = Arrays.asList(arguments);
    int from = words.indexOf(FROM);
    boolean named = from >= 0 && from + 1 < words.size();
    boolean folder = named && !words.get(from + 1).startsWith(SSH);
    return !words.isEmpty() && !folder && !words.contains("--help");
  }

  /**
   * The store, for reading, with what is encrypted in it decrypted as far as there are keys; the
   * caller closes it.
   */
  DecryptedStore open(Log log) throws Failure {
    // Before a connection is made; once, for it may be a pipe.
    if (identities == null) {
      identities = IdentityFiles.read(identityFiles);
    }
    return new DecryptedStore(openStored(log), identities);
  }

  private Store openStored(Log log) throws Failure {
    if (from == null) {
      refuse(
          sshIdentity != null || knownHosts != null,
          "--ssh-identity and --known-hosts go with --from ssh://");
      Path file = configuration != null ? configuration : ConfigurationFile.find();
      return new Storage(target(ConfigurationFile.read(file)), log).open();
    }
    refuse(configuration != null || target != null, "--from excludes --config and --target");
    if (from.startsWith(SSH)) {
      return server(from, log);
    }
    refuse(from.isEmpty(), "--from is empty");
    refuse(
        sshIdentity != null || knownHosts != null,
        "--ssh-identity and --known-hosts go with --from ssh://");
    return LocalStore.open(Path.of(from));
  }

  private Target target(Configuration from) throws Failure {
    List<Target> targets = from.targets();
    String names =
        targets.stream().flatMap(one -> one.name().stream()).collect(Collectors.joining(", "));
    String wanted = target;
    if (wanted == null) {
      refuse(
          targets.size() > 1,
          "the configuration has several targets; choose one with --target: " + names);
      return targets.getFirst();
    }
    return targets.stream()
        .filter(one -> one.name().equals(Optional.of(wanted)))
        .findFirst()
        .orElseThrow(() ->
            new Failure(
                ExitCode.USAGE,
                names.isEmpty()
                    ? "--target: the configuration has only one, without a name; leave the option out"
                    : "--target %s: there is none of that name; there are: %s"
                        .formatted(wanted, names)));
  }

  private Store server(String address, Log log) throws Failure {
    URI uri;
    try {
      uri = new URI(address);
    } catch (URISyntaxException e) {
      // Not what was given, which may have a password.
      throw new Failure(ExitCode.USAGE, "--from ssh://... is no address: " + e.getReason(), e);
    }
    String host = uri.getHost();
    String user = uri.getUserInfo();
    String folder = uri.getPath();
    if (host == null || folder == null || uri.getPort() > MOST_PORT) {
      throw new Failure(ExitCode.USAGE, "--from must be like ssh://USER@HOST:PORT/FOLDER");
    }
    refuse(folder.length() < 2, "--from ssh://" + host + " names no folder");
    refuse(user != null && user.contains(":"), "--from ssh:// takes no password; use a key");
    SshTarget target =
        new SshTarget(
            // An IPv6 address is in brackets.
            host.startsWith("[") ? host.substring(1, host.length() - 1) : host,
            Optional.ofNullable(user),
            uri.getPort() < 0 ? OptionalInt.empty() : OptionalInt.of(uri.getPort()),
            Optional.ofNullable(sshIdentity).map(Storage::expand),
            Optional.ofNullable(knownHosts).map(Storage::expand));
    return Storage.open(
        target, folder.startsWith(HOME) ? folder.substring(HOME.length()) : folder, log);
  }

  private static void refuse(boolean wrong, String why) throws Failure {
    if (wrong) {
      throw new Failure(ExitCode.USAGE, why + "; see plasma-restore --help");
    }
  }
}
