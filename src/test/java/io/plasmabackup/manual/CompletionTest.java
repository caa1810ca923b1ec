package io.plasmabackup.manual;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What real shells offer, with what is made for them. */
class CompletionTest {

  @TempDir private Path folder;
  private Path home = Path.of("");

  enum Shell {
    BASH("bash") {
      // Words as bash takes a line apart: the = between an option and its argument is one.
      @Override
      List<List<String>> offered(Path completions, Path home, List<String> lines) {
        return complete(
            """
            for completions in "$1"/bash/*; do . "$completions"; done
            compopt() { :; }
            for line in "${@:2}"; do
              IFS=' ' read -ra COMP_WORDS <<<"${line//=/ = }"
              [[ $line != *[\\ =] ]] || COMP_WORDS+=('')
              COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
              entry=$(complete -p "${line%% *}")
              function=${entry#*-F } function=${function%% *}
              "$function" "${line%% *}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
              printf '%s\\n' "${COMPREPLY[@]}" --
            done
            """,
            home, completions, lines);
      }
    },
    ZSH("zsh") {
      // An interactive zsh at a terminal of its own, in which compadd notes what it is given.
      @Override
      List<List<String>> offered(Path completions, Path home, List<String> lines) {
        return complete(
            """
            rm -f .ready
            zmodload zsh/zpty
            zpty shell zsh -f -i
            zpty -w shell "cd ${(q)PWD}; PS1= PROMPT_EOL_MARK=; stty -echo"
            zpty -w shell "fpath=(${(q)1}/zsh \\$fpath); autoload -Uz compinit; compinit -u -d .zcompdump"
            zpty -w shell 'compadd() {
              if (( ${@[(I)-(O|A|D)*]} )); then builtin compadd "$@"; return; fi
              local -a hits; builtin compadd -A hits "$@"
              print -rl -- $hits >>.offered; builtin compadd "$@"
            }
            finish() { BUFFER=; print >.done }
            zle -N finish; bindkey "^X" finish; bindkey "^I" complete-word; print >.ready'
            wait_for() {
              integer i
              for ((i = 0; i < 1200; i++)); do
                [[ ! -e $1 ]] || return 0
                sleep 0.05
                zpty -r -t shell drained
              done
              print "zsh doesn't get to $1"
              exit 1
            }
            wait_for .ready
            for line in "${@:2}"; do
              rm -f .done .offered
              zpty -w -n shell "$line"$'\\t\\x18'
              wait_for .done
              [[ ! -e .offered ]] || cat .offered
              print -r -- --
            done
            zpty -d shell
            """,
            home,
            completions,
            lines);
      }
    },
    FISH("fish") {
      @Override
      List<List<String>> offered(Path completions, Path home, List<String> lines) {
        return complete(
            """
            for completions in $argv[1]/fish/*; source $completions; end
            for line in $argv[2..]
              complete -C $line | string replace -r '\\t.*' ''
              echo -- --
            end
            """,
            home,
            completions,
            lines);
      }
    };

    private final String program;

    Shell(String program) {
      this.program = program;
    }

    /** What is offered at the end of each line. */
    abstract List<List<String>> offered(Path completions, Path home, List<String> lines);

    /**
     * A script gets the folder and the lines as arguments, and writes -- after each line's offers.
     */
    final List<List<String>> complete(
        String script, Path home, Path completions, List<String> lines) {
      List<String> command =
          new ArrayList<>(List.of("env", "-i", "-C", home.toString(), "HOME=" + home));
      command.addAll(List.of("PATH=/usr/bin:/bin", "TERM=dumb", "LC_ALL=C.UTF-8", program));
      command.addAll(
          switch (this) {
            case BASH -> List.of("--norc", "-c", script, "bash");
            case ZSH -> List.of("-f", "-c", script, "zsh");
            case FISH -> List.of("--no-config", "-c", script);
          });
      command.add(completions.toString());
      command.addAll(lines);
      String output = "\n" + Command.run(command.toArray(String[]::new)) + "\n";
      List<List<String>> offers =
          Arrays.stream(output.split("\n--(?=\n)", -1))
              .map(part ->
                  part.lines()
                      .map(String::strip)
                      .filter(offer -> !offer.isEmpty())
                      .distinct()
                      .toList())
              .toList();
      assertThat(offers).as(output).hasSize(lines.size() + 1);
      return offers.subList(0, lines.size());
    }
  }

  @BeforeEach
  void make() throws IOException {
    home = Files.createDirectory(folder.resolve("home"));
    Files.createDirectory(home.resolve("dir with space"));
    Files.createFile(home.resolve("file.conf"));
    Made.in(folder);
  }

  private List<List<String>> offered(Shell shell, List<String> lines) {
    Requires.tool(shell.program);
    return shell.offered(folder, home, lines);
  }

  private List<String> offered(Shell shell, String line) {
    return offered(shell, List.of(line)).getFirst();
  }

  @ParameterizedTest
  @EnumSource
  void offersCommands(Shell shell) {
    List<CommandSpec> parents =
        Made.commands().stream().filter(command -> !Words.subcommands(command).isEmpty()).toList();

    List<List<String>> offered =
        offered(shell, parents.stream().map(command -> command.name() + " ").toList());

    for (int i = 0; i < parents.size(); i++) {
      assertThat(offered.get(i))
          .containsAll(Words.subcommands(parents.get(i)).stream().map(CommandSpec::name).toList());
    }
  }

  @ParameterizedTest
  @EnumSource
  void offersEveryOption(Shell shell) {
    List<CommandSpec> all =
        Made.commands().stream()
            .flatMap(
                command -> Stream.concat(Stream.of(command), Words.subcommands(command).stream()))
            .toList();

    List<List<String>> offered =
        offered(shell, all.stream().map(spec -> spec.qualifiedName() + " --").toList());

    for (int i = 0; i < all.size(); i++) {
      assertThat(offered.get(i).stream().map(CompletionTest::strip))
          .as(all.get(i).qualifiedName())
          .containsExactlyInAnyOrderElementsOf(
              Words.options(all.get(i)).stream().map(OptionSpec::longestName).toList());
    }
  }

  /** zsh and fish write the = at once. */
  private static String strip(String option) {
    return option.endsWith("=") ? option.substring(0, option.length() - 1) : option;
  }

  @ParameterizedTest
  @EnumSource
  void offersOnlyWhatFits(Shell shell) {
    assertThat(
            offered(
                shell,
                List.of(
                    "plasma-restore ext",
                    "plasma-restore list --j",
                    "plasma-restore extract latest --overwrite ol",
                    "plasma-restore cat lat",
                    "plasma-rotate fil",
                    "plasma-restore extract latest --to fil",
                    "plasma-restore list --config fil")))
        .containsExactly(
            List.of("extract"),
            List.of("--json"),
            List.of("older"),
            List.of("latest"),
            List.of(),
            List.of(),
            List.of("file.conf"));
  }

  @ParameterizedTest
  @EnumSource
  void offersFoldersAndWords(Shell shell) {
    List<List<String>> offered =
        offered(shell, List.of("plasma-rotate dir", "plasma-restore extract latest --overwrite "));

    assertThat(offered.getFirst()).singleElement().asString().matches("dir\\\\? with\\\\? space/?");
    assertThat(offered.getLast()).containsExactlyInAnyOrder("never", "older", "always");
  }

  @Test
  void bashKnowsTheEqualsSign() {
    assertThat(
            offered(
                Shell.BASH,
                List.of(
                    "plasma-restore extract latest --overwrite=ol",
                    "plasma-restore extract --overwrite=older lat",
                    "plasma-restore extract --overwrite=")))
        .containsExactly(List.of("older"), List.of("latest"), List.of("never", "older", "always"));
  }

  @Test
  void aWordThatIsACommandElsewhereIsNone() {
    assertThat(offered(Shell.BASH, "plasma-restore find latest list --ig"))
        .containsExactly("--ignore-case");
    assertThat(offered(Shell.FISH, "plasma-restore find latest list --ig"))
        .containsExactly("--ignore-case");
  }
}
