package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The user's ssh configuration, as OpenSSH's client understands it where it is installed ({@code
 * ssh -G}, which knows {@code Match} and {@code Include}), else as {@link SshConfigFile} does.
 *
 * <p>{@code StrictHostKeyChecking} has no effect: an unknown host key is never accepted, whatever
 * it says. A backup that runs unattended as root would otherwise hand everything to whoever answers
 * first.
 */
final class SshConfig {

  private static final int MOST_JUMPS = 8;

  /** {@code [ssh://][user@]host[:port]}, the host in brackets where it has colons. */
  private static final Pattern JUMP =
      Pattern.compile(
          "(?:ssh://)?(?:(?<user>[^@]+)@)?(?:\\[(?<v6>[^]]+)]|(?<host>[^:\\[\\]]+))(?::(?<port>\\d{1,5}))?/?");

  private static final List<String> DEFAULT_IDENTITIES =
      List.of("~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519");

  private final SshEnvironment environment;

  SshConfig(SshEnvironment environment) {
    this.environment = environment;
  }

  /**
   * The servers to go through, the target last.
   *
   * @throws Failure with {@link ExitCode#CONFIGURATION} if the ssh configuration can't be used
   */
  List<HostSettings> route(SshTarget target) throws Failure {
    HostSettings settings = resolve(target.host(), target.login(), target.port());
    return route(override(settings, target), 0);
  }

  private List<HostSettings> route(HostSettings target, int depth) throws Failure {
    List<String> jumps = target.proxyJump();
    if (depth + jumps.size() > MOST_JUMPS) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "ProxyJump in the ssh configuration leads over more than "
              + MOST_JUMPS
              + " servers, perhaps in a circle, at "
              + FileNames.shown(target.alias()));
    }
    List<HostSettings> route = new ArrayList<>();
    if (!jumps.isEmpty()) {
      HostSettings last = jump(jumps.getLast());
      if (jumps.size() > 1) {
        last = last.behind(jumps.subList(0, jumps.size() - 1));
      }
      route.addAll(route(last, depth + 1));
    }
    route.add(target);
    return route;
  }

  private HostSettings jump(String text) throws Failure {
    Matcher form = JUMP.matcher(text);
    if (!form.matches()) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "ProxyJump in the ssh configuration is not [user@]host[:port]: " + FileNames.shown(text));
    }
    String host = form.group("host") != null ? form.group("host") : form.group("v6");
    OptionalInt port =
        form.group("port") == null
            ? OptionalInt.empty()
            : OptionalInt.of(Integer.parseInt(form.group("port")));
    return resolve(host, Optional.ofNullable(form.group("user")), port);
  }

  private static HostSettings override(HostSettings settings, SshTarget target) {
    return new HostSettings(
        settings.alias(),
        settings.hostName(),
        settings.port(),
        settings.user(),
        target.identityFile().map(List::of).orElse(settings.identityFiles()),
        target.identityFile().isPresent(),
        target.identityFile().isPresent() || settings.identitiesOnly(),
        settings.agentSocket(),
        target.knownHostsFile().map(List::of).orElse(settings.knownHosts()),
        settings.hostKeyAlias(),
        settings.proxyJump());
  }

  private HostSettings resolve(String host, Optional<String> login, OptionalInt port)
      throws Failure {
    requireSafe("host", host);
    if (login.isPresent()) {
      requireSafe("login", login.get());
    }
    Settings effective = new Settings(effective(host, login, port));
    String hostName = effective.first("hostname").orElse(host);
    int effectivePort =
        port.isPresent() ? port.getAsInt() : port(effective.first("port").orElse("22"), host);
    String user = login.or(() -> effective.first("user")).orElse(environment.user());
    requireSafe("HostName", hostName);
    requireSafe("User", user);
    if (effective.first("proxycommand").filter(c -> !isNone(c)).isPresent()) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "the ssh configuration has a ProxyCommand for "
              + FileNames.shown(host)
              + ", which is not supported; use ProxyJump");
    }
    Tokens tokens =
        new Tokens(environment.home(), environment.user(), hostName, effectivePort, user);
    List<Path> known = new ArrayList<>();
    known.addAll(
        paths(
            effective.words(
                "userknownhostsfile", List.of("~/.ssh/known_hosts", "~/.ssh/known_hosts2")),
            tokens));
    known.addAll(
        paths(
            effective.words(
                "globalknownhostsfile",
                List.of("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")),
            tokens));
    return new HostSettings(
        host,
        hostName,
        effectivePort,
        user,
        paths(effective.all("identityfile", DEFAULT_IDENTITIES), tokens),
        false,
        effective.first("identitiesonly").filter("yes"::equalsIgnoreCase).isPresent(),
        agentSocket(effective.first("identityagent"), tokens),
        known,
        effective.first("hostkeyalias"),
        effective
            .first("proxyjump")
            .filter(j -> !isNone(j))
            .map(j -> Arrays.stream(j.split(",")).map(String::strip).toList())
            .orElse(List.of()));
  }

  private Map<String, List<String>> effective(String host, Optional<String> login, OptionalInt port)
      throws Failure {
    if (environment.sshProgram().isEmpty()) {
      List<Path> files =
          environment
              .configFile()
              .map(List::of)
              .orElse(
                  List.of(
                      environment.home().resolve(".ssh/config"), Path.of("/etc/ssh/ssh_config")));
      return SshConfigFile.effective(files, host);
    }
    List<String> command = new ArrayList<>(List.of(environment.sshProgram().get().toString()));
    environment.configFile().ifPresent(file -> command.addAll(List.of("-F", file.toString())));
    login.ifPresent(name -> command.addAll(List.of("-l", name)));
    port.ifPresent(number -> command.addAll(List.of("-p", String.valueOf(number))));
    command.addAll(List.of("-G", "--", host));
    try {
      LocalProgram.Result result = LocalProgram.run(command);
      if (result.status() != 0) {
        throw new Failure(
            ExitCode.CONFIGURATION,
            "the ssh configuration cannot be used: "
                + FileNames.shown(result.errors().strip().replaceAll("\\R+", "; ")));
      }
      return SshConfigFile.parseEffective(result.output());
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "cannot ask "
              + environment.sshProgram().get()
              + " for the ssh configuration: "
              + e.getMessage(),
          e);
    }
  }

  private Optional<Path> agentSocket(Optional<String> setting, Tokens tokens) {
    if (setting.isEmpty() || setting.get().equals("SSH_AUTH_SOCK")) {
      return environment.agentSocket();
    }
    if (isNone(setting.get())) {
      return Optional.empty();
    }
    String value = setting.get();
    return value.startsWith("$")
        ? Optional.ofNullable(System.getenv(value.replaceAll("[${}]", ""))).map(Path::of)
        : Optional.of(Path.of(tokens.expand(value)));
  }

  private static List<Path> paths(List<String> values, Tokens tokens) {
    return values.stream()
        .filter(value -> !isNone(value))
        .map(tokens::expand)
        .filter(path -> path.startsWith("/"))
        .map(Path::of)
        .toList();
  }

  private static boolean isNone(String value) {
    return value.equalsIgnoreCase("none");
  }

  private static int port(String value, String host) throws Failure {
    if (value.matches("\\d{1,5}")) {
      int port = Integer.parseInt(value);
      if (port >= 1 && port <= 65535) {
        return port;
      }
    }
    throw new Failure(
        ExitCode.CONFIGURATION,
        "the ssh configuration's Port for "
            + FileNames.shown(host)
            + " is not a port: "
            + FileNames.shown(value));
  }

  /** Nothing that {@code ssh} or a resolver could take for something other than a name. */
  private static void requireSafe(String what, String name) throws Failure {
    if (name.isEmpty()
        || name.startsWith("-")
        || name.codePoints()
            .anyMatch(c -> c <= ' ' || c == 127 || "'`\"$\\;&<>|(){}".indexOf(c) >= 0)) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "not usable as ssh " + what + ": \"" + FileNames.shown(name) + "\"");
    }
  }

  /** Keywords in lower case and their values. */
  private record Settings(Map<String, List<String>> values) {

    Optional<String> first(String keyword) {
      return all(keyword, List.of()).stream().findFirst();
    }

    List<String> all(String keyword, List<String> otherwise) {
      return values.getOrDefault(keyword, otherwise);
    }

    /** The words of a setting that takes several on one line. */
    List<String> words(String keyword, List<String> otherwise) {
      return first(keyword).map(SshConfigFile::words).orElse(otherwise);
    }
  }

  /** What stands behind {@code ~} and the percent signs in paths. */
  private record Tokens(Path home, String localUser, String host, int port, String user) {

    private static final Pattern TOKEN = Pattern.compile("%([%duhpr])");

    String expand(String text) {
      String path = text.equals("~") || text.startsWith("~/") ? home + text.substring(1) : text;
      return TOKEN
          .matcher(path)
          .replaceAll(token -> Matcher.quoteReplacement(value(token.group(1))));
    }

    private String value(String token) {
      return switch (token) {
        case "d" -> home.toString();
        case "u" -> localUser;
        case "h" -> host;
        case "p" -> String.valueOf(port);
        case "r" -> user;
        default -> "%";
      };
    }
  }
}
