package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.extract.Extracted;
import io.plasmabackup.extract.Extractor;
import io.plasmabackup.extract.Observer;
import io.plasmabackup.extract.Overwrite;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.store.Store;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore extract}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Extracts an archive, or some of its files and folders, to a folder.",
      "Nothing is written elsewhere. What was broken off goes on when it is repeated.",
      ""
    })
final class ExtractArchive implements Callable<ExitCode> {

  private static final int USUAL = 0755;

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private String archive = "";

  @Parameters(
      index = "1..*",
      paramLabel = "PATH",
      description = "A file or folder of the machine; without any, all.")
  private List<String> paths = List.of();

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DIR",
      description = "The folder to extract to; made if it isn't there.")
  private String to = "";

  @Option(
      names = "--overwrite",
      paramLabel = "WHEN",
      description =
          "Which files that are there already are replaced: never (the default), older, or always.")
  private Overwrite overwrite = Overwrite.NEVER;

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    List<RawPath> wanted = paths.stream().map(RawPath::of).toList();
    try (Store store = where.open(log);
        Archive opened = Archive.open(store, archive, log::warn)) {
      RawPath folder = RawPath.of(to);
      boolean own = make(folder);
      try (Fd directory = open(folder);
          Extractor extractor = new Extractor(directory, own, overwrite, new Told(log))) {
        opened.file().ifPresent(extractor::shareBlocksOf);
        if (wanted.isEmpty()) {
          opened.extract(extractor);
        } else {
          opened.extract(wanted, extractor);
        }
        return summary(log, opened.name(), extractor.finish());
      } catch (ErrnoException e) {
        throw failure(e);
      }
    }
  }

  private boolean make(RawPath folder) throws Failure {
    RawPath parent = folder.parent();
    try (Fd directory = Fd.openDirectory(parent.isEmpty() ? RawPath.of(".") : parent)) {
      directory.makeDirectoryAt(folder.fileName(), USUAL);
      return true;
    } catch (ErrnoException e) {
      if (e.is(Errno.EEXIST) || folder.fileName().isEmpty()) {
        return false;
      }
      throw failure(e);
    }
  }

  private Fd open(RawPath folder) throws Failure {
    try {
      return Fd.openDirectory(folder);
    } catch (ErrnoException e) {
      throw failure(e);
    }
  }

  private static Failure failure(ErrnoException e) {
    return new Failure(ExitCode.TARGET, e.getMessage() == null ? e.toString() : e.getMessage(), e);
  }

  private ExitCode summary(Log log, String name, Extracted extracted) {
    log.info(
        String.format(
            Locale.ROOT,
            "%s: %,d extracted to %s, %s written%s",
            name,
            extracted.made(),
            RawPath.of(to),
            Sizes.rounded(extracted.bytes()),
            extracted.present() > 0
                ? String.format(Locale.ROOT, "; %,d were there already", extracted.present())
                : ""));
    if (extracted.isComplete()) {
      return ExitCode.OK;
    }
    log.warn(
        String.format(
            Locale.ROOT,
            "%,d kept out by what is there, %,d refused, %,d not restored in full; see above",
            extracted.kept(),
            extracted.refused(),
            extracted.incomplete()));
    return ExitCode.PARTLY;
  }

  /** A line for each. */
  private record Told(Log log) implements Observer {

    @Override
    public void refused(RawPath name, String why) {
      log.warn("refused: " + name + ": " + why);
    }

    @Override
    public void kept(RawPath name, String why) {
      log.warn("kept: " + name + ": " + why + "; --overwrite would replace it");
    }

    @Override
    public void incomplete(RawPath name, String what) {
      log.warn("not restored: " + name + ": " + what);
    }
  }
}
