package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.rotate.Policy;
import io.plasmabackup.setup.Choices;
import io.plasmabackup.setup.ConfigurationText;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Asks for what {@code plasma-agent init} was not given. Each answer is judged by what judges the
 * configuration.
 */
final class InitChoices {

  private static final String SSH_PORT = "22";

  private final Questions questions;
  private final Path file;
  private final Optional<String> identityFile;
  private final List<String> exclude;

  private String host = "localhost";
  private String login = "plasma";
  private OptionalInt port = OptionalInt.empty();
  private String remoteFolder;
  private List<String> folders = List.of("/");

  /** Those of them that there can't be a snapshot of. */
  private List<String> notOnBtrfs = List.of();

  private String compression = "zstd";

  /**
   * Prepares to ask.
   *
   * @param file the configuration to be
   * @param identityFile of the server; empty: none is named
   * @param machine this one's name
   */
  InitChoices(
      Questions questions,
      Path file,
      Optional<String> identityFile,
      List<String> exclude,
      String machine) {
    this.questions = questions;
    this.file = file;
    this.identityFile = identityFile;
    this.exclude = List.copyOf(exclude);
    this.remoteFolder = "/data/backup/" + machine;
  }

  /** Takes an answer. */
  private interface Taker {
    void take(String answer) throws Failure;
  }

  void host(@Nullable String given) throws Failure {
    choose(given, "Storage server", "", answer -> host = answer);
  }

  void login(@Nullable String given) throws Failure {
    choose(given, "Account there", login, answer -> login = answer);
  }

  void port(@Nullable Integer given) throws Failure {
    choose(
        given == null ? null : Integer.toString(given),
        "Port of its sshd",
        SSH_PORT,
        answer -> {
          int number = number(answer, 1, 65_535);
          // Then it is what ssh takes, by its configuration.
          boolean usual = given == null && answer.equals(SSH_PORT);
          port = usual ? OptionalInt.empty() : OptionalInt.of(number);
        });
  }

  void remoteFolder(@Nullable String given) throws Failure {
    choose(
        given,
        "Folder there for this machine's archives",
        remoteFolder,
        answer -> {
          if (answer.chars().anyMatch(Character::isISOControl)) {
            throw new Failure(ExitCode.USAGE, "the remote folder has a control character");
          }
          remoteFolder = answer;
        });
  }

  void folders(@Nullable List<String> given) throws Failure {
    if (given != null) {
      take("", none -> take(given));
      return;
    }
    choose(
        null,
        "Folders to back up, with spaces between them",
        String.join(" ", FolderProposal.folders()),
        answer -> take(Arrays.stream(answer.split(" +", -1)).filter(s -> !s.isEmpty()).toList()));
  }

  private void take(List<String> chosen) {
    folders = List.copyOf(chosen);
  }

  void compression(@Nullable String given) throws Failure {
    choose(given, "Compression (zstd, none)", compression, answer -> compression = answer);
  }

  /** A number of archives to keep. */
  int keep(String which, @Nullable Integer given, int proposal) throws Failure {
    int[] number = {proposal};
    choose(
        given == null ? null : Integer.toString(given),
        which + " archives to keep",
        Integer.toString(proposal),
        answer -> number[0] = number(answer, 0, Policy.MAXIMUM));
    return number[0];
  }

  private static int number(String answer, int least, int most) throws Failure {
    try {
      int number = Integer.parseInt(answer);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException noNumber) {
      // Nor is it one from there to there.
    }
    throw new Failure(
        ExitCode.USAGE, "expected a number from %d to %d, not %s".formatted(least, most, answer));
  }

  /** The folders that were chosen of which there can't be a snapshot. */
  List<String> notOnBtrfs() {
    return notOnBtrfs;
  }

  /** What was chosen, with the best strategy for it. */
  Choices choices() {
    return choices(notOnBtrfs.isEmpty() ? Strategy.BTRFS_SNAPSHOT : Strategy.TAR);
  }

  private Choices choices(Strategy strategy) {
    return new Choices(
        folders,
        exclude,
        strategy.text(),
        compression,
        host,
        login,
        port,
        identityFile,
        remoteFolder);
  }

  /** What was given is not asked for; what isn't good is refused. */
  private void choose(@Nullable String given, String question, String proposal, Taker taker)
      throws Failure {
    if (given != null) {
      take(given, taker);
    } else {
      take(questions.text(question, proposal, answer -> problem(answer, taker)), taker);
    }
  }

  private void take(String answer, Taker taker) throws Failure {
    taker.take(answer);
    var _ = ConfigurationFile.parse(file, ConfigurationText.of(choices(Strategy.TAR)));
    notOnBtrfs = FolderProposal.notOnBtrfs(folders);
  }

  private Optional<String> problem(String answer, Taker taker) {
    try {
      take(answer, taker);
      return Optional.empty();
    } catch (Failure failure) {
      return Optional.of(String.valueOf(failure.getMessage()));
    }
  }
}
