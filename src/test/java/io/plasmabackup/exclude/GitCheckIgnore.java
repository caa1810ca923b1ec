package io.plasmabackup.exclude;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.plasmabackup.linux.RawPath;
import io.plasmabackup.testing.Requires;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Git itself, asked which pattern decides about a path. */
final class GitCheckIgnore {

  /** Before each path, so that git sees no magic in one that begins with a colon. */
  private static final RawPath CURRENT = RawPath.of("./");

  private final Path repository;
  private final Path patternFile;

  private GitCheckIgnore(Path repository) {
    this.repository = repository;
    this.patternFile = repository.resolve(".git/patterns");
  }

  /**
   * @param directory an empty one, which becomes a repository
   * @param directories the paths that git finds to be directories, each after its parents; all
   *     others are files to it
   */
  static GitCheckIgnore in(Path directory, Collection<RawPath> directories)
      throws IOException, InterruptedException {
    Requires.tool("git");
    GitCheckIgnore git = new GitCheckIgnore(directory);
    git.run(List.of("git", "init", "--quiet"), new byte[0], 0);
    git.run(List.of("xargs", "-0", "mkdir", "--"), nulTerminated(directories), 0);
    return git;
  }

  /**
   * For each path, the index of the last of {@code patterns} that matches it or, before that, the
   * outermost of its parents that is left out.
   *
   * @param patterns without line breaks
   */
  Map<RawPath, OptionalInt> deciding(List<String> patterns, Collection<RawPath> paths)
      throws IOException, InterruptedException {
    // A comment first, since a byte order mark at the beginning would not belong to a pattern.
    Files.writeString(patternFile, "#\n" + String.join("\n", patterns) + "\n", UTF_8);
    List<String> fields =
        fields(
            run(
                List.of(
                    "git",
                    "-c",
                    "core.excludesFile=" + patternFile,
                    "check-ignore",
                    "--no-index",
                    "--stdin",
                    "-z",
                    "--verbose",
                    "--non-matching"),
                nulTerminated(paths),
                1));
    Map<RawPath, OptionalInt> deciding = new TreeMap<>();
    for (int i = 0; i < fields.size(); i += 4) {
      String line = fields.get(i + 1);
      deciding.put(
          RawPath.copyOf(fields.get(i + 3).getBytes(ISO_8859_1)).relativeTo(CURRENT),
          line.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(line) - 2));
    }
    return deciding;
  }

  private byte[] run(List<String> command, byte[] input, int highestStatus)
      throws IOException, InterruptedException {
    Path in = Files.write(repository.resolveSibling(repository.getFileName() + ".in"), input);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(repository.toFile())
            .redirectInput(in.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    // Nothing of the machine's own settings.
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("GIT_"));
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
    Process process = builder.start();
    byte[] output = process.getInputStream().readAllBytes();
    int status = process.waitFor();
    Files.delete(in);
    if (status > highestStatus) {
      throw new AssertionError(command + ": exit status " + status);
    }
    return output;
  }

  private static byte[] nulTerminated(Collection<RawPath> paths) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = bytes) {
      for (RawPath path : paths) {
        out.write(CURRENT.toBytes());
        out.write(path.toBytes());
        out.write(0);
      }
    }
    return bytes.toByteArray();
  }

  /** What stands before each NUL, a character for a byte. */
  private static List<String> fields(byte[] output) {
    List<String> fields = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < output.length; i++) {
      if (output[i] == 0) {
        fields.add(new String(output, begin, i - begin, ISO_8859_1));
        begin = i + 1;
      }
    }
    return fields;
  }
}
