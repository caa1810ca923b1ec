package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.plasmabackup.linux.Abi.Architecture;
import io.plasmabackup.linux.Abi.Line;
import io.plasmabackup.testing.Command;
import io.plasmabackup.testing.Requires;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the product takes for granted of the kernel and the C library, on each architecture: {@code
 * abi.txt} against the bindings, against the C headers, and against what the product's classes use.
 */
class AbiTest {

  private static final String BINDINGS = "io.plasmabackup.bindings";
  private static final Path BINDINGS_MODULE = Path.of("..", "bindings");

  /** Those that another struct is made of. */
  private static final Set<String> PARTS = Set.of("typedef __fsid_t", "struct btrfs_disk_key");

  @Test
  void bindingsAgree() throws IOException, ReflectiveOperationException {
    SoftAssertions soft = new SoftAssertions();
    for (Line line : Abi.lines()) {
      switch (line.kind()) {
        case "constant" -> {
          Number bound = (Number) call("Native", line.name());
          // A constant of C's unsigned int is a negative int in Java.
          long expected = bound instanceof Integer ? (int) line.value(0) : line.value(0);
          soft.assertThat(bound.longValue()).as(line.subject()).isEqualTo(expected);
        }
        case "size" ->
            soft.assertThat(layout(line.name(), "layout").byteSize())
                .as(line.subject())
                .isEqualTo(line.value(0));
        case "field" -> {
          String[] names = line.name().split("\\.", -1);
          soft.assertThat(call(names[0], names[1] + "$offset"))
              .as(line.subject())
              .isEqualTo(line.value(0));
          soft.assertThat(layout(names[0], names[1] + "$layout").byteSize())
              .as(line.subject())
              .isEqualTo(line.value(1));
        }
        default -> soft.fail("unknown: " + line);
      }
    }
    soft.assertAll();
  }

  private static MemoryLayout layout(String type, String method)
      throws ReflectiveOperationException {
    return (MemoryLayout) call(type, method);
  }

  private static Object call(String type, String method) throws ReflectiveOperationException {
    return Class.forName(BINDINGS + "." + type).getMethod(method).invoke(null);
  }

  @ParameterizedTest
  @EnumSource
  void headersAgree(Architecture architecture, @TempDir Path folder) throws IOException {
    String compiler = Requires.tool(architecture.compiler()).toString();
    StringBuilder probe = new StringBuilder("#include \"plasma.h\"\n#include <stddef.h>\n");
    for (Line line : Abi.lines()) {
      probe.append(line.assertion(architecture));
    }
    Path source = Files.writeString(folder.resolve("probe.c"), probe);

    Command.run(compiler, "-fsyntax-only", "-I", BINDINGS_MODULE.toString(), source.toString());
  }

  @Test
  void probeFailsWhereAValueIsWrong(@TempDir Path folder) throws IOException {
    String compiler = Requires.tool("cc").toString();
    for (Line wrong :
        List.of(
            new Line("constant EPERM", List.of("2")),
            new Line("size statx", List.of("257")),
            new Line("field statx.stx_mode", List.of("29", "2")),
            new Line("field statx.stx_mode", List.of("28", "4")))) {
      Path source =
          Files.writeString(
              folder.resolve("probe.c"),
              "#include \"plasma.h\"\n#include <stddef.h>\n"
                  + wrong.assertion(Architecture.X86_64));

      assertThat(
              Command.attempt(
                      compiler,
                      "-fsyntax-only",
                      "-I",
                      BINDINGS_MODULE.toString(),
                      source.toString())
                  .output())
          .contains("static assertion failed", wrong.subject());
    }
  }

  @ParameterizedTest
  @EnumSource
  void platformHasWhatDiffers(Architecture architecture) throws IOException {
    List<Line> differing = Abi.lines().stream().filter(Line::deviates).toList();

    assertThat(differing)
        .extracting(Line::subject)
        .containsExactlyInAnyOrder(
            "constant O_DIRECTORY",
            "constant O_NOFOLLOW",
            "constant O_TMPFILE",
            "constant SYS_ioprio_set");
    Platform platform = Platform.of("Linux", architecture.javaName());
    for (Line line : differing) {
      int value =
          switch (line.name()) {
            case "O_DIRECTORY" -> platform.oDirectory();
            case "O_NOFOLLOW" -> platform.oNofollow();
            case "SYS_ioprio_set" -> platform.sysIoprioSet();
            default -> platform.oTmpfile();
          };
      assertThat(value).as(line.subject()).isEqualTo((int) line.value(0, architecture));
    }
  }

  @Test
  void holdsAllThatTheProductUsesAndNothingElse() throws IOException {
    Set<String> used = used();
    used.removeIf(subject -> subject.startsWith("function "));

    assertThat(Abi.lines()).extracting(Line::subject).containsExactlyInAnyOrderElementsOf(used);
  }

  @Test
  void bindingsHoldAllThatTheProductUsesAndNothingElse() throws IOException {
    Set<String> used = new TreeSet<>(PARTS);
    for (String subject : used()) {
      if (subject.startsWith("size ")) {
        used.add(subject.replace("size", "struct"));
      } else if (!subject.startsWith("field ")) {
        used.add(subject);
      }
    }

    assertThat(Files.readAllLines(BINDINGS_MODULE.resolve("symbols.txt")))
        .filteredOn(line -> !line.isEmpty() && !line.startsWith("#"))
        .containsExactlyInAnyOrderElementsOf(used);
  }

  /**
   * All functions are called with six words, by {@link LibC}: that is right for those that take at
   * most so many integers and pointers, and give an integer back.
   */
  @Test
  void functionsTakeWordsOnly() throws ReflectiveOperationException {
    Set<String> functions = functions();
    assertThat(functions).contains("close", "statx").hasSizeGreaterThan(20);
    // Their further arguments aren't in the bindings, and are integers and pointers by their
    // manuals.
    functions.removeAll(Set.of("ioctl", "openat", "syscall"));
    for (String function : functions) {
      FunctionDescriptor descriptor = (FunctionDescriptor) call("Native", function + "$descriptor");

      assertThat(descriptor.argumentLayouts())
          .as(function)
          .hasSizeLessThanOrEqualTo(6)
          .allMatch(AbiTest::isWord);
      assertThat(descriptor.returnLayout()).as(function).get().matches(AbiTest::isWord);
    }
  }

  private static boolean isWord(MemoryLayout layout) {
    return layout instanceof ValueLayout.OfInt
        || layout instanceof ValueLayout.OfLong
        || layout instanceof AddressLayout;
  }

  /** Those that {@link LibC} has the address of. */
  private static Set<String> functions() {
    return Arrays.stream(LibC.class.getDeclaredFields())
        .filter(field -> field.getType() == MemorySegment.class)
        .map(field -> field.getName().toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Subjects of lines, and {@code function NAME}, that the product's classes refer to. */
  private static Set<String> used() {
    Set<String> used = referredTo();
    functions().forEach(function -> used.add("function " + function));
    return used;
  }

  private static Set<String> referredTo() {
    return new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.plasmabackup")
            .stream()
            .filter(type -> !type.getPackageName().equals(BINDINGS))
            .flatMap(type -> type.getAccessesFromSelf().stream())
            .filter(access -> access.getTargetOwner().getPackageName().equals(BINDINGS))
            .flatMap(access -> subjects(access).stream())
            .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> subjects(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String member = access.getName().replaceFirst("\\$.*", "");
    if (owner.getName().startsWith(BINDINGS + ".Native$")) {
      return List.of("function " + owner.getSimpleName());
    }
    if (owner.getSimpleName().equals("Native")) {
      boolean constant = Character.isUpperCase(member.charAt(0));
      return List.of((constant ? "constant " : "function ") + member);
    }
    String size = "size " + owner.getSimpleName();
    return Set.of("sizeof", "allocate", "layout").contains(member)
        ? List.of(size)
        : List.of(size, "field " + owner.getSimpleName() + "." + member);
  }
}
