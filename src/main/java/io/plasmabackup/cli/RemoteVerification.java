package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.Verification;
import io.plasmabackup.restore.Verification.Identity;
import io.plasmabackup.restore.VerificationJson;
import io.plasmabackup.restore.Verified.Extent;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Has the server's own {@code plasma-restore} verify archives, where it has one: what is read then
 * needn't come over the line. What it says is believed only if it is just what was asked for.
 */
final class RemoteVerification {

  private static final String PROGRAM = "plasma-restore";

  private final Store store;
  private final Log log;

  /** It didn't work once: it is not asked for again. */
  private boolean useless;

  RemoteVerification(Store store, Log log) {
    this.store = store;
    this.log = log;
  }

  /**
   * Has an archive verified; the server then also remembers what was found.
   *
   * @return empty where the server can't: the caller reads it
   */
  Optional<Verification> verify(Identity archive, boolean quick) throws Failure {
    if (useless) {
      return Optional.empty();
    }
    List<String> arguments = new ArrayList<>(List.of("verify", "--json", "--from", store.folder()));
    if (quick) {
      arguments.add("--quick");
    }
    arguments.addAll(List.of("--", archive.name()));
    Optional<CommandResult> result;
    try {
      result = store.run(PROGRAM, arguments, archive.size());
    } catch (Failure e) {
      return unusable(e.getMessage());
    }
    if (result.isEmpty()) {
      useless = true;
      return Optional.empty();
    }
    Optional<Verification> verification = believable(result.get(), archive, quick);
    if (verification.isEmpty()) {
      return unusable(
          "it ended with status %d%s"
              .formatted(
                  result.get().exitStatus(),
                  result.get().errors().lines().findFirst().map(line -> ": " + line).orElse("")));
    }
    // Of damage itself the caller tells.
    result
        .get()
        .errors()
        .lines()
        .filter(line -> line.startsWith(PROGRAM + ": warning: "))
        .forEach(line -> log.warn("on the server: " + line.substring(line.indexOf("g: ") + 3)));
    return verification;
  }

  private Optional<Verification> unusable(String why) {
    useless = true;
    log.warn(
        "plasma-restore on %s did not verify, so it is read from here: %s"
            .formatted(store.location(), FileNames.shown(why)));
    return Optional.empty();
  }

  private static Optional<Verification> believable(
      CommandResult result, Identity archive, boolean quick) {
    return Optional.of(result.output())
        .filter(output -> output.lines().count() == 1)
        .flatMap(output -> VerificationJson.read(output.getBytes(StandardCharsets.UTF_8)))
        .filter(found ->
            found.archive().equals(archive)
                && quick == (found.extent() == Extent.SAMPLES)
                && result.exitStatus()
                    == (found.isRight() ? ExitCode.OK : ExitCode.DAMAGED).number());
  }
}
