package io.plasmabackup.config;

import io.plasmabackup.DurationForm;
import io.plasmabackup.Failure;
import io.plasmabackup.SizeForm;
import io.plasmabackup.age.Recipient;
import io.plasmabackup.exclude.Exclusions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;

/** {@link Json} → {@link Configuration}: which keys there are, and the rules for their values. */
final class ConfigurationReader {

  private static final SortedSet<String> KEYS =
      sorted(
          "folders",
          "exclude",
          "tempfile",
          "strategy",
          "compression",
          "encryption",
          "options",
          "ssh",
          "remoteFolder",
          "targets",
          "executeBefore",
          "executeAfter",
          "executeOnFailure",
          "executeAlways",
          "timezone",
          "metricsFile",
          "priority");
  private static final SortedSet<String> SSH_KEYS =
      sorted(
          "host",
          "login",
          "port",
          "identityFile",
          "knownHostsFile",
          "stallTimeout",
          "retryFor",
          "connections",
          "readBack",
          "bandwidthLimit");
  private static final SortedSet<String> TARGET_KEYS = sorted("name", "ssh", "remoteFolder");
  private static final SortedSet<String> PRIORITY_KEYS = sorted("nice", "disk");
  private static final SortedSet<String> OPTIONS_KEYS =
      sorted(
          "readOnlySubvolumes",
          "otherFilesystems",
          "excludeCaches",
          "excludeNodump",
          "reflink",
          "changeDetection",
          "fullReadEvery",
          "keepLastSnapshot",
          "stateFolder");
  private static final SortedSet<String> ENCRYPTION_KEYS = sorted("recipients");

  /** With the largest of keys, the header is still as long as one may be. */
  private static final int MOST_RECIPIENTS = 20;

  private static final SortedSet<String> STRATEGIES =
      sorted(Arrays.stream(Strategy.values()).map(Strategy::text).toArray(String[]::new));
  private static final Range PORTS = new Range(1, 65_535);
  private static final String AUTO = "auto";
  private static final String EXPECTED_CONNECTIONS =
      "expected \"auto\" (as many as the line's round-trip time calls for, up to 8), or a number from"
          + " "
          + Ssh.CONNECTIONS;
  private static final SizeForm BANDWIDTH =
      new SizeForm("KMG", false, "10M", 1 << 10, 999_999L << 30);
  private static final Duration LONGEST_STALL = Duration.ofHours(24);
  private static final Duration LONGEST_RETRY = Duration.ofDays(30);
  private static final Duration LONGEST_FULL_READ = Duration.ofDays(3650);

  private final Source source;
  private final Section top;

  private ConfigurationReader(Source source, Section top) {
    this.source = source;
    this.top = top;
  }

  /**
   * Judges a whole document.
   *
   * @throws Failure about the first thing in it that isn't allowed
   */
  static Configuration read(Source source, Json.Members document) throws Failure {
    return new ConfigurationReader(source, Section.of(source, "", document, KEYS)).configuration();
  }

  private Configuration configuration() throws Failure {
    List<String> folders = folders();
    List<String> exclude = exclude();
    Optional<String> tempfile = file("tempfile");
    Strategy strategy = strategy();
    Compression compression = CompressionReader.read(source, top);
    List<String> recipients = recipients();
    Options options = options();
    List<Target> targets = targets();
    return new Configuration(
        folders,
        exclude,
        tempfile,
        strategy,
        compression,
        recipients,
        options,
        targets,
        commands("executeBefore"),
        commands("executeAfter"),
        commands("executeOnFailure"),
        commands("executeAlways"),
        timezone(),
        file("metricsFile"),
        priority());
  }

  private List<String> folders() throws Failure {
    String key = "folders";
    List<Json.Text> texts = top.required(top.texts(key), key, "a list of absolute paths");
    if (texts.isEmpty()) {
      throw top.failure(key, "the list is empty; name at least one folder");
    }
    Map<String, Integer> lines = new LinkedHashMap<>();
    for (Json.Text text : texts) {
      Integer earlier = lines.putIfAbsent(absolutePath(top, key, text), text.line());
      if (earlier != null) {
        throw top.refusal(key, text, " is there already, on line " + earlier);
      }
    }
    return List.copyOf(lines.keySet());
  }

  /** Of this machine. */
  private Optional<String> file(String key) throws Failure {
    Optional<Json.Text> text = top.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (text.get().value().endsWith("/")) {
      throw top.refusal(key, text.get(), " is a folder; name a file in it");
    }
    return Optional.of(absolutePath(top, key, text.get()));
  }

  private static Optional<String> stateFolder(Section options) throws Failure {
    String key = "stateFolder";
    Optional<Json.Text> text = options.text(key);
    return text.isEmpty() ? Optional.empty() : Optional.of(absolutePath(options, key, text.get()));
  }

  private List<String> exclude() throws Failure {
    String key = "exclude";
    List<Json.Text> patterns = top.texts(key).orElse(List.of());
    for (Json.Text pattern : patterns) {
      Optional<String> problem = Exclusions.problem(pattern.value());
      if (problem.isPresent()) {
        throw top.refusal(key, pattern, problem.get());
      }
    }
    return patterns.stream().map(Json.Text::value).toList();
  }

  private Strategy strategy() throws Failure {
    String key = "strategy";
    return top.required(
        top.choice(key, "a strategy", Strategy.values(), Strategy::text),
        key,
        "one of " + String.join(", ", STRATEGIES));
  }

  private List<String> recipients() throws Failure {
    Optional<Json.Members> members = top.members("encryption");
    if (members.isEmpty()) {
      return List.of();
    }
    String key = "recipients";
    Section encryption = Section.of(source, "encryption", members.get(), ENCRYPTION_KEYS);
    List<Json.Text> texts =
        encryption.required(encryption.texts(key), key, "a list of public keys");
    if (texts.isEmpty()) {
      throw encryption.failure(
          key, "the list is empty; name at least one public key, or leave out \"encryption\"");
    }
    if (texts.size() > MOST_RECIPIENTS) {
      throw encryption.failure(key, "more than " + MOST_RECIPIENTS + " recipients");
    }
    List<String> recipients = new ArrayList<>();
    for (Json.Text text : texts) {
      Optional<String> problem = Recipient.problem(text.value());
      if (problem.isPresent()) {
        // Not what stands there: it may be a private key, or a part of one.
        throw encryption.failure(
            key, text, "recipient " + (recipients.size() + 1) + " " + problem.get());
      }
      if (recipients.contains(text.value())) {
        throw encryption.failure(
            key, text, "recipient " + (recipients.size() + 1) + " is there already");
      }
      recipients.add(text.value());
    }
    return recipients;
  }

  private Options options() throws Failure {
    Optional<Json.Members> members = top.members("options");
    if (members.isEmpty()) {
      return Options.DEFAULTS;
    }
    Section options = Section.of(source, "options", members.get(), OPTIONS_KEYS);
    return new Options(
        options
            .choice(
                "readOnlySubvolumes",
                "a choice here",
                ReadOnlySubvolumes.values(),
                ReadOnlySubvolumes::text)
            .orElse(Options.DEFAULTS.readOnlySubvolumes()),
        options
            .choice(
                "otherFilesystems",
                "a choice here",
                OtherFilesystems.values(),
                OtherFilesystems::text)
            .orElse(Options.DEFAULTS.otherFilesystems()),
        options
            .bool("excludeCaches")
            .map(Json.Bool::value)
            .orElse(Options.DEFAULTS.excludeCaches()),
        options
            .bool("excludeNodump")
            .map(Json.Bool::value)
            .orElse(Options.DEFAULTS.excludeNodump()),
        options
            .choice("reflink", "a choice here", Reflink.values(), Reflink::text)
            .orElse(Options.DEFAULTS.reflink()),
        options
            .choice(
                "changeDetection", "a choice here", ChangeDetection.values(), ChangeDetection::text)
            .orElse(Options.DEFAULTS.changeDetection()),
        duration(
            options,
            "fullReadEvery",
            Options.DEFAULTS.fullReadEvery(),
            Duration.ZERO,
            LONGEST_FULL_READ),
        options
            .bool("keepLastSnapshot")
            .map(Json.Bool::value)
            .orElse(Options.DEFAULTS.keepLastSnapshot()),
        stateFolder(options));
  }

  private List<Target> targets() throws Failure {
    String key = "targets";
    Optional<List<Json.Members>> objects = top.objects(key);
    if (objects.isEmpty()) {
      return List.of(target(top, Optional.empty(), ""));
    }
    if (objects.get().isEmpty()) {
      throw top.failure(key, "the list is empty; name at least one target");
    }
    List<Target> targets = new ArrayList<>();
    for (Json.Members object : objects.get()) {
      Section section = Section.of(source, key, object, TARGET_KEYS);
      Target target = target(section, Optional.of(name(section, targets)), key + ".");
      for (Target other : targets) {
        if (target.ssh().equals(other.ssh())
            && target.remoteFolder().equals(other.remoteFolder())) {
          throw section.failure(
              "remoteFolder",
              "it is the place of %s, too; name another, or leave this target out"
                  .formatted(Quoted.of(other.name().orElseThrow())));
        }
      }
      targets.add(target);
    }
    for (String instead : List.of("ssh", "remoteFolder")) {
      if (top.value(instead).isPresent()) {
        throw top.failure(instead, "stands beside \"targets\"; move it into one of them");
      }
    }
    if (top.value("tempfile").isPresent()) {
      throw top.failure(
          "tempfile", "cannot be used with \"targets\", to each of which the archive streams");
    }
    return targets;
  }

  private static String name(Section target, List<Target> earlier) throws Failure {
    String key = "name";
    Json.Text text = target.required(target.text(key), key, "a short name, such as \"office\"");
    if (!Target.NAME.matcher(text.value()).matches()) {
      throw target.refusal(
          key, text, " is not made of letters A to Z, digits, - and _, 63 of them at most");
    }
    if (earlier.stream().anyMatch(other -> other.name().equals(Optional.of(text.value())))) {
      throw target.refusal(key, text, " is the name of an earlier target");
    }
    return text.value();
  }

  /**
   * What stands in a section.
   *
   * @param prefix of the keys in messages
   */
  private Target target(Section section, Optional<String> name, String prefix) throws Failure {
    Optional<Ssh> ssh = ssh(section, prefix);
    return new Target(name, ssh, remoteFolder(section, ssh.isPresent()));
  }

  private Optional<Ssh> ssh(Section target, String prefix) throws Failure {
    Optional<Json.Members> members = target.members("ssh");
    if (members.isEmpty()) {
      return Optional.empty();
    }
    Section ssh = Section.of(source, prefix + "ssh", members.get(), SSH_KEYS);
    String host = host(ssh);
    Optional<Json.Text> login = ssh.text("login");
    return Optional.of(
        new Ssh(
            host,
            login.isEmpty() ? Optional.empty() : Optional.of(word(ssh, "login", login.get())),
            ssh.number("port", PORTS),
            fileOfUser(ssh, "identityFile"),
            fileOfUser(ssh, "knownHostsFile"),
            duration(ssh, "stallTimeout", Ssh.STALL_TIMEOUT, Duration.ofSeconds(1), LONGEST_STALL),
            duration(ssh, "retryFor", Ssh.RETRY_FOR, Duration.ZERO, LONGEST_RETRY),
            connections(ssh),
            ssh.choice("readBack", "a choice here", ReadBack.values(), ReadBack::text)
                .orElse(ReadBack.LAST),
            bytesPerSecond(ssh, "bandwidthLimit")));
  }

  private static OptionalLong bytesPerSecond(Section section, String key) throws Failure {
    Optional<Json.Text> text = section.text(key);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    OptionalLong bytes = BANDWIDTH.parse(text.get().value());
    if (bytes.isEmpty()) {
      throw section.refusal(
          key, text.get(), " is not " + BANDWIDTH.expected() + " for 10 MiB a second");
    }
    return bytes;
  }

  private Priority priority() throws Failure {
    Optional<Json.Members> members = top.members("priority");
    if (members.isEmpty()) {
      return Priority.AS_STARTED;
    }
    Section priority = Section.of(source, "priority", members.get(), PRIORITY_KEYS);
    return new Priority(
        priority.number("nice", Priority.NICE),
        priority.choice("disk", "a choice here", Priority.Disk.values(), Priority.Disk::text));
  }

  private static Duration duration(
      Section section, String key, Duration otherwise, Duration least, Duration most)
      throws Failure {
    Optional<Json.Text> text = section.text(key);
    if (text.isEmpty()) {
      return otherwise;
    }
    DurationForm form = new DurationForm("smhd", "90s", least, most);
    Optional<Duration> duration = form.parse(text.get().value());
    if (duration.isEmpty()) {
      throw section.refusal(key, text.get(), " is not " + form.expected());
    }
    return duration.get();
  }

  private static String host(Section ssh) throws Failure {
    String key = "host";
    Json.Text text = ssh.required(ssh.text(key), key, "the name or address of the server");
    if (text.value().contains("@")) {
      throw ssh.refusal(key, text, " has an @; put what is before it into \"login\"");
    }
    return word(ssh, key, text);
  }

  /** Empty where the line is to decide. */
  private static OptionalInt connections(Section ssh) throws Failure {
    String key = "connections";
    Optional<Json.Whole> whole = ssh.wholeOr(AUTO, key, EXPECTED_CONNECTIONS);
    if (whole.isEmpty()) {
      return OptionalInt.empty();
    }
    OptionalInt number = Ssh.CONNECTIONS.parse(whole.get().digits());
    if (number.isEmpty()) {
      throw ssh.failure(key, whole.get(), EXPECTED_CONNECTIONS);
    }
    return number;
  }

  private static Optional<String> fileOfUser(Section ssh, String key) throws Failure {
    Optional<Json.Text> text = ssh.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String path = text.get().value();
    if (!path.startsWith("/") && !path.startsWith("~/")) {
      throw ssh.refusal(key, text.get(), " begins with neither / nor ~/; write the whole path");
    }
    if (path.endsWith("/")) {
      throw ssh.refusal(key, text.get(), " is a folder; name a file in it");
    }
    return Optional.of(path);
  }

  private static String remoteFolder(Section target, boolean onServer) throws Failure {
    String key = "remoteFolder";
    Json.Text text = target.required(target.text(key), key, "the folder that keeps the archives");
    String path = text.value();
    if (path.isEmpty()) {
      throw target.failure(key, text, "expected the folder that keeps the archives, found \"\"");
    }
    if (path.contains("\n") || path.contains("\r")) {
      throw target.refusal(key, text, " has a line break");
    }
    if (!onServer && !path.startsWith("/")) {
      throw target.refusal(
          key, text, " is not absolute; without \"ssh\" it is a folder of this machine");
    }
    // Over SFTP no shell expands it: a folder named ~ would be meant.
    if (path.equals("~") || path.startsWith("~/")) {
      throw target.refusal(key, text, ": leave out the ~/; a relative path begins in the home");
    }
    // It becomes an argument of a program on the server.
    if (path.startsWith("-")) {
      throw target.refusal(key, text, " looks like an option; write ./ before it");
    }
    return path;
  }

  private List<String> commands(String key) throws Failure {
    List<Json.Text> commands = top.texts(key).orElse(List.of());
    for (Json.Text command : commands) {
      if (command.value().isBlank()) {
        throw top.failure(key, command, "an empty command");
      }
    }
    return commands.stream().map(Json.Text::value).toList();
  }

  private Optional<ZoneId> timezone() throws Failure {
    String key = "timezone";
    Optional<Json.Text> text = top.text(key);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String zone = text.get().value();
    try {
      return Optional.of(ZoneId.of(zone));
    } catch (DateTimeException unknown) {
      throw top.refusal(
          key,
          text.get(),
          " is not a time zone; expected one such as Europe/Berlin or UTC"
              + Suggestion.of(zone, ZoneId.getAvailableZoneIds()));
    }
  }

  /** Normalised; refuses what would be another path after links are followed. */
  private static String absolutePath(Section section, String key, Json.Text text) throws Failure {
    String path = text.value();
    if (!path.startsWith("/")) {
      throw section.refusal(key, text, " is not absolute; it must begin with /");
    }
    List<String> components =
        Arrays.stream(path.split("/")).filter(component -> !component.isEmpty()).toList();
    if (components.contains(".") || components.contains("..")) {
      throw section.refusal(key, text, " has a . or .. in it; write the path without");
    }
    return "/" + String.join("/", components);
  }

  /** What ssh takes as one argument and never as an option. */
  private static String word(Section ssh, String key, Json.Text text) throws Failure {
    String word = text.value();
    if (word.isEmpty()) {
      throw ssh.failure(key, text, "expected a name, found an empty string");
    }
    if (word.startsWith("-")) {
      throw ssh.refusal(key, text, " begins with -");
    }
    if (word.codePoints()
        .anyMatch(c ->
            Character.isISOControl(c) || Character.isWhitespace(c) || Character.isSpaceChar(c))) {
      throw ssh.refusal(key, text, " has white space or a control character");
    }
    return word;
  }

  private static SortedSet<String> sorted(String... words) {
    return new TreeSet<>(Arrays.asList(words));
  }
}
