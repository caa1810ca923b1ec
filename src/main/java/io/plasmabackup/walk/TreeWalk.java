package io.plasmabackup.walk;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.FileStatus.FileId;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Walks trees one after another: depth first, the names of a directory in the order of their bytes.
 * Every step is relative to an open directory and follows no link, so that neither a path's length
 * nor a link planted meanwhile matters. What it keeps: the open directories from the tree's root to
 * the current one with their names, and the name of each file that has further hard links.
 */
public final class TreeWalk implements EntryStream {

  private static final RawPath ROOT = RawPath.of("/");

  private final Iterator<Tree> trees;
  private final MountTable mounts;
  private final Set<RawPath> roots;
  private final Set<RawPath> hidden;
  private final Notes notes;
  private final Accounts accounts = new Accounts();
  private final Map<FileId, RawPath> linked = new HashMap<>();
  private final Deque<Frame> stack = new ArrayDeque<>();

  /** An open directory, and the names in it that are still to come. */
  private record Frame(
      Tree tree,
      Fd directory,
      RawPath relative,
      RawPath name,
      long mount,
      Iterator<RawPath> rest) {}

  /**
   * @param trees with distinct names; where one lies within another, it is left out there
   * @param mounts what is mounted where, to tell pseudo filesystems in live folders
   * @param hidden names of entries that are Plasma's own and that nobody wants in a backup
   */
  public TreeWalk(List<Tree> trees, MountTable mounts, Set<RawPath> hidden, Notes notes) {
    this.trees = List.copyOf(trees).iterator();
    this.mounts = mounts;
    this.hidden = Set.copyOf(hidden);
    this.notes = notes;
    this.roots = trees.stream().map(Tree::name).collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public @Nullable Entry next() throws Failure {
    while (true) {
      Frame frame = stack.peek();
      Entry entry;
      if (frame != null) {
        if (!frame.rest.hasNext()) {
          stack.pop().directory.close();
          continue;
        }
        entry = child(frame, frame.rest.next());
      } else if (trees.hasNext()) {
        entry = root(trees.next());
      } else {
        return null;
      }
      if (entry != null) {
        return entry;
      }
    }
  }

  private @Nullable Entry root(Tree tree) throws Failure {
    try {
      if (tree.relative().isEmpty()) {
        FileStatus status = tree.base().status();
        Fd directory = tree.base().openAt(RawPath.of("."), Fd.Use.DIRECTORY);
        Map<RawPath, byte[]> attributes = push(tree, directory, RawPath.EMPTY, tree.name(), status);
        return entry(tree.name(), status, attributes, new Kind.Directory());
      }
      RawPath parent = tree.relative().parent();
      try (Fd directory =
          tree.base().openBeneath(parent.isEmpty() ? RawPath.of(".") : parent, Fd.Use.DIRECTORY)) {
        return visit(tree, directory, tree.relative().fileName(), tree.relative(), tree.name(), -1);
      }
    } catch (ErrnoException e) {
      throw unreadable(tree.name(), e);
    }
  }

  private @Nullable Entry child(Frame parent, RawPath fileName) throws Failure {
    RawPath name = parent.name.resolve(fileName);
    if (hidden.contains(name) || roots.contains(name)) {
      return null;
    }
    try {
      return visit(
          parent.tree,
          parent.directory,
          fileName,
          parent.relative.resolve(fileName),
          name,
          parent.mount);
    } catch (ErrnoException e) {
      if (parent.tree.live() && VanishedException.isReason(e)) {
        notes.changed(shown(name), "vanished while its folder was read; it is not in the archive");
        return null;
      }
      throw unreadable(name, e);
    }
  }

  /**
   * @param mount the parent directory's mount, -1 at a tree's root
   * @return null if there is nothing to archive
   */
  private @Nullable Entry visit(
      Tree tree, Fd directory, RawPath fileName, RawPath relative, RawPath name, long mount)
      throws ErrnoException, Failure {
    FileStatus status = directory.statusAt(fileName);
    return switch (status.type()) {
      case DIRECTORY -> directory(tree, directory, fileName, relative, name, status, mount);
      case SOCKET -> {
        notes.leftOut(shown(name), "a socket; whoever listens on it makes a new one");
        yield null;
      }
      case REGULAR, SYMBOLIC_LINK, FIFO, CHARACTER_DEVICE, BLOCK_DEVICE -> {
        RawPath first = status.links() > 1 ? linked.putIfAbsent(status.id(), name) : null;
        if (first != null) {
          // The attributes came with the first name.
          yield entry(name, status, Map.of(), new Kind.HardLink(first));
        }
        Kind kind = kind(tree, directory, fileName, relative, status);
        yield entry(name, status, directory.attributesAt(fileName), kind);
      }
    };
  }

  private Kind kind(Tree tree, Fd directory, RawPath fileName, RawPath relative, FileStatus status)
      throws ErrnoException {
    return switch (status.type()) {
      case REGULAR ->
          new Kind.RegularFile(
              status.size(),
              extents(directory, fileName, status),
              new FileContent(tree, relative, status));
      case SYMBOLIC_LINK -> new Kind.SymbolicLink(directory.readLinkAt(fileName));
      case FIFO -> new Kind.Fifo();
      case CHARACTER_DEVICE -> new Kind.Device(false, status.device());
      case BLOCK_DEVICE -> new Kind.Device(true, status.device());
      case DIRECTORY, SOCKET ->
          throw new IllegalArgumentException("handled before: " + status.type());
    };
  }

  private Entry directory(
      Tree tree,
      Fd parent,
      RawPath fileName,
      RawPath relative,
      RawPath name,
      FileStatus status,
      long parentMount)
      throws ErrnoException, Failure {
    boolean mounted = parentMount >= 0 && status.mount() != parentMount;
    boolean nested =
        tree.live()
            ? tree.oneSubvolume() && parentMount >= 0 && !mounted && Subvolumes.isRoot(status)
            : Subvolumes.isPlaceholder(status);
    if (nested) {
      throw new Failure(
          ExitCode.REFUSED,
          shown(name)
              + " is a subvolume of its own, which the snapshot of the one around it leaves empty: add it to"
              + " \"folders\", or use the strategy \"tar\"");
    }
    if (tree.live() && mounted) {
      if (tree.oneSubvolume()) {
        // A snapshot has nothing but the mount point; the plan warns of what is mounted there.
        return entry(name, status, parent.attributesAt(fileName), new Kind.Directory());
      }
      Optional<String> reason = mounts.byId(status.mount()).flatMap(Mount::whyPseudo);
      if (reason.isPresent()) {
        notes.leftOut(shown(name), reason.get());
        return entry(name, status, parent.attributesAt(fileName), new Kind.Directory());
      }
    }
    Fd directory = parent.openAt(fileName, Fd.Use.DIRECTORY);
    Map<RawPath, byte[]> attributes = push(tree, directory, relative, name, status);
    return entry(name, status, attributes, new Kind.Directory());
  }

  /** Takes over {@code directory} and gives its attributes. */
  private Map<RawPath, byte[]> push(
      Tree tree, Fd directory, RawPath relative, RawPath name, FileStatus status)
      throws ErrnoException {
    List<RawPath> names;
    Map<RawPath, byte[]> attributes;
    try {
      names = directory.list();
      attributes = directory.attributes();
    } catch (ErrnoException e) {
      directory.close();
      throw e;
    }
    names.sort(null);
    stack.push(new Frame(tree, directory, relative, name, status.mount(), names.iterator()));
    return attributes;
  }

  /** Where a file has data: asked for only if it has less of it than its size promises. */
  private static List<Extent> extents(Fd directory, RawPath fileName, FileStatus status)
      throws ErrnoException {
    long size = status.size();
    if (size == 0) {
      return List.of();
    }
    if (status.blocks() * 512 >= size) {
      return List.of(new Extent(0, size));
    }
    ExtentList extents = new ExtentList();
    try (Fd file = directory.openAt(fileName, Fd.Use.READ)) {
      if (!file.status().isSameFile(status)) {
        // Another file has its name now, perhaps not even a regular one: whoever opens it will see.
        return List.of(new Extent(0, size));
      }
      long data = file.nextData(0);
      while (data >= 0 && data < size) {
        // Truncated meanwhile, in a live folder, all that follows is a hole: whoever reads it will
        // see.
        long end = Math.min(file.nextHole(data), size);
        if (end > data) {
          extents.add(data, end - data);
        }
        data = end < size ? file.nextData(end) : -1;
      }
    }
    return extents.toList();
  }

  private Entry entry(RawPath name, FileStatus status, Map<RawPath, byte[]> attributes, Kind kind) {
    return new Entry(
        name,
        new Metadata(
            status.permissions(),
            status.uid(),
            status.gid(),
            accounts.user(status.uid()),
            accounts.group(status.gid()),
            status.modified(),
            status.changed(),
            flags(status),
            attributes),
        kind,
        status.id());
  }

  private static Set<Metadata.Flag> flags(FileStatus status) {
    if (!status.isImmutable() && !status.isAppendOnly()) {
      return Set.of();
    }
    Set<Metadata.Flag> flags = EnumSet.noneOf(Metadata.Flag.class);
    if (status.isImmutable()) {
      flags.add(Metadata.Flag.IMMUTABLE);
    }
    if (status.isAppendOnly()) {
      flags.add(Metadata.Flag.APPEND_ONLY);
    }
    return flags;
  }

  private static RawPath shown(RawPath name) {
    return ROOT.resolve(name);
  }

  private static Failure unreadable(RawPath name, ErrnoException e) {
    String advice = e.is(Errno.EACCES) || e.is(Errno.EPERM) ? "; run as root, or leave it out" : "";
    return new Failure(
        ExitCode.READ,
        "cannot read " + shown(name) + ": " + e.errno() + " (" + e.operation() + ")" + advice,
        e);
  }

  @Override
  public void close() {
    while (!stack.isEmpty()) {
      stack.pop().directory.close();
    }
  }
}
