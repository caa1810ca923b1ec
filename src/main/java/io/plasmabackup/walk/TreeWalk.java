package io.plasmabackup.walk;

import io.plasmabackup.ExitCode;
import io.plasmabackup.Failure;
import io.plasmabackup.btrfs.InlineData;
import io.plasmabackup.btrfs.Inode;
import io.plasmabackup.btrfs.InodeReader;
import io.plasmabackup.btrfs.Subvolumes;
import io.plasmabackup.exclude.Reason;
import io.plasmabackup.linux.Accounts;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.Mount;
import io.plasmabackup.linux.MountTable;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.walk.Entry.Extent;
import io.plasmabackup.walk.Entry.Kind;
import io.plasmabackup.walk.LookAhead.Place;
import io.plasmabackup.walk.Tree.Source;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks trees: depth first, the names of a directory in the order of their bytes. A tree that lies
 * within another one comes at its place there, instead of what is there; or in the end, if that
 * place isn't reached. Every step is relative to an open directory and follows no link, so that
 * neither a path's length nor a link planted meanwhile matters. What it keeps: the open directories
 * from the tree's root to the current one with their names, some that a snapshot has next, and the
 * name of each file that has further hard links to come.
 */
public final class TreeWalk implements EntryStream {

  private static final RawPath ROOT = RawPath.of("/");
  private static final RawPath SELF = RawPath.of(".");

  /** What is known of the files of further directories up the tree is found out again. */
  private static final int DEPTH_IN_MEMORY = 16;

  /** Bytes of the smallest piece that a hole can be. */
  private static final int ONE_BLOCK = 4096;

  /**
   * Largest file of a live folder that is read when the walk comes to it and has it open anyway:
   * finding it again takes longer than reading it. Some megabytes of them are kept at a time, until
   * they are packed.
   */
  private static final int READ_AT_ONCE = 16 * 1024;

  /** Of a directory that is made up. */
  private static final int MOUNT_POINT_MODE = 0755;

  /** How much a walk finds out about the files of live folders. */
  public enum Detail {
    /** All that an archive has of them, and the data of small ones at once. */
    DATA,

    /** All that an archive has of them; whoever wants data opens them again. */
    COMPLETE,

    /**
     * What shows without opening them: of files that seem to have no holes, attributes and {@link
     * Metadata.Flag#NO_COPY_ON_WRITE} are missing, and what is only preallocated counts as data.
     */
    STATUS
  }

  /** Those that haven't been walked, in the order of their names: an outer one before an inner. */
  private final TreeMap<RawPath, Tree> trees = new TreeMap<>();

  /** What is known to be left out, as long as it hasn't been come upon. */
  private final TreeMap<RawPath, LeftOut> leftOuts = new TreeMap<>();

  private final MountTable mounts;
  private final WalkRules rules;
  private final Notes notes;
  private final Detail detail;
  private final Accounts accounts = new Accounts();
  private final LinkedFiles linked = new LinkedFiles();

  /** From the tree's root to the current one. */
  private final List<Folder> stack = new ArrayList<>();

  /** What has been come upon and not been handed out. */
  private final Deque<Item> ready = new ArrayDeque<>();

  /** Prepares a walk for an archive; as the other constructor. */
  public TreeWalk(List<Tree> trees, MountTable mounts, WalkRules rules, Notes notes) {
    this(trees, mounts, rules, notes, Detail.DATA);
  }

  /**
   * Prepares a walk.
   *
   * @param trees with distinct names
   * @param mounts what is mounted where, to tell what a live folder has of other filesystems
   */
  public TreeWalk(
      List<Tree> trees, MountTable mounts, WalkRules rules, Notes notes, Detail detail) {
    this.detail = detail;
    trees.forEach(tree -> this.trees.put(tree.name(), tree));
    this.mounts = mounts;
    this.rules = rules;
    this.leftOuts.putAll(rules.leftOut());
    this.notes = notes;
  }

  @Override
  public @Nullable Item next() throws Failure {
    while (ready.isEmpty()) {
      if (stack.isEmpty()) {
        Map.Entry<RawPath, Tree> first = trees.pollFirstEntry();
        if (first == null) {
          return leftOutElsewhere();
        }
        root(first.getValue());
      } else if (stack.getLast().hasNext()) {
        child(stack.getLast(), stack.getLast().next());
      } else {
        stack.removeLast().close();
      }
    }
    return ready.poll();
  }

  /**
   * What isn't reached has to be told of all the same; but not what nobody could have reached, or
   * what is in a folder that a pattern has named.
   */
  private @Nullable Item leftOutElsewhere() {
    Map.Entry<RawPath, LeftOut> first = leftOuts.pollFirstEntry();
    while (first != null
        && (first.getValue().reason() == Reason.HIDDEN
            || first.getValue().reason() == Reason.EXCLUDED)) {
      first = leftOuts.pollFirstEntry();
    }
    return first == null ? null : first.getValue();
  }

  private void root(Tree tree) throws Failure {
    try {
      if (tree.relative().isEmpty()) {
        FileStatus status = tree.base().status();
        enterRoot(tree, tree.base().openAt(SELF, Fd.Use.DIRECTORY), status);
        return;
      }
      RawPath parent = tree.relative().parent();
      try (Fd directory =
          tree.base().openBeneath(parent.isEmpty() ? SELF : parent, Fd.Use.LOCATE)) {
        RawPath fileName = tree.relative().fileName();
        FileStatus status = directory.statusAt(fileName);
        if (tree.mount().isPresent() && tree.mount().getAsLong() != status.mount()) {
          throw new Failure(
              ExitCode.READ,
              shown(tree.name())
                  + " was mounted or unmounted while the backup ran; no archive was published, start again");
        }
        if (status.isDirectory()) {
          enterRoot(tree, directory.openAt(fileName, Fd.Use.DIRECTORY), status);
        } else {
          notADirectory(tree, directory, fileName, tree.name(), status, null);
        }
      }
    } catch (ErrnoException e) {
      throw unreadable(tree.name(), e);
    }
  }

  /** Takes over {@code directory} and goes on in it. */
  private void enterRoot(Tree tree, Fd directory, FileStatus status) throws ErrnoException {
    InodeReader inodes;
    try {
      inodes = inodes(tree);
    } catch (ErrnoException e) {
      directory.close();
      throw e;
    }
    OpenFolder open = OpenFolder.read(status, directory, inodes);
    enter(
        tree,
        open,
        tree.name(),
        status,
        inodes,
        inodes == null ? null : LookAhead.from(rules, inodes, tree.name(), open));
  }

  /** For a tree of which all that can be seen below it is one subvolume that doesn't change. */
  private @Nullable InodeReader inodes(Tree tree) throws ErrnoException {
    return tree.live() ? null : InodeReader.of(tree.base(), mounts).orElse(null);
  }

  private void child(Folder parent, RawPath fileName) throws Failure {
    RawPath name = parent.name.resolve(fileName);
    if (rules.hidden().contains(name)) {
      return;
    }
    try {
      Tree tree = trees.remove(name);
      if (tree != null) {
        noteWhatIsBehind(parent, fileName, name);
        root(tree);
        return;
      }
      LeftOut leftOut = leftOuts.get(name);
      if (leftOut != null
          && (leftOut.reason() != Reason.HIDDEN || isPlaceholder(parent, fileName))) {
        leftOuts.remove(name);
        ready.add(leftOut);
        if (parent.tree.live() && rules.untouched().contains(name)) {
          standIn(parent, leftOut);
          return;
        }
        if (leftOut.reason() != Reason.MOUNT) {
          noteWhatIsBehind(parent, fileName, name);
          return;
        }
      }
      visit(parent, fileName, name);
    } catch (ErrnoException e) {
      if (parent.tree.live() && VanishedException.isReason(e)) {
        notes.changed(shown(name), "vanished while its folder was read; it is not in the archive");
        return;
      }
      throw unreadable(name, e);
    }
  }

  /** A place to mount at again, in the archive, for what is left out but not by a pattern. */
  private void standIn(Folder parent, LeftOut leftOut) {
    if (leftOut.reason() != Reason.EXCLUDED) {
      ready.add(
          new Entry(
              leftOut.name(),
              new Metadata(
                  MOUNT_POINT_MODE,
                  0,
                  0,
                  accounts.user(0),
                  accounts.group(0),
                  parent.status.modified(),
                  parent.status.changed(),
                  Set.of(),
                  Map.of()),
              new Kind.Directory(),
              parent.status.id()));
    }
  }

  /** Whether there is what a snapshot has in a nested subvolume's place. */
  private static boolean isPlaceholder(Folder parent, RawPath fileName) throws ErrnoException {
    return !parent.tree.live() && Subvolumes.isPlaceholder(parent.directory.statusAt(fileName));
  }

  /** A mount hides what its mount point holds, which a snapshot shows. */
  private void noteWhatIsBehind(Folder parent, RawPath fileName, RawPath name)
      throws ErrnoException {
    if (parent.tree.live()) {
      return;
    }
    FileStatus status = parent.directory.statusAt(fileName);
    if (status.isDirectory() && !Subvolumes.isPlaceholder(status)) {
      try (Fd directory = parent.directory.openAt(fileName, Fd.Use.DIRECTORY)) {
        int names = directory.list().size();
        if (names > 0) {
          ready.add(
              new LeftOut(
                  name,
                  Reason.HIDDEN,
                  "what the mount point itself holds (" + names + " names), hidden by the mount"));
        }
      }
    }
  }

  private void visit(Folder parent, RawPath fileName, RawPath name) throws ErrnoException, Failure {
    Inode known = parent.knownOfLast();
    Place ahead = parent.aheadOfLast();
    FileStatus status;
    if (known != null) {
      status = known.status();
    } else if (ahead != null) {
      status = ahead.folder().status();
    } else {
      status = parent.directory.statusAt(fileName);
    }
    Optional<String> pattern = rules.exclusions().match(name, status.isDirectory());
    if (pattern.isPresent()) {
      ready.add(new LeftOut(name, Reason.EXCLUDED, "excluded by \"" + pattern.get() + "\""));
    } else if (rules.noDump() && status.isNoDump()) {
      ready.add(new LeftOut(name, Reason.NO_DUMP, "has the flag d (no dump) of chattr"));
    } else if (isOtherMount(parent, status)) {
      mountPoint(parent, fileName, name, status);
    } else if (ahead != null) {
      FileStatus shown =
          Subvolumes.isPlaceholder(status) ? status.withTimesOf(parent.status) : status;
      enter(parent.tree, ahead.claim(), name, shown, parent.inodes, ahead);
    } else if (status.isDirectory()) {
      directory(parent, fileName, name, status);
    } else {
      notADirectory(parent.tree, parent.directory, fileName, name, status, known);
    }
  }

  private void notADirectory(
      Tree tree,
      Fd parent,
      RawPath fileName,
      RawPath name,
      FileStatus status,
      @Nullable Inode known)
      throws ErrnoException {
    if (status.type() == FileStatus.Type.SOCKET) {
      ready.add(
          new LeftOut(name, Reason.SOCKET, "a socket; whoever listens on it makes a new one"));
      return;
    }
    LinkedFiles.First first = linked.another(status, tree.live());
    if (first != null) {
      // The attributes came with the first name.
      ready.add(entry(name, status, first.flags(), Map.of(), new Kind.HardLink(first.name())));
      return;
    }
    Entry entry = firstName(tree, parent, fileName, name, status, known);
    linked.add(status, name, entry.metadata().flags());
    ready.add(entry);
  }

  private Entry firstName(
      Tree tree,
      Fd parent,
      RawPath fileName,
      RawPath name,
      FileStatus status,
      @Nullable Inode known)
      throws ErrnoException {
    return switch (status.type()) {
      case REGULAR ->
          known == null
              ? regular(tree, parent, fileName, name, status)
              : regular(tree, name, known);
      case SYMBOLIC_LINK ->
          special(
              parent,
              fileName,
              name,
              status,
              known,
              new Kind.SymbolicLink(known == null ? parent.readLinkAt(fileName) : known.target()));
      case FIFO -> special(parent, fileName, name, status, known, new Kind.Fifo());
      case CHARACTER_DEVICE ->
          special(parent, fileName, name, status, known, new Kind.Device(false, status.device()));
      case BLOCK_DEVICE ->
          special(parent, fileName, name, status, known, new Kind.Device(true, status.device()));
      case DIRECTORY, SOCKET ->
          throw new IllegalArgumentException("handled before: " + status.type());
    };
  }

  /** What must not be opened. */
  private Entry special(
      Fd parent,
      RawPath fileName,
      RawPath name,
      FileStatus status,
      @Nullable Inode known,
      Kind kind)
      throws ErrnoException {
    return entry(
        name,
        status,
        Set.of(),
        known == null ? parent.attributesAt(fileName) : known.attributes(),
        kind);
  }

  private Entry regular(Tree tree, RawPath fileName, Inode known) {
    FileStatus status = known.status();
    FileContent content = new FileContent(tree, fileName, status, known.transaction());
    InlineData inline = known.inline();
    return entry(
        fileName,
        status,
        Flags.of(status, known.noCopyOnWrite()),
        known.attributes(),
        new Kind.RegularFile(
            status.size(),
            extents(known),
            inline == null ? content : new InlineContent(inline, content)));
  }

  private static List<Extent> extents(Inode known) {
    if (isOneBlock(known.status())) {
      return wholly(known.status());
    }
    ExtentList extents = new ExtentList();
    known.data().forEach(run -> extents.add(run.offset(), run.length()));
    return extents.toList();
  }

  private Entry regular(Tree tree, Fd parent, RawPath fileName, RawPath name, FileStatus status)
      throws ErrnoException {
    Content content = new FileContent(tree, name, status, FileContent.UNKNOWN);
    if (tree.live() && detail == Detail.STATUS && hasAllBlocks(status)) {
      return entry(
          name,
          status,
          Flags.of(status, false),
          Map.of(),
          new Kind.RegularFile(status.size(), wholly(status), content));
    }
    try (Fd file = parent.openAt(fileName, Fd.Use.READ)) {
      if (tree.live()) {
        content = liveContent(file, status, content);
      }
      return entry(
          name,
          status,
          Flags.of(status, file.isNoCopyOnWrite()),
          file.attributes(),
          new Kind.RegularFile(status.size(), extents(file, status), content));
    }
  }

  /**
   * The data of a file that has been opened: what is small is read, and needn't be opened again.
   *
   * @param otherwise where it isn't read here
   * @throws ErrnoException also (ESTALE) if it isn't the file that was listed
   */
  private Content liveContent(Fd file, FileStatus status, Content otherwise) throws ErrnoException {
    boolean reads = detail == Detail.DATA && status.size() > 0 && status.size() <= READ_AT_ONCE;
    byte[] bytes = new byte[reads ? (int) status.size() : 0];
    int length = file.read(0, bytes, 0, bytes.length);
    FileStatus now = file.status();
    if (!now.isSameFile(status)) {
      throw new ErrnoException("find", file.toString(), Errno.ESTALE);
    }
    return reads
        ? new ReadContent(new OpenBytes(Arrays.copyOf(bytes, length), now.isChanged(status)))
        : otherwise;
  }

  private void directory(Folder parent, RawPath fileName, RawPath name, FileStatus status)
      throws ErrnoException, Failure {
    Tree tree = parent.tree;
    Fd directory = parent.directory.openAt(fileName, Fd.Use.DIRECTORY);
    try {
      if (tree.live() && isNestedSubvolume(directory, status)) {
        if (tree.source() == Source.LIVE_SUBVOLUME) {
          throw appeared(name);
        }
        if (rules.readOnlySubvolumes() && Subvolumes.info(directory).readOnly()) {
          directory.close();
          ready.add(new LeftOut(name, Reason.READ_ONLY_SUBVOLUME, "a read-only subvolume"));
          return;
        }
      }
    } catch (ErrnoException | Failure e) {
      directory.close();
      throw e;
    }
    // A writable snapshot, such as a root that was rolled back, has placeholders of its own. They
    // are
    // empty directories, whose times the kernel makes up whenever it comes upon one.
    boolean timeless = Subvolumes.isPlaceholder(status) && Subvolumes.isOnBtrfs(directory);
    OpenFolder open = OpenFolder.read(status, directory, parent.inodes);
    enter(
        tree,
        open,
        name,
        timeless ? status.withTimesOf(parent.status) : status,
        parent.inodes,
        parent.enterLast(name, open));
  }

  /** Any filesystem may have that inode number; only on btrfs it says something. */
  private static boolean isNestedSubvolume(Fd directory, FileStatus status) throws ErrnoException {
    return Subvolumes.isRoot(status) && Subvolumes.isOnBtrfs(directory);
  }

  private static Failure appeared(RawPath name) {
    return new Failure(
        ExitCode.SNAPSHOT,
        shown(name)
            + " is a subvolume that was made while the snapshots were; no backup was made, start again");
  }

  /**
   * Whether something else is mounted there. A mount that shows the same filesystem, on btrfs the
   * same subvolume, and isn't a tree of its own, is a folder that is bound to itself.
   */
  private static boolean isOtherMount(Folder parent, FileStatus status) {
    return parent.tree.live()
        && status.mount() != parent.status.mount()
        && !status.id().device().equals(parent.status.id().device());
  }

  /** Something is mounted there that isn't a tree of its own. */
  private void mountPoint(Folder parent, RawPath fileName, RawPath name, FileStatus status)
      throws ErrnoException {
    if (!rules.leftOut().containsKey(name)) {
      Optional<String> pseudo = mounts.byId(status.mount()).flatMap(Mount::whyPseudo);
      if (pseudo.isPresent()) {
        ready.add(new LeftOut(name, Reason.MOUNT, pseudo.get()));
      } else {
        notes.changed(
            shown(name),
            "was mounted after the backup had begun; what is there is not in the archive");
      }
    }
    if (status.isDirectory()) {
      ready.add(special(parent.directory, fileName, name, status, null, new Kind.Directory()));
    }
  }

  /** Takes over {@code open} and {@code place} and goes on there. */
  private void enter(
      Tree tree,
      OpenFolder open,
      RawPath name,
      FileStatus status,
      @Nullable InodeReader inodes,
      @Nullable Place place)
      throws ErrnoException {
    Folder folder = new Folder(tree, open, name, status, inodes, place);
    ready.add(entry(name, status, open.flags(), open.attributes(), new Kind.Directory()));
    try {
      if (rules.cacheDirectories() && CacheDirectoryTag.marks(open.directory(), open.names())) {
        ready.add(
            new LeftOut(name, Reason.CACHE, "all but CACHEDIR.TAG, which marks it as a cache"));
        folder.keepOnly(CacheDirectoryTag.NAME);
      }
    } catch (ErrnoException e) {
      folder.close();
      throw e;
    }
    stack.add(folder);
    if (stack.size() > DEPTH_IN_MEMORY) {
      stack.get(stack.size() - 1 - DEPTH_IN_MEMORY).forget();
    }
  }

  /**
   * Whether a file is so small that it has no room for a hole beside its data: asking where that is
   * takes longer than reading it. Nothing but preallocated, it would be a hole, and is stored as
   * zeros.
   */
  private static boolean isOneBlock(FileStatus status) {
    return status.size() > 0 && status.size() <= ONE_BLOCK && hasAllBlocks(status);
  }

  private static boolean hasAllBlocks(FileStatus status) {
    return status.blocks() * FileStatus.BLOCK_BYTES >= status.size();
  }

  private static List<Extent> wholly(FileStatus status) {
    return status.size() == 0 ? List.of() : List.of(new Extent(0, status.size()));
  }

  /** Where a file has data; what is only preallocated counts as a hole. */
  private static List<Extent> extents(Fd file, FileStatus status) throws ErrnoException {
    long size = status.size();
    if (size == 0 || isOneBlock(status)) {
      return wholly(status);
    }
    ExtentList extents = new ExtentList();
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
    return extents.toList();
  }

  private Entry entry(
      RawPath name,
      FileStatus status,
      Set<Metadata.Flag> flags,
      Map<RawPath, byte[]> attributes,
      Kind kind) {
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
            flags,
            attributes),
        kind,
        status.id());
  }

  private static RawPath shown(RawPath name) {
    return ROOT.resolve(name);
  }

  private static Failure unreadable(RawPath name, ErrnoException e) {
    String advice =
        e.is(Errno.EACCES) || e.is(Errno.EPERM)
            ? "; run as root, or leave it out by \"exclude\""
            : "";
    return new Failure(
        ExitCode.READ,
        "cannot read " + shown(name) + ": " + e.errno() + " (" + e.operation() + ")" + advice,
        e);
  }

  @Override
  public void close() {
    // The outermost first, with which all that is read ahead ends.
    stack.forEach(Folder::close);
    stack.clear();
  }
}
