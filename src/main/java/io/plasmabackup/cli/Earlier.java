package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.archive.Differences;
import io.plasmabackup.archive.EarlierArchive;
import io.plasmabackup.archive.IndexLine;
import io.plasmabackup.archive.Packing;
import io.plasmabackup.config.ChangeDetection;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.restore.CopiedArchive;
import io.plasmabackup.store.Copying;
import io.plasmabackup.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The archive of which a run's new one has copies, or which it is compared with, if there is one;
 * until it turns out to be lost.
 */
final class Earlier implements AutoCloseable {

  /** More say nothing that these don't. */
  private static final int SHOWN = 100;

  private static final RawPath ROOT = RawPath.of("/");

  /** None: everything is read. */
  static final Earlier NONE = new Earlier(Optional.empty(), Optional.empty(), "", line -> {});

  private Optional<CopiedArchive> archive;

  /** Empty where it is only compared with. */
  private final Optional<Copying> copying;

  private final String use;
  private final Consumer<String> warnings;

  /**
   * @param use what becomes of it, for people
   */
  private Earlier(
      Optional<CopiedArchive> archive,
      Optional<Copying> copying,
      String use,
      Consumer<String> warnings) {
    this.archive = archive;
    this.copying = copying;
    this.use = use;
    this.warnings = warnings;
  }

  /**
   * Looks for the newest that has been made alike.
   *
   * @param now when the run began
   */
  static Earlier find(
      Store store, Configuration configuration, Packing packing, String host, Instant now, Log log)
      throws Failure {
    // Of live folders nothing is ever known to be unchanged.
    if (configuration.strategy() != Strategy.BTRFS_SNAPSHOT
        || configuration.options().changeDetection() == ChangeDetection.FULL) {
      return NONE;
    }
    Optional<CopiedArchive> newest =
        CopiedArchive.newest(
            store,
            Settings.stateFolder(configuration),
            header -> {
              boolean alike = isAlike(header, configuration, packing, host);
              if (alike && isFresh(header.read().orElse(Instant.EPOCH), configuration, now)) {
                // Meanwhile the index is read.
                store.prepareCopying();
              }
              return alike;
            },
            log::warn);
    if (newest.isEmpty()) {
      return NONE;
    }
    CopiedArchive archive = newest.get();
    boolean fresh = isFresh(archive.read(), configuration, now);
    if (!fresh) {
      return new Earlier(
          newest,
          Optional.empty(),
          "everything is read this time, as it was last on %s, and compared with %s"
              .formatted(archive.read(), archive.name()),
          log::warn);
    }
    Copying copying = Copying.NOTHING;
    try {
      copying = store.copying(archive.bytes());
    } finally {
      if (copying == Copying.NOTHING) {
        archive.close();
      }
    }
    if (copying == Copying.NOTHING) {
      log.info(
          "everything is sent, as the storage copies nothing (plasma-store would, and so does OpenSSH's sftp-server from 9.0 on)");
      return NONE;
    }
    return new Earlier(
        newest,
        Optional.of(copying),
        "what has not changed since %s is copied from there%s"
            .formatted(archive.name(), copying.text()),
        log::warn);
  }

  private static boolean isFresh(Instant read, Configuration configuration, Instant now) {
    Duration age = Duration.between(read, now);
    return !age.isNegative() && age.compareTo(configuration.options().fullReadEvery()) < 0;
  }

  private static boolean isAlike(
      IndexLine.Header header, Configuration configuration, Packing packing, String host) {
    return header.rebuilt().isEmpty()
        && header.host().equals(Optional.of(host))
        && header.strategy().equals(Optional.of(configuration.strategy().text()))
        && header.packing().equals(Optional.of(packing.text()));
  }

  /**
   * Says what becomes of it, if there is one.
   *
   * @param shares whether the new one shares blocks with the files, so that it isn't used
   */
  void tell(boolean shares, Log log) {
    if (archive.isPresent()) {
      log.info(
          shares
              ? "blocks are shared with the files: nothing is copied from, or compared with, an earlier archive"
              : use);
    }
  }

  /** Of which there are copies. */
  Optional<CopiedArchive> copied() {
    return copying.isEmpty() ? Optional.empty() : archive;
  }

  /**
   * How many bytes of a plain tar may turn out to be blocks that are there already: at most as many
   * as the earlier one has.
   */
  long mayTakeNoSpace() {
    boolean mayShare =
        copying.equals(Optional.of(Copying.BY_KERNEL))
            || copying.equals(Optional.of(Copying.BY_PROGRAM_SHARING));
    return mayShare ? archive.map(earlier -> earlier.segments().tarBytes()).orElse(0L) : 0;
  }

  /** Up to which transactions the filesystem is to be asked. */
  Optional<CopiedArchive> archive() {
    return archive;
  }

  /**
   * What is known of its segments, for one attempt to write the new one.
   *
   * @param folders the new one's target folders
   */
  EarlierArchive segments(List<String> folders, RunOutcome outcome, Log log) throws Failure {
    if (archive.isEmpty()) {
      return EarlierArchive.NONE;
    }
    EarlierArchive segments = archive.get().segments().with(archive.get().counted(folders));
    return copying.isEmpty()
        ? segments.toCompare(differences(archive.get(), outcome, log))
        : segments;
  }

  private static Differences differences(CopiedArchive archive, RunOutcome outcome, Log log) {
    AtomicInteger count = new AtomicInteger();
    return (first, last) -> {
      outcome.note(ExitCode.UNEXPLAINED);
      if (count.incrementAndGet() <= SHOWN) {
        log.warn(
            "%s is not what it was in %s, though nothing says that it was changed: check the disk, and keep both archives"
                .formatted(place(first, last), archive.name()));
      }
    };
  }

  private static String place(RawPath first, RawPath last) {
    return first.equals(last)
        ? ROOT.resolve(first).toString()
        : "something from " + ROOT.resolve(first) + " to " + ROOT.resolve(last);
  }

  /** From now on there is none. */
  void drop() {
    close();
    archive = Optional.empty();
  }

  @Override
  public void close() {
    try {
      if (archive.isPresent()) {
        archive.get().close();
      }
    } catch (Failure e) {
      // It was only read.
      warnings.accept(e.getMessage());
    }
  }
}
