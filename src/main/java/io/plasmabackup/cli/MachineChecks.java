package io.plasmabackup.cli;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.config.Configuration;
import io.plasmabackup.config.ConfigurationFile;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.journal.RunJournal;
import io.plasmabackup.journal.Stage;
import io.plasmabackup.journal.StateFolder;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.plan.Privileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What {@code plasma-agent check} looks at on this machine, but for the folders. */
final class MachineChecks {

  private static final String CONFIGURATION = "configuration";
  private static final String PRIVILEGES = "privileges";
  private static final String STATE = "state folder";
  private static final String TEMPFILE = "tempfile";
  private static final String VERSIONS = "versions";

  /** The kernel that README names: the first with all that is asked of it. */
  private static final int[] OLDEST_KERNEL = {5, 7};

  private static final Pattern KERNEL = Pattern.compile("(\\d{1,5})\\.(\\d{1,5}).*");

  /** A program's path that a shell takes as it is. */
  private static final Pattern PROGRAM = Pattern.compile("(/[A-Za-z0-9_./+@%:,=-]+)(?:\\s.*)?");

  private static final int PERMISSIONS = 07777;

  private final Checklist list;

  MachineChecks(Checklist list) {
    this.list = list;
  }

  /** Whether Plasma runs here at all, and with what. */
  boolean isPlatformSupported() {
    String kernel = System.getProperty("os.version");
    String what =
        "%s, Java %s, Linux %s, %s"
            .formatted(Build.version(), Runtime.version(), kernel, System.getProperty("os.arch"));
    try {
      PlasmaAgent.refuseOtherPlatforms();
    } catch (Failure failure) {
      list.fail(VERSIONS, failure);
      return false;
    }
    if (isOlder(kernel)) {
      list.warn(
          VERSIONS,
          "%s: needs Linux %d.%d or newer".formatted(what, OLDEST_KERNEL[0], OLDEST_KERNEL[1]));
    } else {
      list.ok(VERSIONS, what);
    }
    return true;
  }

  static boolean isOlder(String kernel) {
    Matcher version = KERNEL.matcher(kernel);
    if (!version.matches()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    int minor = Integer.parseInt(version.group(2));
    return major < OLDEST_KERNEL[0] || (major == OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  }

  /** Reads it as a run does. */
  Optional<Configuration> configuration(Path file) {
    return list.attempt(
        CONFIGURATION,
        () -> {
          Configuration configuration = ConfigurationFile.read(file);
          list.ok(
              CONFIGURATION,
              "%s is valid, mode %s; nobody else can write to it".formatted(file, mode(file)));
          return configuration;
        });
  }

  private static String mode(Path file) throws Failure {
    try {
      return "%04o".formatted((int) Files.getAttribute(file, "unix:mode") & PERMISSIONS);
    } catch (IOException e) {
      throw new Failure(
          ExitCode.CONFIGURATION, file + " was moved away a moment ago; start again", e);
    }
  }

  void privileges(Configuration configuration) {
    list.attempt(PRIVILEGES, Planning::privileges)
        .ifPresent(privileges -> privileges(privileges, configuration.strategy()));
  }

  private void privileges(Privileges privileges, Strategy strategy) {
    String user = "user id " + Accounts.effectiveUser();
    if (strategy == Strategy.BTRFS_SNAPSHOT && !privileges.systemAdministration()) {
      list.fail(
          PRIVILEGES,
          ExitCode.REFUSED,
          user + " has no CAP_SYS_ADMIN, without which no snapshots are made; run as root");
    } else if (strategy != Strategy.NOOP && !privileges.readingEverything()) {
      list.warn(
          PRIVILEGES,
          user
              + " has no CAP_DAC_READ_SEARCH: a run fails at the first file that it may not read; run as root");
    } else if (strategy == Strategy.TAR && !privileges.systemAdministration()) {
      list.note(
          PRIVILEGES,
          user
              + " has no CAP_SYS_ADMIN: nested subvolumes are not looked for, and what btrfs keeps compressed is read and compressed again");
    } else {
      list.ok(PRIVILEGES, user + ", with all that is needed");
    }
  }

  /** Returns whether a run is using it now. */
  boolean stateFolder(Configuration configuration, Path file) {
    Optional<StateFolder.View> view =
        list.attempt(
            STATE,
            () ->
                StateFolder.view(Settings.stateFolder(configuration), PlasmaAgent.canonical(file)));
    view.ifPresent(this::show);
    return view.filter(StateFolder.View::busy).isPresent();
  }

  private void show(StateFolder.View view) {
    if (view.busy()) {
      list.note(STATE, view.directory() + " is in use: a backup of this configuration is running");
      return;
    }
    for (Path damaged : view.unfinished().damaged()) {
      list.warn(
          STATE,
          "the journal %s is damaged: the next run says what may be left of that one"
              .formatted(damaged));
    }
    Set<String> cutOff = new LinkedHashSet<>();
    for (RunJournal journal : view.unfinished().journals()) {
      if (journal.record().stage() != Stage.KEPT) {
        cutOff.add(journal.record().run());
      }
    }
    if (!cutOff.isEmpty()) {
      list.note(
          STATE,
          "%s: cut off was the run %s; the next one goes on with it, or takes away what it has left"
              .formatted(view.directory(), String.join(", ", cutOff)));
    } else if (view.unfinished().damaged().isEmpty()) {
      list.ok(STATE, view.directory() + (view.exists() ? "" : ", which the first run makes"));
    }
  }

  /**
   * Whether their programs are there, where that can be told: a shell may make anything of them.
   */
  void hooks(Configuration configuration) {
    hooks("executeBefore", configuration.executeBefore(), ExitCode.BEFORE_HOOK);
    hooks("executeAfter", configuration.executeAfter(), ExitCode.AFTER_HOOK);
    hooks("executeOnFailure", configuration.executeOnFailure(), ExitCode.AFTER_HOOK);
    hooks("executeAlways", configuration.executeAlways(), ExitCode.AFTER_HOOK);
  }

  private void hooks(String key, List<String> commands, ExitCode exitCode) {
    boolean failed = false;
    for (int i = 0; i < commands.size(); i++) {
      Matcher program = PROGRAM.matcher(commands.get(i).strip());
      if (program.matches() && !isProgram(Path.of(program.group(1)))) {
        failed = true;
        list.fail(
            "hooks",
            exitCode,
            Hooks.name(key, i)
                + ": what it begins with is no program that can be run; correct the path, or chmod +x");
      }
    }
    if (!failed && !commands.isEmpty()) {
      list.ok("hooks", "%d in %s; not run".formatted(commands.size(), key));
    }
  }

  private static boolean isProgram(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /**
   * Where the archive would be completed.
   *
   * @param busy whether a run may have it now
   */
  void tempfile(Configuration configuration, boolean busy) {
    if (configuration.tempfile().isEmpty()) {
      return;
    }
    Path file = Path.of(configuration.tempfile().get());
    Path folder = file.resolveSibling("");
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      list.fail(
          TEMPFILE,
          ExitCode.REFUSED,
          "%s %s; create it, or choose another \"tempfile\""
              .formatted(
                  folder, Files.isDirectory(folder) ? "cannot be written to" : "is not a folder"));
    } else if (!busy && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      list.fail(
          TEMPFILE,
          ExitCode.REFUSED,
          file
              + " exists already, from a run that was cut off, or somebody else's: remove it, or choose another \"tempfile\"");
    } else {
      list.attempt(TEMPFILE, () -> usable(folder))
          .ifPresent(free ->
              list.ok(TEMPFILE, "%s: %s free in its folder".formatted(file, Sizes.rounded(free))));
    }
  }

  private static long usable(Path folder) throws Failure {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.REFUSED, "cannot ask how much is free in %s: %s".formatted(folder, e), e);
    }
  }
}
