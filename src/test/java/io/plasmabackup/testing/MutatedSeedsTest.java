package io.plasmabackup.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * What {@code scripts/fuzz} does for as long as one likes, for some seconds and without looking at
 * coverage: every fuzz test on its seeds with random changes. {@code plasma.seed} and {@code
 * plasma.inputs} make others and more of them.
 */
class MutatedSeedsTest {

  private static final long SEED = Long.getLong("plasma.seed", 0);
  private static final int INPUTS = Integer.getInteger("plasma.inputs", 1000);
  private static final Duration LIMIT = Duration.ofMinutes(1).plusMillis(INPUTS);

  /** Bytes that mean something in most formats. */
  private static final byte[] SPECIAL = {
    0,
    1,
    (byte) 0x7f,
    (byte) 0x80,
    (byte) 0xff,
    '\n',
    '\r',
    '\t',
    0x1b,
    ' ',
    '"',
    '\\',
    '/',
    '.',
    ',',
    ':',
    '*',
    '?',
    '!',
    '#',
    '%',
    '[',
    ']',
    '{',
    '}',
    '-',
    '9',
    (byte) 0xc3,
    (byte) 0xe2
  };

  private record Target(Class<?> testClass, Method test) {

    Path seedFolder() throws URISyntaxException {
      return classes()
          .resolve(testClass.getName().replace('.', '/') + "Inputs")
          .resolve(test.getName());
    }

    List<byte[]> seeds() throws IOException, URISyntaxException {
      List<byte[]> seeds = new ArrayList<>();
      try (Stream<Path> files = Files.list(seedFolder())) {
        for (Path file : files.sorted().toList()) {
          seeds.add(Files.readAllBytes(file));
        }
      }
      return seeds;
    }

    void callStatic(Class<? extends Annotation> annotation) throws ReflectiveOperationException {
      for (Method method : testClass.getDeclaredMethods()) {
        if (method.isAnnotationPresent(annotation)) {
          method.setAccessible(true);
          method.invoke(null);
        }
      }
    }
  }

  private static Path classes() throws URISyntaxException {
    return Path.of(
        MutatedSeedsTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static List<Target> targets()
      throws IOException, URISyntaxException, ClassNotFoundException {
    List<Target> targets = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes())) {
      for (Path file : files.sorted().toList()) {
        if (file.toString().endsWith("FuzzTest.class")) {
          String name = classes().relativize(file).toString().replace('/', '.');
          Class<?> testClass = Class.forName(name.substring(0, name.length() - ".class".length()));
          List<Method> tests =
              Arrays.stream(testClass.getDeclaredMethods())
                  .filter(method -> method.isAnnotationPresent(FuzzTest.class))
                  .toList();
          // One process fuzzes one test, and scripts/fuzz starts one for each class.
          assertThat(tests).as("fuzz tests in %s", name).hasSize(1);
          targets.add(new Target(testClass, tests.getFirst()));
        }
      }
    }
    return targets;
  }

  @TestFactory
  Stream<DynamicTest> everyTargetCopesWithChangedSeeds() throws Exception {
    List<Target> targets = targets();
    assertThat(targets).isNotEmpty();
    return targets.stream()
        .map(target ->
            dynamicTest(
                target.testClass().getSimpleName(),
                () -> assertTimeoutPreemptively(LIMIT, () -> run(target))));
  }

  private static void run(Target target) throws Exception {
    List<byte[]> seeds = target.seeds();
    assertThat(seeds).as("seeds in %s", target.seedFolder()).isNotEmpty();
    target.callStatic(BeforeAll.class);
    try {
      run(target, seeds);
    } finally {
      target.callStatic(AfterAll.class);
    }
  }

  private static void run(Target target, List<byte[]> seeds) throws Exception {
    Constructor<?> constructor = target.testClass().getDeclaredConstructor();
    constructor.setAccessible(true);
    Object instance = constructor.newInstance();
    target.test().setAccessible(true);
    Random random = new Random(SEED);
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = mutated(seeds, random);
      try {
        target.test().invoke(instance, (Object) input);
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof TestAbortedException cannotRunHere) {
          throw cannotRunHere;
        }
        throw new AssertionError(
            "input %d of plasma.seed=%d, in base64: %s"
                .formatted(i, SEED, Base64.getEncoder().encodeToString(input)),
            e.getCause());
      }
    }
  }

  private static byte[] mutated(List<byte[]> seeds, Random random) {
    byte[] input = seeds.get(random.nextInt(seeds.size()));
    for (int change = random.nextInt(1, 5); change > 0; change--) {
      int from = random.nextInt(input.length + 1);
      int to = Math.min(input.length, from + random.nextInt(1, 17));
      byte[] other = seeds.get(random.nextInt(seeds.size()));
      int otherFrom = random.nextInt(other.length + 1);
      input =
          switch (random.nextInt(7)) {
            case 0 -> Arrays.copyOf(input, from);
            case 1 -> joined(input, from, new byte[0], to);
            case 2 -> joined(input, from, new byte[] {special(random)}, from);
            case 3 -> joined(input, from, new byte[] {special(random)}, to);
            case 4 -> joined(input, to, Arrays.copyOfRange(input, from, to), to);
            case 5 -> joined(input, from, Arrays.copyOfRange(other, otherFrom, other.length), to);
            default -> {
              byte[] noise = new byte[random.nextInt(1, 9)];
              random.nextBytes(noise);
              yield joined(input, from, noise, Math.min(input.length, from + noise.length));
            }
          };
    }
    return input;
  }

  private static byte special(Random random) {
    return SPECIAL[random.nextInt(SPECIAL.length)];
  }

  /** What is before {@code end}, then {@code middle}, then what is from {@code start} on. */
  private static byte[] joined(byte[] input, int end, byte[] middle, int start) {
    byte[] joined = Arrays.copyOf(input, end + middle.length + input.length - start);
    System.arraycopy(middle, 0, joined, end, middle.length);
    System.arraycopy(input, start, joined, end + middle.length, input.length - start);
    return joined;
  }
}
