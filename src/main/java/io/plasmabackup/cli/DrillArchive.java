package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.extract.Observer;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Drill;
import io.plasmabackup.restore.Drilled;
import io.plasmabackup.restore.Verified;
import io.plasmabackup.store.Store;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore drill}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Restores an archive for practice, for a timer.",
      "It verifies every byte of it, extracts it to a scratch folder, compares all that came of it"
          + " with the archive, removes the folder, and says in one line how it went.",
      ""
    })
final class DrillArchive implements Callable<ExitCode> {

  /** More would hide the first. */
  private static final int MOST_TOLD = 20;

  /** To remove a million files takes a while. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ARCHIVE",
      defaultValue = "latest",
      description = WantedArchive.DESCRIPTION + " Without one, the latest.")
  private String archive = "latest";

  @Option(
      names = "--scratch",
      paramLabel = "DIR",
      description = "Where to make the scratch folder; /var/tmp by default.")
  private String scratch = "/var/tmp";

  private long told;

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    long start = System.nanoTime();
    Drilled drilled;
    try (Interruption interruption = new Interruption("plasma-restore", PATIENCE);
        Store store = where.open(log)) {
      try {
        drilled =
            new Drill(
                    store,
                    RawPath.of(scratch),
                    new Told(line -> tell(log, line)),
                    difference -> tell(log, DifferenceLine.of(difference)),
                    log::warn)
                .run(archive);
      } catch (Failure e) {
        // After a signal the process is gone as soon as the interruption is closed.
        return Program.report(
            "plasma-restore", interruption.explain(e, "nothing of the drill is left"));
      }
    }
    if (told > MOST_TOLD) {
      log.warn(String.format(Locale.ROOT, "and %,d more", told - MOST_TOLD));
    }
    String line = line(drilled, Duration.ofNanos(System.nanoTime() - start));
    if (drilled.isComplete()) {
      log.info(line);
      return ExitCode.OK;
    }
    log.error(line);
    return drilled.differences() > 0 ? ExitCode.DIFFERENT : ExitCode.PARTLY;
  }

  private void tell(Log log, String line) {
    if (told++ < MOST_TOLD) {
      log.warn(line);
    }
  }

  private static String line(Drilled drilled, Duration took) {
    String outcome =
        drilled.isComplete()
            ? "all came back"
            : String.format(
                Locale.ROOT,
                "%,d differ, %,d refused, %,d not restored in full",
                drilled.differences(),
                drilled.extracted().refused() + drilled.extracted().kept(),
                drilled.extracted().incomplete());
    return String.format(
        Locale.ROOT,
        "drill with %s: %s; %,d members, %s of data extracted and compared%s, %.1f s",
        drilled.archive(),
        outcome,
        drilled.compared(),
        Sizes.rounded(drilled.extracted().bytes()),
        digests(drilled.verified()),
        took.toMillis() / 1000.0);
  }

  private static String digests(Verified verified) {
    if (verified.extent() != Verified.Extent.ALL) {
      return ", without an index to verify the archive by";
    }
    return verified.undigested() > 0
        ? "; of %s there is no digest yet".formatted(Sizes.rounded(verified.undigested()))
        : ", every byte verified";
  }

  /** What is done with a line. */
  private interface Teller {
    void tell(String line);
  }

  /** A line for each. */
  private record Told(Teller teller) implements Observer {

    @Override
    public void refused(RawPath name, String why) {
      teller.tell("refused: " + name + ": " + why);
    }

    @Override
    public void kept(RawPath name, String why) {
      teller.tell("there twice: " + name);
    }

    @Override
    public void incomplete(RawPath name, String what) {
      teller.tell("not restored: " + name + ": " + what);
    }
  }
}
