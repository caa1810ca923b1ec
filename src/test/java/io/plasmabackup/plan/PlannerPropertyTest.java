package io.plasmabackup.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.plasmabackup.Failure;
import io.plasmabackup.config.OtherFilesystems;
import io.plasmabackup.config.Strategy;
import io.plasmabackup.exclude.Exclusions;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.DeviceNumber;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.plan.Plan.FromSnapshot;
import io.plasmabackup.plan.Plan.NotRead;
import io.plasmabackup.plan.Plan.Part;
import io.plasmabackup.plan.Plan.SnapshotPlan;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** What holds of every plan, whatever is mounted and nested wherever. */
class PlannerPropertyTest {

  private static final RawPath ROOT = RawPath.of("/");
  private static final List<String> NAMES = List.of("a", "b", "c d", "\u00e9\n");
  private static final List<String> TYPES = List.of("btrfs", "btrfs", "ext4", "tmpfs", "overlay");

  /** A machine's root folder with random parts, a few of which show the same. */
  private static FolderFacts machine(Random random) {
    Mount root = mount(1, 0, "/", "btrfs");
    Map<RawPath, PartFacts> parts = new TreeMap<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      RawPath path = ROOT;
      for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
        path = path.resolve(NAMES.get(random.nextInt(NAMES.size())));
      }
      boolean mounted = random.nextBoolean();
      String type = mounted ? TYPES.get(random.nextInt(TYPES.size())) : "btrfs";
      int device = mounted ? random.nextInt(3) : 0;
      Mount mount = mounted ? mount(2 + i, device, path.toString(), type) : root;
      Optional<SubvolumeFacts> subvolume =
          type.equals("btrfs") ? Optional.of(subvolume(random, path, mounted)) : Optional.empty();
      parts.put(path, new PartFacts(path, mount, mounted, subvolume));
    }
    return new FolderFacts(
        ROOT,
        FileStatus.Type.DIRECTORY,
        ROOT,
        root,
        Optional.of(
            new SubvolumeFacts(
                Optional.of(ROOT), RawPath.EMPTY, TableFacts.info(256, false), Hosting.OURS)),
        Optional.empty(),
        List.copyOf(parts.values()),
        List.of());
  }

  private static SubvolumeFacts subvolume(Random random, RawPath path, boolean mounted) {
    RawPath within =
        mounted && random.nextInt(3) == 0 ? RawPath.of("within").resolve("it") : RawPath.EMPTY;
    Optional<RawPath> root =
        mounted && random.nextInt(5) == 0 ? Optional.empty() : Optional.of(path);
    boolean readOnly = random.nextInt(4) == 0;
    return new SubvolumeFacts(
        root,
        within,
        TableFacts.info(256 + random.nextInt(8), readOnly),
        hosting(random, readOnly));
  }

  private static Hosting hosting(Random random, boolean readOnly) {
    if (readOnly || random.nextInt(4) == 0) {
      return Hosting.NONE;
    }
    return random.nextBoolean() ? Hosting.OURS : Hosting.SHARED;
  }

  private static Mount mount(long id, int device, String point, String type) {
    return new Mount(
        id,
        0,
        new DeviceNumber(0, 30 + device),
        ROOT,
        RawPath.of(point),
        type,
        RawPath.of("/dev/x"));
  }

  private static Plan plan(FolderFacts folder, Wishes wishes) throws Failure {
    return new Planner(wishes, new Privileges(true, true), new OwnPlaces(List.of(), List.of()))
        .plan("run", Instant.EPOCH.atZone(ZoneOffset.UTC), List.of(folder));
  }

  @Property(tries = 2000)
  void eachPartIsReadOnceOrNamed(@ForAll long seed) throws Failure {
    Random random = new Random(seed);
    FolderFacts folder = machine(random);
    boolean readOnly = random.nextBoolean();
    Strategy strategy = random.nextBoolean() ? Strategy.BTRFS_SNAPSHOT : Strategy.TAR;
    Wishes wishes =
        new Wishes(
            strategy,
            random.nextBoolean() ? OtherFilesystems.INCLUDE : OtherFilesystems.SKIP,
            readOnly,
            false,
            Exclusions.NONE);
    Plan plan;
    try {
      plan = plan(folder, wishes);
    } catch (Failure refused) {
      // Only where a filesystem has no place for a snapshot.
      assertThat(refused).hasMessageContaining("a subvolume that is read-only");
      return;
    }
    List<Part> parts = plan.parts().toList();

    assertThat(parts).extracting(Part::name).doesNotHaveDuplicates();
    assertThat(parts).extracting(Part::path).isSorted().startsWith(ROOT);
    for (PartFacts facts : folder.parts()) {
      Optional<Part> part =
          parts.stream().filter(one -> one.path().equals(facts.path())).findFirst();
      // Not mentioned is only what a mount shows at the very place where it is anyway.
      assertThat(part.isPresent() || facts.mounted()).as("%s", facts).isTrue();
      part.ifPresent(one -> assertReadAsItMayBe(one, facts, wishes));
    }
    assertThat(plan.snapshots()).extracting(SnapshotPlan::path).doesNotHaveDuplicates();
    assertThat(
            parts.stream()
                .flatMap(part ->
                    part.reading() instanceof FromSnapshot from
                        ? Optional.of(from.snapshot()).stream()
                        : Optional.<SnapshotPlan>empty().stream())
                .distinct())
        .as("snapshots that are used")
        .containsExactlyInAnyOrderElementsOf(plan.snapshots());
  }

  private static void assertReadAsItMayBe(Part part, PartFacts facts, Wishes wishes) {
    boolean readOnly = facts.subvolume().filter(one -> one.info().readOnly()).isPresent();
    boolean pseudo = facts.mounted() && facts.mount().isPseudo();
    if (part.reading() instanceof NotRead notRead) {
      assertThat(notRead.why()).isNotEmpty();
      boolean other = facts.mounted() && !facts.mount().device().equals(new DeviceNumber(0, 30));
      switch (notRead.reason()) {
        case MOUNT ->
            assertThat(pseudo || (other && wishes.otherFilesystems() == OtherFilesystems.SKIP))
                .isTrue();
        case READ_ONLY_SUBVOLUME -> assertThat(readOnly && !wishes.readOnlySubvolumes()).isTrue();
        case DUPLICATE -> assertThat(facts.subvolume()).isPresent();
        default -> throw new AssertionError("unexpected: " + notRead);
      }
    } else {
      assertThat(pseudo).isFalse();
      assertThat(readOnly && !wishes.readOnlySubvolumes()).isFalse();
      if (part.reading() instanceof FromSnapshot from) {
        assertThat(from.snapshot().subvolumeId())
            .isEqualTo(facts.subvolume().orElseThrow().info().id());
      }
    }
  }

  @Property(tries = 300)
  void theSameFactsGiveTheSamePlanInWhateverOrder(@ForAll long seed) throws Failure {
    Random random = new Random(seed);
    FolderFacts folder = machine(random);
    List<PartFacts> shuffled = new ArrayList<>(folder.parts());
    Collections.shuffle(shuffled, random);
    FolderFacts other =
        new FolderFacts(
            folder.folder(),
            folder.type(),
            folder.location(),
            folder.mount(),
            folder.subvolume(),
            folder.linkTarget(),
            shuffled,
            folder.hidden());
    Wishes wishes =
        new Wishes(Strategy.TAR, OtherFilesystems.INCLUDE, false, false, Exclusions.NONE);

    assertThat(plan(other, wishes)).isEqualTo(plan(folder, wishes));
  }
}
