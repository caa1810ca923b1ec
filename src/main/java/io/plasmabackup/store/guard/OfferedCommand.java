package io.plasmabackup.store.guard;

import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.StoreProtocol;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What a client may ask for: just what plasma-agent and plasma-restore do. */
public sealed interface OfferedCommand {

  /** Files, over SFTP. */
  record Sftp() implements OfferedCommand {}

  /** The protocol of docs/store-protocol.md. */
  record Serve() implements OfferedCommand {}

  /** Rotation by the folder's policy. */
  record Rotate() implements OfferedCommand {}

  /**
   * Verification of an archive.
   *
   * @param quick whether samples will do
   */
  record Verify(ArchiveName archive, boolean quick) implements OfferedCommand {}

  /**
   * The digest of a file.
   *
   * @param shown the file, as the client calls it
   * @param mark what stands before it
   */
  record Digest(String fileName, String shown, String mark) implements OfferedCommand {}

  /** The digest of a file that is still being written, step by step. */
  record DigestMeanwhile(String fileName) implements OfferedCommand {}

  /** Which version a program is that is asked for as above: all are this one. */
  record Version() implements OfferedCommand {}

  /** A word, as clients find out whether commands are run at all. */
  record Echo(String word) implements OfferedCommand {}

  /** As the last component of a program's path, or as sshd calls its own. */
  Pattern SFTP = Pattern.compile("internal-sftp|((/[A-Za-z0-9_.-]+)*/)?sftp-server");

  Set<List<String>> VERSIONS =
      Set.of(
          List.of(StoreProtocol.PROGRAM, "--version"),
          List.of("plasma-rotate", "--version"),
          List.of("plasma-restore", "--version"),
          List.of("sha256sum", "--version"),
          List.of("openssl", "version"));

  Pattern TOKEN = Pattern.compile("[A-Za-z0-9]{1,64}");

  /**
   * Recognises what a client asked for, as it is in SSH_ORIGINAL_COMMAND: for SFTP, the command
   * line of the server's configuration, whose further words are not for us.
   *
   * @param paths of the folder, which is the only one that commands may be about
   * @return empty if it isn't offered
   */
  static Optional<OfferedCommand> of(String original, FolderPaths paths) {
    Optional<List<String>> line = CommandWords.of(original);
    if (line.isEmpty() || line.get().isEmpty()) {
      return Optional.empty();
    }
    List<String> words = line.get();
    if (SFTP.matcher(words.getFirst()).matches()) {
      return Optional.of(new Sftp());
    }
    if (VERSIONS.contains(line.get())) {
      return Optional.of(new Version());
    }
    List<String> arguments = words.subList(1, words.size());
    return switch (words.getFirst()) {
      case "echo" ->
          arguments.size() == 1 && TOKEN.matcher(arguments.getFirst()).matches()
              ? Optional.of(new Echo(arguments.getFirst()))
              : Optional.empty();
      case StoreProtocol.PROGRAM ->
          arguments.size() == 2
                  && arguments.getFirst().equals(StoreProtocol.SERVE)
                  && isFolder(arguments.getLast(), paths)
              ? Optional.of(new Serve())
              : Optional.empty();
      case "plasma-rotate" ->
          arguments.size() == 1 && isFolder(arguments.getFirst(), paths)
              ? Optional.of(new Rotate())
              : Optional.empty();
      case "plasma-restore" -> verify(arguments, paths);
      case "openssl" ->
          arguments.size() == 4 && arguments.subList(0, 3).equals(List.of("dgst", "-sha256", "-r"))
              ? file(arguments.getLast(), paths)
                  .map(name -> new Digest(name, arguments.getLast(), "*"))
              : Optional.empty();
      case "sha256sum" ->
          arguments.size() == 2 && arguments.getFirst().equals("--")
              ? file(arguments.getLast(), paths)
                  .map(name -> new Digest(name, arguments.getLast(), " "))
              : Optional.empty();
      case "sh" -> script(arguments, paths);
      default -> Optional.empty();
    };
  }

  /** As the agent has archives verified, and no other way. */
  private static Optional<OfferedCommand> verify(List<String> arguments, FolderPaths paths) {
    boolean quick = arguments.contains("--quick");
    int expected = quick ? 7 : 6;
    if (arguments.size() != expected) {
      return Optional.empty();
    }
    List<String> options =
        quick
            ? List.of("verify", "--json", "--from", arguments.get(3), "--quick", "--")
            : List.of("verify", "--json", "--from", arguments.get(3), "--");
    return arguments.subList(0, expected - 1).equals(options) && isFolder(arguments.get(3), paths)
        ? ArchiveName.parse(arguments.getLast()).map(name -> new Verify(name, quick))
        : Optional.empty();
  }

  /** Known by the name that it is started by. It is not run: what it does is done here. */
  private static Optional<OfferedCommand> script(List<String> arguments, FolderPaths paths) {
    return arguments.size() == 4
            && arguments.getFirst().equals("-c")
            && arguments.get(2).equals(StoreProtocol.DIGEST_SCRIPT)
        ? file(arguments.getLast(), paths).map(DigestMeanwhile::new)
        : Optional.empty();
  }

  private static boolean isFolder(String path, FolderPaths paths) {
    return paths.find(path).filter(FolderPaths.FOLDER::equals).isPresent();
  }

  private static Optional<String> file(String path, FolderPaths paths) {
    return paths.find(path).filter(name -> GuardedName.parse(name).isPresent());
  }
}
