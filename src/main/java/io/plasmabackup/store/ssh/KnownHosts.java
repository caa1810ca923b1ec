package io.plasmabackup.store.ssh;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.store.FileNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.sshd.client.config.hosts.KnownHostHashValue;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.config.keys.UnsupportedSshPublicKey;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.keyprovider.KeyPairProvider;

/** What the {@code known_hosts} files say about one server. */
final class KnownHosts {

  private static final Pattern FORM =
      Pattern.compile(
          "\\s*(?:@(?<marker>\\S+)\\s+)?(?<hosts>[^\\s#@]\\S*)\\s+(?<key>\\S+\\s+\\S+).*");

  /**
   * One line that is about the server.
   *
   * @param exact it names the port too, unless that is the usual one; a key that is known without
   *     the port is as good, but another key on another port is not a changed one
   */
  private record Line(Path file, int number, String marker, boolean exact, PublicKey key) {

    boolean isRevoked() {
      return marker.equals("revoked");
    }

    boolean isAuthority() {
      return marker.equals("cert-authority");
    }

    boolean isHostKey() {
      return marker.isEmpty();
    }

    @Override
    public String toString() {
      return describe(key) + " (" + file + ":" + number + ")";
    }
  }

  private final HostSettings host;
  private final boolean direct;
  private final List<Line> lines;

  private KnownHosts(HostSettings host, boolean direct, List<Line> lines) {
    this.host = host;
    this.direct = direct;
    this.lines = lines;
  }

  /**
   * Reads the server's files; one that doesn't exist has no lines, and a malformed line is no line,
   * as for {@code ssh}.
   *
   * @param direct whether it can be reached without another server in between
   */
  static KnownHosts load(HostSettings host, boolean direct) throws Failure {
    List<Line> lines = new ArrayList<>();
    for (Path file : host.knownHosts()) {
      try {
        List<String> text = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        for (int number = 1; number <= text.size(); number++) {
          parse(text.get(number - 1), file, number, host).ifPresent(lines::add);
        }
      } catch (NoSuchFileException none) {
        // A file of the default list that the user doesn't have.
      } catch (IOException e) {
        throw new Failure(
            ExitCode.CONNECTION,
            "cannot read the known hosts in " + file + ": " + e.getMessage(),
            e);
      }
    }
    return new KnownHosts(host, direct, lines);
  }

  private static Optional<Line> parse(String text, Path file, int number, HostSettings host) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    boolean exact = matches(form.group("hosts"), host.knownAs());
    boolean withoutPort =
        host.hostKeyAlias().isEmpty() && matches(form.group("hosts"), host.hostName());
    if (!exact && !withoutPort) {
      return Optional.empty();
    }
    try {
      PublicKey key =
          PublicKeyEntry.parsePublicKeyEntry(form.group("key"))
              .resolvePublicKey(null, Map.of(), PublicKeyEntryResolver.IGNORING);
      if (key == null || key instanceof UnsupportedSshPublicKey) {
        return Optional.empty();
      }
      String marker = form.group("marker") == null ? "" : form.group("marker");
      return Optional.of(new Line(file, number, marker, exact, key));
    } catch (IOException | GeneralSecurityException | RuntimeException malformed) {
      return Optional.empty();
    }
  }

  /** Whether the first field of a line, plain or hashed, is about {@code name}. */
  private static boolean matches(String hosts, String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    if (!hosts.startsWith("|")) {
      return HostPatterns.match(List.of(hosts.split(",", -1)), lowerCase);
    }
    try {
      return KnownHostHashValue.parse(hosts).isHostMatch(lowerCase, SshConstants.DEFAULT_PORT);
    } catch (RuntimeException malformed) {
      return false;
    }
  }

  /** Whether a certificate of the server could be trusted. */
  boolean hasAuthority() {
    return lines.stream().anyMatch(Line::isAuthority);
  }

  /** The key types ({@code ssh-ed25519}) that are known of the server, in the files' order. */
  List<String> keyTypes() {
    return lines.stream()
        .filter(Line::isHostKey)
        .map(line -> KeyUtils.getKeyType(line.key()))
        .distinct()
        .toList();
  }

  /**
   * Whether the server is who it should be.
   *
   * @param offered its key, or its certificate, whose validity and signature were checked
   * @return why it must not be trusted; empty if all is well
   */
  Optional<Failure> check(PublicKey offered) {
    PublicKey key = offered instanceof OpenSshCertificate c ? c.getCertPubKey() : offered;
    Optional<PublicKey> authority =
        offered instanceof OpenSshCertificate c ? Optional.of(c.getCaPubKey()) : Optional.empty();
    for (Line line : lines) {
      if (line.isRevoked()
          && (same(line, key) || authority.filter(a -> same(line, a)).isPresent())) {
        return Optional.of(
            failure(
                "the host key of "
                    + server()
                    + " is revoked by "
                    + line.file()
                    + ":"
                    + line.number()
                    + ": "
                    + describe(key)
                    + "; do not trust that server"));
      }
    }
    boolean trusted =
        lines.stream()
            .anyMatch(line ->
                (line.isHostKey() && same(line, key))
                    || (line.isAuthority() && authority.filter(a -> same(line, a)).isPresent()));
    if (trusted) {
      return Optional.empty();
    }
    List<Line> others = lines.stream().filter(line -> line.isHostKey() && line.exact()).toList();
    return Optional.of(others.isEmpty() ? unknown(key) : changed(key, others));
  }

  private Failure unknown(PublicKey key) {
    return new HostKeyRefused(
        "the host key of "
            + server()
            + " is not known: "
            + describe(key)
            + ". Compare that fingerprint with the server's own (there: ssh-keygen -lf"
            + " /etc/ssh/ssh_host_"
            + shortType(key).toLowerCase(Locale.ROOT)
            + "_key.pub); if they are the same, add it: "
            + commandThatAdds(key),
        host.knownHosts().isEmpty()
            ? null
            : new UnknownHostKey(host.knownAs(), host.knownHosts().getFirst(), key));
  }

  private String commandThatAdds(PublicKey key) {
    if (!direct || host.hostKeyAlias().isPresent() || host.knownHosts().isEmpty()) {
      return "ssh " + ShellCommand.quote(host.alias());
    }
    Path file = host.knownHosts().getFirst();
    Path folder = file.resolveSibling("");
    return (Files.isDirectory(folder)
            ? ""
            : "install -d -m 700 " + ShellCommand.quote(folder.toString()) + " && ")
        + "ssh-keyscan"
        + (host.port() == 22 ? "" : " -p " + host.port())
        + " -t "
        + shortType(key).toLowerCase(Locale.ROOT)
        + " "
        + ShellCommand.quote(host.hostName())
        + " >> "
        + ShellCommand.quote(file.toString());
  }

  private Failure changed(PublicKey key, List<Line> known) {
    return failure(
        "THE HOST KEY OF "
            + server()
            + " HAS CHANGED: known is "
            + known.stream().map(Line::toString).collect(Collectors.joining(", "))
            + ", but the server shows "
            + describe(key)
            + ". Somebody may be intercepting the connection; nothing was sent. Only if the server's"
            + " key really was replaced, remove the old one: ssh-keygen -R "
            + ShellCommand.quote(host.knownAs())
            + " -f "
            + ShellCommand.quote(known.getFirst().file().toString()));
  }

  private String server() {
    return FileNames.shown(host.endpoint());
  }

  private static Failure failure(String message) {
    return new HostKeyRefused(message);
  }

  private static boolean same(Line line, PublicKey key) {
    return KeyUtils.compareKeys(line.key(), key);
  }

  /** For example {@code ED25519 SHA256:…}. */
  static String describe(PublicKey key) {
    return shortType(key) + " " + KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
  }

  static String shortType(PublicKey key) {
    String type = String.valueOf(KeyUtils.getKeyType(key));
    return switch (type) {
      case KeyPairProvider.SSH_ED25519 -> "ED25519";
      case KeyPairProvider.SSH_RSA -> "RSA";
      default -> type.startsWith("ecdsa-") ? "ECDSA" : type;
    };
  }
}
