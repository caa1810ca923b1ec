package io.plasmabackup.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.plasmabackup.linux.FileStatus.DeviceNumber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

/** {@link MountTable} against a simple model of the kernel's, and against tables of any sort. */
class MountWalkPropertyTest {

  /** Names that sort before, after and around a slash. */
  private static final List<String> NAMES = List.of("a", "a-", "a b");

  private static final int DEPTH = 3;

  /** A directory as the kernel knows it: in a mount, at a path from its root ("" for the root). */
  private record Place(Node mount, String path) {}

  /** A mount of the model, on a directory of its parent; the lowest one is on itself. */
  private static final class Node {
    final long id;
    Node parent = this;
    String on = "";

    Node(long id) {
      this.id = id;
    }

    String shown() {
      return parent == this ? "" : parent.shown() + on;
    }

    boolean isBelow(Node other) {
      return this == other || (parent != this && parent.isBelow(other));
    }
  }

  /** A mount namespace where all directories with {@link #NAMES} exist. */
  private static final class Namespace {
    final Node root = new Node(1);
    final List<Node> nodes = new ArrayList<>(List.of(root));
    long lastId = 1;

    Optional<Node> on(Place place) {
      return nodes.stream()
          .filter(n -> n.parent == place.mount && n != n.parent && n.on.equals(place.path))
          .findFirst();
    }

    Place climb(Place place) {
      return on(place).map(node -> climb(new Place(node, ""))).orElse(place);
    }

    Place walk(String path) {
      Place place = new Place(root, "");
      for (String name : path.substring(1).split("/", -1)) {
        if (!name.isEmpty()) {
          place = climb(new Place(place.mount, place.path + "/" + name));
        }
      }
      return place;
    }

    void mount(String path) {
      // What is mounted goes onto all that is there, at the root too.
      attach(new Node(++lastId), climb(walk(path)));
    }

    /** As propagation does it: a new mount between a directory and what is mounted there. */
    void mountBeneath(String path) {
      Place place = walk(path);
      if (place.mount.parent != place.mount && place.path.isEmpty()) {
        Node beneath = new Node(++lastId);
        attach(beneath, new Place(place.mount.parent, place.mount.on));
        place.mount.parent = beneath;
        place.mount.on = "";
      }
    }

    void move(String from, String to) {
      Node moved = walk(from).mount;
      Place target = climb(walk(to));
      if (moved != root && walk(from).path.isEmpty() && !target.mount.isBelow(moved)) {
        moved.parent = target.mount;
        moved.on = target.path;
      }
    }

    void unmount(String path) {
      Place place = walk(path);
      if (place.mount != root && place.path.isEmpty()) {
        nodes.removeIf(node -> node.isBelow(place.mount));
      }
    }

    private void attach(Node node, Place place) {
      node.parent = place.mount;
      node.on = place.path;
      nodes.add(node);
    }

    List<Mount> table() {
      return nodes.stream()
          .map(node -> listed(node.id, node.parent.id, node.shown().isEmpty() ? "/" : node.shown()))
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }

  private static Mount listed(long id, long parent, String place) {
    return new Mount(
        id,
        parent,
        new DeviceNumber(0, 1),
        RawPath.of("/"),
        RawPath.of(place),
        "tmpfs",
        RawPath.EMPTY);
  }

  enum Operation {
    MOUNT,
    MOUNT_BENEATH,
    MOVE,
    UNMOUNT
  }

  record Step(Operation operation, String path, String other) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<String> paths =
        Arbitraries.of(NAMES).list().ofMaxSize(DEPTH).map(names -> "/" + String.join("/", names));
    return Combinators.combine(
            Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(Operation.MOUNT)),
                Tuple.of(1, Arbitraries.of(Operation.class))),
            paths,
            paths)
        .as(Step::new)
        .list()
        .ofMaxSize(25);
  }

  private static Namespace after(List<Step> steps) {
    Namespace namespace = new Namespace();
    for (Step step : steps) {
      switch (step.operation) {
        case MOUNT -> namespace.mount(step.path);
        case MOUNT_BENEATH -> namespace.mountBeneath(step.path);
        case MOVE -> namespace.move(step.path, step.other);
        case UNMOUNT -> namespace.unmount(step.path);
      }
    }
    return namespace;
  }

  /**
   * All paths of up to {@link #DEPTH} names, all mount points, what is around and right in them.
   */
  private static SortedSet<RawPath> paths(Namespace namespace) {
    SortedSet<RawPath> paths = new TreeSet<>(Set.of(RawPath.of("/")));
    for (int depth = 0; depth < DEPTH; depth++) {
      for (RawPath path : List.copyOf(paths)) {
        NAMES.forEach(name -> paths.add(path.resolve(name)));
      }
    }
    for (Mount mount : namespace.table()) {
      RawPath path = mount.mountPoint();
      NAMES.forEach(name -> paths.add(path.resolve(name)));
      for (RawPath around = path; paths.add(around); around = around.parent()) {}
    }
    return paths;
  }

  @Property(tries = 400)
  void seesWhatTheModelSees(@ForAll("steps") List<Step> steps, @ForAll Random random) {
    Namespace namespace = after(steps);
    List<Mount> mounts = namespace.table();
    Collections.shuffle(mounts, random);
    MountTable table = new MountTable(mounts);
    SortedSet<RawPath> paths = paths(namespace);
    SortedMap<RawPath, Long> visible = new TreeMap<>();

    for (RawPath path : paths) {
      Place place = namespace.walk(path.toString());
      assertThat(table.at(path).map(Mount::id)).as("%s", path).contains(place.mount.id);
      if (place.path.isEmpty() && place.mount != namespace.root) {
        visible.put(path, place.mount.id);
      }
    }
    for (RawPath folder : paths) {
      assertThat(table.visibleBelow(folder))
          .as("below %s", folder)
          .extracting(Mount::id)
          .containsExactlyElementsOf(
              visible.entrySet().stream()
                  .filter(entry -> entry.getKey().startsWith(folder))
                  .filter(entry -> !entry.getKey().equals(folder))
                  .map(Map.Entry::getValue)
                  .toList());
    }
  }

  @Provide
  Arbitrary<List<Mount>> anyTables() {
    return Combinators.combine(
            Arbitraries.longs().between(-1, 6),
            Arbitraries.longs().between(-1, 6),
            Arbitraries.of("/", "/", "/a", "/a/b", "/a/b/c", "", "//", "a", "/a/", "/a//b"))
        .as(MountWalkPropertyTest::listed)
        .list()
        .ofMaxSize(12);
  }

  @Property
  void endsWhateverTheTableSays(@ForAll("anyTables") List<Mount> mounts) {
    MountTable table = new MountTable(mounts);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (String path : List.of("/", "/a", "/a/b", "/a/b/c", "", "//", "a", "/a/")) {
            Optional<Mount> at = table.at(RawPath.of(path));
            assertThat(mounts).containsAll(at.stream().toList());
            assertThat(table.visibleBelow(RawPath.of(path)))
                .isSubsetOf(mounts)
                .doesNotHaveDuplicates()
                .isSortedAccordingTo(Comparator.comparing(Mount::mountPoint));
          }
        });
  }

  @Test
  void endsWhereMountsLieOnEachOtherInCircles() {
    MountTable table =
        new MountTable(List.of(listed(1, 2, "/a"), listed(2, 1, "/a"), listed(1, 1, "/")));

    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          for (String path : List.of("/", "/a")) {
            assertThat(table.at(RawPath.of(path))).isNotNull();
            assertThat(table.visibleBelow(RawPath.of(path))).isNotNull();
          }
        });
  }

  /** Linear, this takes milliseconds; quadratic, minutes. */
  @Test
  void takesTensOfThousandsOfMounts() {
    int count = 50_000;
    List<Mount> mounts = new ArrayList<>();
    mounts.add(listed(1, 0, "/"));
    for (int i = 2; i <= count; i++) {
      mounts.add(listed(i, 1, "/var/lib/docker/" + i + "/merged"));
    }
    mounts.add(listed(count + 1, 1, "/stack"));
    for (int i = count + 2; i <= 2 * count; i++) {
      mounts.add(listed(i, i - 1, "/stack"));
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          MountTable table = new MountTable(mounts);
          assertThat(table.visibleBelow(RawPath.of("/"))).hasSize(count);
          assertThat(table.visibleBelow(RawPath.of("/var/lib/docker/7"))).hasSize(1);
          assertThat(table.at(RawPath.of("/stack/x")).map(Mount::id)).contains(2L * count);
        });
  }
}
