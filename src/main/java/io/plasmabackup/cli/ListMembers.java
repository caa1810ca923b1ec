package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine.Member;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.store.Store;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore ls}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows a member of an archive, or what is in it if it is a folder.",
      "It asks the archive's index alone; without a good one it reads all of the archive.",
      ""
    })
final class ListMembers implements Callable<ExitCode> {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private String archive = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "PATH",
      description = "A file or folder, as it was on the machine.")
  private @Nullable String path;

  @Option(
      names = {"-d", "--directory"},
      description = "Show a folder itself, not what is in it.")
  private boolean directory;

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    try (Store store = where.open(log);
        Archive opened = Archive.open(store, archive, log::warn)) {
      List<Member> members = members(opened, RawPath.of(path == null ? "" : path));
      if (json) {
        System.out.println(MembersJson.of(opened.name(), members));
      } else {
        members.forEach(member -> log.info(line(member)));
      }
    }
    return ExitCode.OK;
  }

  private List<Member> members(Archive opened, RawPath wanted) throws Failure {
    return path != null && directory ? List.of(opened.member(wanted)) : opened.at(wanted);
  }

  /** A member as it is shown to people. */
  static String line(Member member) {
    return "%s  %-13s  %15s  %s  %s%s"
        .formatted(
            permissions(member),
            owner(member.user(), member.uid()) + "/" + owner(member.group(), member.gid()),
            member.node().orElseGet(() -> "%,d".formatted(member.size())),
            TIME.format(
                Instant.ofEpochSecond(member.modified().seconds()).atZone(ZoneId.systemDefault())),
            member.name().isEmpty() ? "/" : member.name(),
            link(member));
  }

  private static String owner(String name, long number) {
    return name.isEmpty() ? Long.toString(number) : name;
  }

  private static String link(Member member) {
    return member
        .link()
        .map(link -> (member.type() == Member.Type.SYMLINK ? " -> " : " link to ") + link)
        .orElse("");
  }

  /** As ls(1) shows them. */
  static String permissions(Member member) {
    char type =
        switch (member.type()) {
          case FILE -> '-';
          case DIRECTORY -> 'd';
          case SYMLINK -> 'l';
          case HARDLINK -> 'h';
          case CHARACTER -> 'c';
          case BLOCK -> 'b';
          case FIFO -> 'p';
        };
    int mode = member.permissions();
    StringBuilder shown = new StringBuilder().append(type);
    for (int shift = 6; shift >= 0; shift -= 3) {
      int bits = mode >> shift;
      shown.append((bits & 4) != 0 ? 'r' : '-').append((bits & 2) != 0 ? 'w' : '-');
      // set-uid, set-gid and sticky are shown with the x of user, group and others.
      boolean special = ((mode >> (9 + shift / 3)) & 1) != 0;
      boolean execute = (bits & 1) != 0;
      char set = shift == 0 ? 't' : 's';
      shown.append(special ? (execute ? set : Character.toUpperCase(set)) : (execute ? 'x' : '-'));
    }
    return shown.toString();
  }
}
