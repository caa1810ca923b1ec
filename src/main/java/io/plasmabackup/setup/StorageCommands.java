package io.plasmabackup.setup;

import io.plasmabackup.store.ssh.ShellCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What has to be run on the storage server, as root, for a new machine to store its archives. */
public final class StorageCommands {

  private final String login;
  private final String folder;

  /**
   * For one machine's folder.
   *
   * @param folder absolute, or relative to the login's home
   */
  public StorageCommands(String login, String folder) {
    this.login = login;
    this.folder = folder;
  }

  /**
   * The commands, a line each, for a POSIX shell. Each may be run again, and what is there already
   * stays.
   *
   * @param key a line for {@code authorized_keys}; empty: none is added
   * @param policy content of the policy file
   * @param policyFile its name
   */
  public List<String> all(Optional<String> key, String policyFile, String policy) {
    String user = ShellCommand.quote(login);
    List<String> lines = new ArrayList<>();
    lines.add(
        "id -u %1$s >/dev/null 2>&1 || useradd --create-home --shell /bin/sh %1$s".formatted(user));
    lines.add("home=$(getent passwd %s | cut -d: -f6)".formatted(user));
    lines.add("group=$(id -gn %s)".formatted(user));
    lines.add(
        "folder=" + (folder.startsWith("/") ? "" : "${home:?}/") + ShellCommand.quote(folder));
    String owned = "install -o %s -g \"$group\"".formatted(user);
    if (key.isPresent()) {
      lines.add(owned + " -d -m 700 \"${home:?}/.ssh\"");
      lines.add(
          "[ -e \"${home:?}/.ssh/authorized_keys\" ] || %s -m 600 /dev/null \"${home:?}/.ssh/authorized_keys\""
              .formatted(owned));
      lines.add(
          "grep -qxF %1$s \"${home:?}/.ssh/authorized_keys\" || printf '%%s\\n' %1$s >>\"${home:?}/.ssh/authorized_keys\""
              .formatted(ShellCommand.quote(key.get())));
    }
    lines.add("mkdir -p \"$(dirname \"$folder\")\"");
    lines.add(owned + " -d -m 700 \"$folder\"");
    // The account must be able to read it, whatever root's umask is.
    lines.add(
        "[ -e \"$folder/%1$s\" ] || { install -m 644 /dev/null \"$folder/%1$s\" && printf '%%s\\n' %2$s >\"$folder/%1$s\"; }"
            .formatted(policyFile, ShellCommand.quote(policy)));
    return lines;
  }

  /**
   * A line for {@code authorized_keys}: the key may run commands and SFTP as that account, and
   * nothing else that SSH offers.
   */
  public static String plainKey(String publicKey, String comment) {
    return "restrict " + publicKey + " " + comment;
  }

  /** A line for {@code authorized_keys} with which the key may do what plasma-store allows. */
  public String restrictedKey(String publicKey, String comment) {
    String command = ShellCommand.of("plasma-store", List.of(folder));
    // sshd takes a backslash as itself unless a quotation mark follows.
    return "restrict,command=\"%s\" %s %s"
        .formatted(command.replace("\"", "\\\""), publicKey, comment);
  }
}
