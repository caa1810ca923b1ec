package io.plasmabackup;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;

/** The rules by which the packages keep out of each other's way. */
@AnalyzeClasses(packages = "io.plasmabackup", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String BASE = "io.plasmabackup";
  static final String ROOT = "(root)";

  /**
   * Each package, and those that it may use: all of them stand before it. Which package may know
   * which is a decision about the design; a change here deserves a second thought.
   */
  static final Map<String, Set<String>> USES = new LinkedHashMap<>();

  static {
    USES.put(ROOT, Set.of());
    USES.put("bindings", Set.of());
    USES.put("linux", Set.of("bindings"));
    USES.put("btrfs", Set.of("bindings", "linux"));
    USES.put("exclude", Set.of("linux"));
    USES.put("age", Set.of());
    USES.put("config", Set.of(ROOT, "age", "exclude"));
    USES.put("plan", Set.of(ROOT, "config", "exclude", "btrfs", "linux"));
    USES.put("snapshot", Set.of(ROOT, "plan", "btrfs", "linux"));
    USES.put("walk", Set.of(ROOT, "exclude", "btrfs", "linux"));
    USES.put("archive", Set.of(ROOT, "walk", "exclude", "age", "linux"));
    USES.put("store", Set.of(ROOT, "age", "linux"));
    USES.put("store.serve", Set.of(ROOT, "store", "linux"));
    USES.put("store.ssh", Set.of(ROOT, "store"));
    USES.put("tar", Set.of("linux"));
    USES.put("extract", Set.of("tar", "linux"));
    USES.put("compare", Set.of("extract", "tar", "linux"));
    USES.put(
        "restore",
        Set.of(ROOT, "store", "archive", "exclude", "compare", "extract", "tar", "linux"));
    USES.put("rotate", Set.of(ROOT, "store"));
    USES.put("store.guard", Set.of(ROOT, "store", "store.serve", "rotate", "linux"));
    USES.put("journal", Set.of(ROOT, "store", "linux"));
    USES.put("setup", Set.of(ROOT, "store.ssh"));
    USES.put(
        "cli",
        Set.of(
            ROOT,
            "age",
            "config",
            "exclude",
            "plan",
            "snapshot",
            "walk",
            "archive",
            "store",
            "store.serve",
            "store.guard",
            "store.ssh",
            "journal",
            "rotate",
            "restore",
            "setup",
            "compare",
            "extract",
            "btrfs",
            "linux"));
    USES.put("manual", Set.of(ROOT, "cli"));
  }

  private static String qualified(String name) {
    return name.equals(ROOT) ? BASE : BASE + "." + name;
  }

  @ArchTest
  static void packagesUseOnlyWhatTheTableSays(JavaClasses classes) {
    LayeredArchitecture architecture =
        layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage(BASE + "..")
            .ensureAllClassesAreContainedInArchitecture();
    for (String layer : USES.keySet()) {
      architecture = architecture.layer(layer).definedBy(qualified(layer));
    }
    for (Map.Entry<String, Set<String>> entry : USES.entrySet()) {
      var rule = architecture.whereLayer(entry.getKey());
      String[] used = entry.getValue().toArray(String[]::new);
      architecture =
          used.length == 0 ? rule.mayNotAccessAnyLayer() : rule.mayOnlyAccessLayers(used);
    }
    architecture.check(classes);
  }

  @ArchTest
  static void tableHasNoCycleAndNothingThatIsNotThere(JavaClasses classes) {
    Set<String> before = new TreeSet<>();
    USES.forEach((name, used) -> {
      assertThat(before).as("before %s", name).containsAll(used);
      before.add(name);
    });
    assertThat(packages(classes))
        .extracting(JavaPackage::getName)
        .containsExactlyInAnyOrderElementsOf(
            USES.keySet().stream().map(ArchitectureTest::qualified).toList());
  }

  private static Set<JavaPackage> packages(JavaClasses classes) {
    return classes.stream().map(JavaClass::getPackage).collect(Collectors.toSet());
  }

  @ArchTest
  static final ArchRule PACKAGES_ARE_FREE_OF_CYCLES =
      slices().matching(BASE + ".(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule FOREIGN_MEMORY_IS_FENCED_IN =
      noClasses()
          .that()
          .resideOutsideOfPackages(qualified("linux"), qualified("btrfs"), qualified("bindings"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.lang.foreign..", qualified("bindings"));

  @ArchTest
  static final ArchRule SSHD_IS_FENCED_IN =
      noClasses()
          .that()
          .resideOutsideOfPackage(qualified("store.ssh"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.sshd..");

  @ArchTest
  static final ArchRule PRIVATE_KEYS_AND_CIPHERS_ARE_FENCED_IN =
      noClasses()
          .that()
          .resideOutsideOfPackage(qualified("age"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("com.exceptionfactory.jagged..", "javax.crypto..");

  @ArchTest
  static final ArchRule ONLY_CLI_ENDS_THE_PROCESS =
      noClasses()
          .that()
          .resideOutsideOfPackage(qualified("cli"))
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class);

  @ArchTest
  static final ArchRule ONLY_CLI_WRITES_TO_THE_TERMINAL =
      noClasses()
          .that()
          .resideOutsideOfPackages(qualified("cli"), qualified("bindings"))
          .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

  @ArchTest
  static final ArchRule ONLY_PROGRAM_PRINTS_STACKS =
      noClasses()
          .that()
          .doNotHaveFullyQualifiedName(qualified("cli.Program"))
          .should()
          .callMethodWhere(target(name("printStackTrace")));

  @ArchTest
  static final ArchRule NOTHING_IS_LOGGED_BESIDES =
      noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging..");

  @ArchTest
  static void everyPackageIsNullMarked(JavaClasses classes) {
    assertThat(packages(classes))
        .filteredOn(found -> !found.getName().equals(qualified("bindings")))
        .isNotEmpty()
        .allMatch(found -> found.isAnnotatedWith(NullMarked.class), "has @NullMarked");
  }
}
