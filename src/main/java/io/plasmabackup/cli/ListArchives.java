package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.restore.ArchiveList;
import io.plasmabackup.restore.ListedArchive;
import io.plasmabackup.restore.ListedArchive.State;
import io.plasmabackup.restore.Verification;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plasma-restore list}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {"Shows which archives there are, the oldest first.", ""})
final class ListArchives implements Callable<ExitCode> {

  private static final DateTimeFormatter LOCAL = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");
  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm'Z'").withZone(ZoneOffset.UTC);

  /** As long as an archive's name gets, {@code .age} and seconds not counted. */
  private static final String LINE = "%-29s  %-16s  %-17s  %10s  %11s  %-9s  %-20s  %s";

  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("uuuu-MM-dd").withZone(ZoneOffset.UTC);

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    try (Store store = where.open(log)) {
      List<ListedArchive> archives = ArchiveList.of(store);
      List<StoredFile> others = ArchiveList.others(store);
      if (json) {
        System.out.println(ListJson.of(store.location(), archives, others));
      } else {
        print(log, store.location(), archives);
        for (StoredFile other : others) {
          log.info(
              "another tar: %s (%s)"
                  .formatted(FileNames.shown(other.name()), Sizes.rounded(other.size())));
        }
      }
    }
    return ExitCode.OK;
  }

  private static void print(Log log, String location, List<ListedArchive> archives) {
    if (archives.isEmpty()) {
      log.info("no archives in " + location);
      return;
    }
    log.info(
        LINE.formatted(
            "ARCHIVE",
            "AGENT'S TIME",
            "UTC",
            "SIZE",
            "MEMBERS",
            "STATE",
            "VERIFIED",
            "SUBVOLUMES"));
    for (ListedArchive archive : archives) {
      log.info(line(archive));
    }
    long bytes = archives.stream().mapToLong(ListedArchive::size).sum();
    log.info(
        "%d archive%s, %s in %s"
            .formatted(
                archives.size(), archives.size() == 1 ? "" : "s", Sizes.rounded(bytes), location));
    for (ListedArchive archive : archives) {
      archive.problem().ifPresent(problem -> log.warn(archive.name() + ": " + problem));
    }
  }

  private static String line(ListedArchive archive) {
    Optional<IndexLine.Header> header = archive.header();
    Optional<Instant> time = header.flatMap(IndexLine.Header::time);
    return LINE.formatted(
            archive.name(),
            LOCAL.format(archive.name().time()),
            time.map(UTC::format).orElse(""),
            Sizes.rounded(archive.size()),
            archive.end().map(end -> String.format(Locale.ROOT, "%,d", end.members())).orElse(""),
            archive.state().text(),
            archive.verified().map(ListArchives::verified).orElseGet(() -> read(archive)),
            header.map(ListArchives::subvolumes).orElse(""))
        .stripTrailing();
  }

  /** What was copied from archive to archive since; any of these may have been verified. */
  private static String read(ListedArchive archive) {
    return archive.state() == State.COPIED
        ? archive
            .header()
            .flatMap(IndexLine.Header::read)
            .map(read -> "last read " + DAY.format(read))
            .orElse("")
        : "";
  }

  private static String verified(Verification verification) {
    String what =
        switch (verification.extent()) {
          case SAMPLES -> " (samples)";
          case STRUCTURE -> " (a tar)";
          case ALL -> "";
        };
    return DAY.format(verification.time()) + (verification.isRight() ? what : "");
  }

  /** Of live folders there were no snapshots. */
  private static String subvolumes(IndexLine.Header header) {
    if (header.rebuilt().isPresent()) {
      return "";
    }
    return header.subvolumes().isEmpty()
        ? "none; folders " + String.join(" ", header.folders())
        : String.join(" ", header.subvolumePaths());
  }
}
