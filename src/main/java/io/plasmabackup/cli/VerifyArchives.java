package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.restore.EncryptedCheck;
import io.plasmabackup.restore.Verification;
import io.plasmabackup.restore.VerificationJson;
import io.plasmabackup.restore.VerificationRecords;
import io.plasmabackup.restore.Verified.Extent;
import io.plasmabackup.restore.Verifier;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.DecryptedStore;
import io.plasmabackup.store.Store;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plasma-restore verify}. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Compares every byte and every member of archives with their indexes.",
      "The index is compared with its own digest.",
      ""
    })
final class VerifyArchives implements Callable<ExitCode> {

  @Mixin private ArchivesAt where = new ArchivesAt();

  @Mixin private SeveralArchives archives = new SeveralArchives();

  @Option(names = "--quick", description = "Compare size, index and random segments only.")
  private boolean quick;

  @Option(names = "--read", description = "Read a server's archives here in any case.")
  private boolean read;

  @Option(names = "--json", description = "Write JSON instead of text.")
  private boolean json;

  /** Said once, for it is the same for all archives. */
  private boolean saidUnrecorded;

  @Override
  public ExitCode call() throws Failure {
    archives.require("verify");
    Log log = new Log("plasma-restore", System.out, System.err);
    ExitCode result = ExitCode.OK;
    try (DecryptedStore store = where.open(log)) {
      RemoteVerification remote = new RemoteVerification(store, log);
      for (String archive : archives.in(store, name -> true)) {
        Verifier verifier = new Verifier(store, archive);
        boolean encrypted = ArchiveName.isEncrypted(verifier.name());
        if (encrypted && !where.hasIdentities()) {
          result = compared(store, verifier.name(), log) ? result : ExitCode.DAMAGED;
          continue;
        }
        Optional<Verification> found =
            // The key stays here.
            read || encrypted ? Optional.empty() : remote.verify(verifier.identity(), quick);
        Verification verification = found.isPresent() ? found.get() : here(store, verifier, log);
        tell(log, verification, found.isPresent() ? " (verified on the server)" : "");
        result = verification.isRight() ? result : ExitCode.DAMAGED;
      }
    }
    return result;
  }

  /** Without a key: by the digest of the file alone. */
  private static boolean compared(DecryptedStore store, String archive, Log log) throws Failure {
    try {
      Verification earlier = EncryptedCheck.compare(store, archive);
      log.info(
          "%s: the same file, %s, as was verified on %s; what is encrypted in it was not looked at, as there is no --identity"
              .formatted(
                  archive,
                  Sizes.rounded(earlier.archive().size()),
                  earlier.time().truncatedTo(ChronoUnit.SECONDS)));
      return true;
    } catch (Failure e) {
      if (e.exitCode() != ExitCode.DAMAGED) {
        throw e;
      }
      log.error(e.getMessage());
      return false;
    }
  }

  private Verification here(Store store, Verifier verifier, Log log) throws Failure {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Verification verification = verifier.verify(quick, new SecureRandom(), now, Build.version());
    try {
      VerificationRecords.keep(store, verification)
          .flatMap(Verification::damage)
          .filter(damage -> verification.isRight())
          .ifPresent(damage ->
              log.warn(
                  verifier.name()
                      + " was found to be damaged before, which samples cannot disprove: "
                      + damage));
    } catch (Failure e) {
      if (!saidUnrecorded) {
        log.warn("not remembered for plasma-restore list: " + e.getMessage());
        saidUnrecorded = true;
      }
    }
    return verification;
  }

  private void tell(Log log, Verification verification, String where) {
    if (json) {
      System.out.println(VerificationJson.write(verification));
    } else if (verification.isRight()) {
      log.info(said(verification) + where);
    }
    verification.damage().ifPresent(log::error);
  }

  private static String said(Verification verification) {
    String what =
        switch (verification.extent()) {
          case SAMPLES -> "size and samples are right, %2$s of it";
          case STRUCTURE -> "a tar of %1$,d members, %2$s; there is no index to compare it with";
          case ALL -> "all of %2$s and %1$,d members are right";
        };
    return verification.archive().name()
        + ": "
        + String.format(
            Locale.ROOT, what, verification.members(), Sizes.rounded(verification.bytes()))
        + (verification.extent() == Extent.ALL && verification.undigested() > 0
            ? "; of %s there is no digest yet (blocks shared with files)"
                .formatted(Sizes.rounded(verification.undigested()))
            : "");
  }
}
