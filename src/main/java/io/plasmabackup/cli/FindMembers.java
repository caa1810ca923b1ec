package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.exclude.NamePattern;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore find}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows the members of an archive whose names match a pattern.",
      "It asks the archive's index alone.",
      ""
    })
final class FindMembers implements Callable<ExitCode> {

  private static final int BUFFER_BYTES = 64 * 1024;

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private String archive = "";

  @Parameters(
      index = "1",
      paramLabel = "PATTERN",
      description = "For names ('*.conf'), or, with a slash, for paths ('/etc/*.conf').")
  private String pattern = "";

  @Option(
      names = {"-i", "--ignore-case"},
      description = "Let letters match their other case, too.")
  private boolean ignoreCase;

  @Option(
      names = {"-l", "--long"},
      description = "Show lines as ls does, not names alone.")
  private boolean lines;

  @Option(
      names = {"-0", "--null"},
      description = "End names with a NUL, not a newline: for xargs -0.")
  private boolean nul;

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  private long found;

  /** Writes a member somewhere. */
  private interface Writer {
    void write(Member member) throws IOException;
  }

  @Override
  public ExitCode call() throws Failure {
    NamePattern wanted = wanted();
    Log log = new Log("plasma-restore", System.out, System.err);
    // Not closed: it isn't ours.
    OutputStream out = new BufferedOutputStream(System.out, BUFFER_BYTES);
    try (Store store = where.open(log);
        Archive opened = Archive.open(store, archive, log::warn)) {
      if (json) {
        try (MembersJson document = new MembersJson(opened.name(), out)) {
          find(opened, wanted, document::add);
        }
        out.write('\n');
      } else {
        find(opened, wanted, writer(out));
      }
      out.flush();
      if (System.out.checkError()) {
        throw new IOException("it is closed, or full");
      }
      if (found == 0) {
        throw new Failure(
            ExitCode.NOT_FOUND, "nothing in " + opened.name() + " matches " + shownPattern());
      }
    } catch (IOException e) {
      throw unwritable(e);
    }
    return ExitCode.OK;
  }

  private NamePattern wanted() throws Failure {
    if ((json ? 1 : 0) + (nul ? 1 : 0) + (lines ? 1 : 0) > 1) {
      throw new Failure(
          ExitCode.USAGE, "takes one of --json, --null and --long; see plasma-restore find --help");
    }
    Optional<String> problem = NamePattern.problem(pattern);
    if (problem.isPresent()) {
      throw new Failure(ExitCode.USAGE, shownPattern() + problem.get());
    }
    return NamePattern.of(pattern, ignoreCase);
  }

  private String shownPattern() {
    return '"' + RawPath.of(pattern).toString() + '"';
  }

  private Writer writer(OutputStream out) {
    return member -> {
      if (nul) {
        out.write(member.name().toBytes());
        out.write(0);
      } else {
        String line = lines ? Log.safe(ListMembers.line(member)) : member.name().toString();
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
      }
    };
  }

  private void find(Archive opened, NamePattern wanted, Writer writer) throws Failure {
    opened.members(
        wanted,
        member -> {
          found++;
          try {
            writer.write(member);
          } catch (IOException e) {
            throw unwritable(e);
          }
        });
  }

  private static Failure unwritable(IOException e) {
    return new Failure(ExitCode.TARGET, "cannot write to standard output: " + e.getMessage(), e);
  }
}
