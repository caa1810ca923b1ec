package io.plasmabackup.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.extract.KnownAttacks.Attack;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.MalformedTarException;
import io.plasmabackup.tar.TarMember;
import io.plasmabackup.tar.TarReader;
import io.plasmabackup.testing.Canary;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.NoLeakedFds;
import io.plasmabackup.testing.Requires;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What tar programs have fallen for, as root: what is outside is neither changed nor opened, and
 * each member is made, or refused and named, just as it should be.
 */
@ExtendWith(NoLeakedFds.class)
@Timeout(60)
class KnownAttacksTest {

  /** Attacks name the folder outside; so it is there before they are. */
  private static final Path HOME = temporary();

  private static final Path OUTSIDE = HOME.resolve("outside");
  private static Canary canary;

  private static Path temporary() {
    try {
      return Files.createTempDirectory("plasma-attacks");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static List<Attack> attacks() {
    return KnownAttacks.around(OUTSIDE);
  }

  @BeforeAll
  static void makeOutside() throws IOException {
    Requires.root();
    Files.createDirectories(OUTSIDE.resolve("folder"));
    Files.writeString(OUTSIDE.resolve("secret"), "secret");
    canary = Canary.of(OUTSIDE);
  }

  @AfterEach
  void removeTarget() {
    Command.run("rm", "-rf", HOME.resolve("target").toString());
  }

  @AfterAll
  static void removeAll() throws IOException {
    canary.close();
    Command.run("rm", "-rf", HOME.toString());
  }

  /** Observer that writes down what it is told. */
  private record Told(List<String> things) implements Observer {

    @Override
    public void refused(RawPath name, String why) {
      assertThat(why).isNotBlank();
      things.add("refused " + name);
    }

    @Override
    public void kept(RawPath name, String why) {
      assertThat(why).isNotBlank();
      things.add("kept " + name);
    }

    @Override
    public void incomplete(RawPath name, String what) {
      assertThat(what).isNotBlank();
      things.add("incomplete " + name);
    }
  }

  @Test
  void thereAreManyOfThem() {
    assertThat(attacks().stream().map(Attack::toString).distinct().toList())
        .hasSameSizeAs(attacks())
        .hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void endsAsItShould(Attack attack) throws IOException {
    for (Overwrite overwrite : Overwrite.values()) {
      Path target = Files.createDirectory(HOME.resolve("target"));
      attack.preparation().prepare(target);
      List<String> told = new ArrayList<>();
      boolean malformed = false;
      for (byte[] tar : attack.tars()) {
        malformed |= !extract(tar, target, overwrite, new Told(told));
      }
      canary.assertUntouched(attack + ", overwriting " + overwrite);
      assertThat(malformed).isEqualTo(attack.malformed());
      if (overwrite == Overwrite.NEVER) {
        List<String> shown =
            attack.told().stream()
                .map(thing -> {
                  String[] words = thing.split(" ", 2);
                  return words[0] + " " + RawPath.of(words[1]);
                })
                .toList();
        assertThat(told).containsExactlyInAnyOrderElementsOf(shown);
        assertThat(listing(target)).isEqualTo(attack.left());
      }
      Command.run("rm", "-rf", target.toString());
      try (Stream<Path> left = Files.list(HOME)) {
        assertThat(left).containsExactly(OUTSIDE);
      }
    }
  }

  /** False if it is no tar to its end. */
  private static boolean extract(byte[] tar, Path target, Overwrite overwrite, Observer observer)
      throws IOException {
    try (Fd folder = Fd.openDirectory(RawPath.of(target.toString()));
        Extractor extractor = new Extractor(folder, false, overwrite, observer)) {
      boolean well = true;
      TarReader reader = new TarReader(new ByteArrayInputStream(tar));
      try {
        for (TarMember member = reader.next(); member != null; member = reader.next()) {
          extractor.add(member, reader);
        }
      } catch (MalformedTarException | EOFException e) {
        assertThat(e).message().isNotBlank();
        well = false;
      }
      var _ = extractor.finish();
      return well;
    }
  }

  private static List<String> listing(Path folder) throws IOException {
    List<String> entries = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.skip(1).toList()) {
        String name = folder.relativize(path).toString();
        if (Files.isSymbolicLink(path)) {
          entries.add(name + " -> " + Files.readSymbolicLink(path));
        } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
          entries.add(name + "/");
        } else if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
          entries.add(name + "=" + Files.readString(path));
        } else {
          entries.add(name + "|");
        }
      }
    }
    return entries.stream().sorted().toList();
  }
}
