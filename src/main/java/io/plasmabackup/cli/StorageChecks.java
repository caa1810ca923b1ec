package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.Ssh;
import io.plasmabackup.config.Target;
import io.plasmabackup.rotate.Policy;
import io.plasmabackup.rotate.PolicyFile;
import io.plasmabackup.store.ArchiveName;
import io.plasmabackup.store.CommandResult;
import io.plasmabackup.store.FileNames;
import io.plasmabackup.store.Store;
import io.plasmabackup.store.StoredFile;
import io.plasmabackup.store.ssh.HostKeyRefused;
import io.plasmabackup.store.ssh.IdentityUnusable;
import io.plasmabackup.store.ssh.LoginRefused;
import io.plasmabackup.store.ssh.SshLogin;
import io.plasmabackup.store.ssh.SshStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** How {@code plasma-agent check} finds the storage. */
final class StorageChecks {

  private static final String SERVER = "server";
  private static final String HOST_KEY = "host key";
  private static final String LOGIN = "login";
  private static final String SFTP = "sftp";
  private static final String FOLDER = "storage folder";
  private static final String SPACE = "room there";
  private static final String POLICY = "policy";
  private static final String PROGRAMS = "programs there";
  private static final String CLOCK = "clock there";
  private static final String ARCHIVES = "archives";

  /** Nobody who makes a backup a day misses one for longer without wanting to know. */
  private static final Duration STALE = Duration.ofDays(2);

  private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);

  private final Checklist list;
  private final Configuration configuration;
  private final Target target;
  private final Storage storage;
  private final Clock clock;

  StorageChecks(Checklist list, Configuration configuration, Target target, Log log, Clock clock) {
    this.list = list;
    this.configuration = configuration;
    this.target = target;
    this.storage = new Storage(target, log);
    this.clock = clock;
  }

  void all() {
    Optional<Ssh> ssh = target.ssh();
    if (ssh.isPresent()) {
      server(ssh.get());
    } else {
      list.attempt(FOLDER, storage::open).ifPresentOrElse(this::folder, this::skipFolder);
    }
  }

  private void server(Ssh ssh) {
    try (SshLogin login = storage.login(ssh)) {
      list.ok(SERVER, login.server() + " answers");
      list.ok(HOST_KEY, login.hostKey() + " is the one that is known");
      list.ok(
          LOGIN,
          login.account() + login.key().map(key -> " with the key " + key).orElse(", with no key"));
      store(login, ssh);
    } catch (IdentityUnusable failure) {
      list.skip(SERVER, "no key to log in with");
      list.fail(LOGIN, failure);
      skipFolder();
    } catch (HostKeyRefused failure) {
      list.ok(SERVER, FileNames.shown(ssh.host()) + " answers");
      list.fail(HOST_KEY, failure);
      list.skip(LOGIN, "it is not known to be the right server");
      skipFolder();
    } catch (LoginRefused failure) {
      list.ok(SERVER, FileNames.shown(ssh.host()) + " answers");
      list.ok(HOST_KEY, "it is the one that is known");
      list.fail(LOGIN, failure);
      skipFolder();
    } catch (Failure failure) {
      list.fail(SERVER, failure);
      list.skip(LOGIN, "no connection");
      skipFolder();
    }
  }

  private void store(SshLogin login, Ssh ssh) {
    SshStore store;
    try {
      store = storage.open(login, ssh);
    } catch (Failure failure) {
      list.fail(failure.exitCode() == ExitCode.CONNECTION ? SFTP : FOLDER, failure);
      skipFolder();
      return;
    }
    list.attempt(SFTP, store::extensions).ifPresent(this::extensions);
    folder(store);
  }

  private void skipFolder() {
    list.skip(FOLDER, "what is in it: it cannot be reached");
  }

  private void extensions(Set<String> extensions) {
    List<String> lacking = new ArrayList<>();
    if (!extensions.contains("fsync@openssh.com")) {
      lacking.add("fsync (what is stored may be lost when its power fails)");
    }
    if (!extensions.contains("statvfs@openssh.com")) {
      lacking.add("statvfs (it cannot be told how much is free)");
    }
    if (lacking.isEmpty()) {
      // Without posix-rename, which plasma-store needs none of, a record that is replaced is
      // missing
      // for a moment.
      list.ok(
          SFTP,
          "with fsync and statvfs"
              + (extensions.contains("posix-rename@openssh.com") ? ", and posix-rename" : "")
              + (extensions.contains("copy-data") ? "; with copy-data" : "; without copy-data"));
    } else {
      list.warn(SFTP, "it lacks " + String.join(", ", lacking) + ": OpenSSH's sftp-server has all");
    }
  }

  private void folder(Store opened) {
    try (Store store = opened) {
      Optional<List<StoredFile>> files = list.attempt(FOLDER, store::list);
      Optional<Duration> difference =
          list.attempt(FOLDER, () -> new StorageProbe(clock).clockDifference(store));
      if (files.isPresent() && difference.isPresent()) {
        list.ok(
            FOLDER,
            "%s: can be listed; a file was written there and removed".formatted(store.location()));
      }
      Optional<StoredFile> newest = files.flatMap(StorageChecks::newest);
      list.attempt(SPACE, store::free).ifPresent(free -> space(free, newest));
      list.attempt(POLICY, () -> PolicyFile.read(store)).ifPresent(policy -> policy(policy, store));
      if (target.ssh().isPresent()) {
        list.attempt(PROGRAMS, () -> Programs.of(store)).ifPresent(this::programs);
        difference.ifPresent(this::clocks);
      }
      newest.ifPresentOrElse(
          this::age,
          () -> files.ifPresent(none -> list.note(ARCHIVES, "none yet: run plasma-agent")));
    } catch (Failure failure) {
      list.fail(FOLDER, failure);
    }
  }

  private static Optional<StoredFile> newest(List<StoredFile> files) {
    return files.stream()
        .filter(file -> ArchiveName.parse(file.name()).isPresent())
        .max(Comparator.comparing(file -> ArchiveName.parse(file.name()).orElseThrow()));
  }

  private void space(OptionalLong free, Optional<StoredFile> newest) {
    if (free.isEmpty()) {
      list.note(SPACE, "the server doesn't tell how much is free");
      return;
    }
    String there = Sizes.rounded(free.getAsLong()) + " free";
    if (newest.isEmpty()) {
      list.note(SPACE, there + "; how much the first archive takes, plasma-agent --dry-run tells");
    } else if (free.getAsLong() < newest.get().size()) {
      list.warn(
          SPACE,
          "%s, and the newest archive has %s: a run may find the disk full, unless much of the next archive shares its blocks; make room, or keep fewer archives (%s)"
              .formatted(there, Sizes.rounded(newest.get().size()), PolicyFile.NAME));
    } else {
      list.ok(
          SPACE,
          "%s; the newest archive has %s".formatted(there, Sizes.rounded(newest.get().size())));
    }
  }

  private void policy(Optional<Policy> policy, Store store) {
    policy.ifPresentOrElse(
        numbers ->
            list.ok(
                POLICY,
                "%d daily, %d weekly and %d monthly archives are kept"
                    .formatted(numbers.daily(), numbers.weekly(), numbers.monthly())),
        () ->
            list.warn(
                POLICY,
                "there is no %s in %s: nothing is ever deleted; write one there: %s"
                    .formatted(PolicyFile.NAME, store.location(), PolicyFile.EXAMPLE)));
  }

  /** What the account finds on the server, and of which version it is. */
  private record Programs(List<String> plasma, List<String> otherVersions, List<String> digests) {

    private static final List<String> PLASMA =
        List.of("plasma-rotate", "plasma-store", "plasma-restore");
    private static final List<String> DIGESTS = List.of("sha256sum", "openssl");

    static Programs of(Store store) throws Failure {
      List<String> plasma = new ArrayList<>();
      List<String> otherVersions = new ArrayList<>();
      for (String program : PLASMA) {
        Optional<CommandResult> result = store.run(program, List.of("--version"));
        if (result.isPresent()) {
          String version = FileNames.shown(result.get().output().strip());
          plasma.add(program);
          if (result.get().exitStatus() != 0 || !version.equals(Build.version())) {
            String said =
                version.isEmpty() ? FileNames.shown(result.get().errors().strip()) : version;
            otherVersions.add("%s (%s)".formatted(program, said));
          }
        }
      }
      List<String> digests = new ArrayList<>();
      for (String program : DIGESTS) {
        String argument = program.equals("openssl") ? "version" : "--version";
        if (store.run(program, List.of(argument)).filter(r -> r.exitStatus() == 0).isPresent()) {
          digests.add(program);
        }
      }
      return new Programs(plasma, otherVersions, digests);
    }
  }

  private void programs(Programs found) {
    if (!found.otherVersions().isEmpty()) {
      list.warn(
          PROGRAMS,
          "%s, and here is %s: install the same version there"
              .formatted(String.join(", ", found.otherVersions()), Build.version()));
    }
    if (found.plasma().isEmpty() && found.digests().isEmpty()) {
      list.note(
          PROGRAMS,
          "none was found: of what is stored, size and samples are compared, and the agent does the rotation");
    } else if (found.plasma().isEmpty()) {
      list.note(
          PROGRAMS,
          String.join(", ", found.digests())
              + "; without plasma-store and plasma-rotate there, archives share no blocks, and the agent does the rotation");
    } else if (found.otherVersions().isEmpty()) {
      list.ok(
          PROGRAMS,
          "%s, of this version; %s"
              .formatted(
                  String.join(", ", found.plasma()),
                  found.digests().isEmpty() ? "no sha256sum" : String.join(", ", found.digests())));
    }
  }

  private void clocks(Duration difference) {
    String seconds =
        difference.isZero()
            ? "the same, to the second"
            : "%,d s %s"
                .formatted(
                    difference.abs().toSeconds(), difference.isNegative() ? "behind" : "ahead");
    if (difference.abs().compareTo(CLOCKS_DIFFER) > 0) {
      list.warn(
          CLOCK,
          seconds
              + ": names of archives, and what is rotated away, follow from the clocks; set them right (timedatectl)");
    } else {
      list.ok(CLOCK, seconds);
    }
  }

  private void age(StoredFile newest) {
    ZoneId zone = configuration.timezone().orElseGet(ZoneId::systemDefault);
    Instant made = ArchiveName.parse(newest.name()).orElseThrow().time().atZone(zone).toInstant();
    Duration age = Duration.between(made, clock.instant());
    if (age.compareTo(CLOCKS_DIFFER.negated()) < 0) {
      list.warn(
          ARCHIVES,
          newest.name() + " is dated in the future: it is kept and not counted; check the clocks");
    } else if (age.compareTo(STALE) > 0) {
      list.warn(
          ARCHIVES,
          "the newest, %s, is %,d days old: is anything making backups? (systemctl list-timers plasma-agent.timer)"
              .formatted(newest.name(), age.toDays()));
    } else {
      list.ok(
          ARCHIVES,
          "the newest is %s, %,d h old".formatted(newest.name(), Math.max(0, age.toHours())));
    }
  }
}
