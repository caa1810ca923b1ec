package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.compare.Difference;
import io.plasmabackup.compare.Difference.Change;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.Archive;
import io.plasmabackup.restore.Comparison;
import io.plasmabackup.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plasma-restore diff}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows what differs between an archive and the machine.",
      "What was added, removed and changed since is a line each, in the archive's order. Nothing is"
          + " written.",
      ""
    })
final class DiffArchive implements Callable<ExitCode> {

  private static final int BUFFER_BYTES = 64 * 1024;

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = WantedArchive.DESCRIPTION)
  private String archive = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DIR",
      defaultValue = "/",
      description = "Compare with this folder instead of /.")
  private String directory = "/";

  @Option(names = "--content", description = "Compare bytes, attributes and ACLs, too.")
  private boolean content;

  @Option(names = "--json", description = "Write one JSON document instead of text.")
  private boolean json;

  private final Map<Change, Long> counts = new EnumMap<>(Change.class);

  @Override
  public ExitCode call() throws Failure {
    Log log = new Log("plasma-restore", System.out, System.err);
    // Not closed: it isn't ours.
    OutputStream out = new BufferedOutputStream(System.out, BUFFER_BYTES);
    try (Store store = where.open(log);
        Archive opened = Archive.open(store, archive, log::warn);
        Fd folder = Fd.openDirectory(RawPath.of(directory))) {
      if (json) {
        DifferencesJson document = new DifferencesJson(opened.name(), out);
        document.finish(compare(opened, folder, document::add));
      } else {
        long members = compare(opened, folder, difference -> write(out, difference));
        out.write(summary(opened.name(), members).getBytes(StandardCharsets.UTF_8));
      }
      out.write('\n');
      out.flush();
      if (System.out.checkError()) {
        throw new Failure(ExitCode.TARGET, "cannot write to standard output");
      }
    } catch (ErrnoException e) {
      throw new Failure(ExitCode.READ, e.getMessage(), e);
    } catch (IOException e) {
      throw new Failure(ExitCode.TARGET, "cannot write to standard output: " + e.getMessage(), e);
    }
    if (counts.containsKey(Change.UNREADABLE)) {
      return ExitCode.READ;
    }
    return counts.isEmpty() ? ExitCode.OK : ExitCode.DIFFERENT;
  }

  private long compare(Archive opened, Fd folder, Consumer<Difference> shown) throws Failure {
    Comparison comparison =
        new Comparison(
            opened,
            folder,
            difference -> {
              counts.merge(difference.change(), 1L, Long::sum);
              shown.accept(difference);
            });
    return content ? comparison.byContent() : comparison.byIndex();
  }

  private static void write(OutputStream out, Difference difference) {
    try {
      String line = Log.safe(DifferenceLine.of(difference)) + '\n';
      out.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException neverThrown) {
      // A PrintStream keeps it for checkError.
      throw new AssertionError(neverThrown);
    }
  }

  private String summary(String name, long members) {
    if (counts.isEmpty()) {
      return String.format(
          Locale.ROOT,
          "%s: nothing differs, of %,d members%s",
          name,
          members,
          content ? "" : " by size, time and metadata");
    }
    return String.format(
        Locale.ROOT,
        "%s: %,d added, %,d removed, %,d changed, of %,d members%s",
        name,
        counts.getOrDefault(Change.ADDED, 0L),
        counts.getOrDefault(Change.REMOVED, 0L),
        counts.getOrDefault(Change.CHANGED, 0L),
        members,
        counts.containsKey(Change.UNREADABLE)
            ? String.format(Locale.ROOT, "; %,d could not be read", counts.get(Change.UNREADABLE))
            : "");
  }
}
