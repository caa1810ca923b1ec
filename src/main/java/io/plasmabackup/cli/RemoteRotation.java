package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.rotate.PolicyFile;
import io.plasmabackup.rotate.RotationReport;
import io.plasmabackup.rotate.Rotator;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.Store;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;

/**
 * The rotation at the end of a backup: by the server's own {@code plasma-rotate} where it has one,
 * else by the agent through the store.
 */
final class RemoteRotation {

  private final Log log;
  private final ZoneId zone;

  RemoteRotation(Log log, ZoneId zone) {
    this.log = log;
    this.zone = zone;
  }

  /**
   * Rotates the folder that {@code published} was just stored in.
   *
   * @throws Failure ({@link ExitCode#ROTATION}) if that failed, in whole or in part
   */
  void rotate(Store store, ArchiveName published) throws Failure {
    if (PolicyFile.read(store).isEmpty()) {
      log.info("no " + PolicyFile.NAME + " in " + store.location() + ": nothing is rotated");
      return;
    }
    Optional<CommandResult> remote = store.run("plasma-rotate", List.of(store.folder()));
    if (remote.isPresent()) {
      check(remote.get(), store, published);
    } else {
      log(new Rotator(Clock.system(zone)).rotateAfter(published, store).orElseThrow());
    }
  }

  private void check(CommandResult result, Store store, ArchiveName published) throws Failure {
    result.output().lines().forEach(log::info);
    if (result.exitStatus() != 0) {
      String reason = result.errors().lines().findFirst().orElse("it gave no reason");
      throw new Failure(
          ExitCode.ROTATION,
          "plasma-rotate on "
              + store.location()
              + " ended with status "
              + result.exitStatus()
              + ": "
              + reason);
    }
    result.errors().lines().forEach(log::warn);
    if (store.list().stream().noneMatch(file -> file.name().equals(published.fileName()))) {
      throw new Failure(
          ExitCode.ROTATION,
          "plasma-rotate on "
              + store.location()
              + " deleted "
              + published
              + ", which was just stored: see that this machine's clock is right and that the policy keeps at"
              + " least one "
              + published.label().text()
              + " archive");
    }
  }

  private void log(RotationReport report) throws Failure {
    for (RotationReport.Deletion deletion : report.deleted()) {
      log.info(
          "rotated away " + deletion.fileName() + " (" + Sizes.rounded(deletion.bytes()) + ")");
    }
    if (!report.rotation().future().isEmpty()) {
      log.warn(
          report.rotation().future().size()
              + " archives are dated in the future, the first "
              + report.rotation().future().getFirst()
              + ": kept and not counted; check the clocks");
    }
    if (!report.failures().isEmpty()) {
      Failure first = report.failures().getFirst();
      throw new Failure(
          ExitCode.ROTATION,
          report.failures().size() + " files could not be rotated away: " + first.getMessage(),
          first);
    }
  }
}
