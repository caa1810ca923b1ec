package io.plasmabackup.btrfs;

import io.plasmabackup.bindings.Native;
import io.plasmabackup.bindings.btrfs_inode_ref;
import io.plasmabackup.bindings.btrfs_ioctl_get_subvol_rootref_args;
import io.plasmabackup.bindings.btrfs_root_ref;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A subvolume in a directory of another one.
 *
 * @param id tree id
 * @param path from the root of the subvolume that it is in; of any length
 */
public record NestedSubvolume(long id, RawPath path) {

  /**
   * Finds the subvolumes that are directly in one, wherever a mount may hide them; not those in
   * them again. Which ones there are is BTRFS_IOC_GET_SUBVOL_ROOTREF's to say (Linux 4.18); their
   * names and places, whose length no other interface leaves unlimited, are looked up in the
   * filesystem's trees, which needs CAP_SYS_ADMIN. One that comes or goes meanwhile may be missing.
   *
   * @param inside any open file of the outer subvolume
   * @param outer its id
   * @return in the order of their paths
   */
  public static List<NestedSubvolume> of(Fd inside, long outer) throws ErrnoException {
    Places places = new Places(inside, outer);
    List<NestedSubvolume> found = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment args = btrfs_ioctl_get_subvol_rootref_args.allocate(arena);
      boolean more = true;
      while (more) {
        more = nextBatch(inside, args);
        for (long id : ids(args)) {
          places.of(id).ifPresent(path -> found.add(new NestedSubvolume(id, path)));
        }
      }
    }
    found.sort(Comparator.comparing(NestedSubvolume::path));
    return found;
  }

  /** The subvolumes that a reply names; it has room for as many as its counter can count. */
  static long[] ids(MemorySegment args) {
    long[] ids = new long[Byte.toUnsignedInt(btrfs_ioctl_get_subvol_rootref_args.num_items(args))];
    // Pairs of treeid and dirid.
    MemorySegment pairs = btrfs_ioctl_get_subvol_rootref_args.rootref(args);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = pairs.getAtIndex(ValueLayout.JAVA_LONG, 2L * i);
    }
    return ids;
  }

  /** Returns whether there are more; the kernel has put where to go on into the arguments. */
  private static boolean nextBatch(Fd inside, MemorySegment args) throws ErrnoException {
    try {
      inside.ioctl(
          Native.BTRFS_IOC_GET_SUBVOL_ROOTREF(),
          args,
          "ask for the subvolumes in",
          inside::toString);
      return false;
    } catch (ErrnoException e) {
      if (e.is(Errno.EOVERFLOW)) {
        return true;
      }
      throw e;
    }
  }

  /** Where things are in one subvolume, from the tree that holds all names of subvolumes. */
  private static final class Places {

    private final Fd file;
    private final long subvolume;
    private final Map<Long, Optional<RawPath>> directories = new HashMap<>();
    private final Map<Long, Link> links = new HashMap<>();

    Places(Fd file, long subvolume) throws ErrnoException {
      this.file = file;
      this.subvolume = subvolume;
      TreeSearch.items(
          file,
          Native.BTRFS_ROOT_TREE_OBJECTID(),
          subvolume,
          Native.BTRFS_ROOT_REF_KEY(),
          (child, data) -> links.put(child, Link.ofSubvolume(data)));
    }

    /** Empty if the subvolume has come or gone a moment ago. */
    Optional<RawPath> of(long child) throws ErrnoException {
      Link link = links.get(child);
      return link == null
          ? Optional.empty()
          : directory(link.directory()).map(path -> path.resolve(link.name()));
    }

    /** Climbs to the root, without recursion: directories may be thousands deep. */
    private Optional<RawPath> directory(long inode) throws ErrnoException {
      List<Long> below = new ArrayList<>();
      List<RawPath> names = new ArrayList<>();
      long at = inode;
      while (at != Native.BTRFS_FIRST_FREE_OBJECTID() && !directories.containsKey(at)) {
        List<Link> found = new ArrayList<>();
        TreeSearch.items(
            file,
            subvolume,
            at,
            Native.BTRFS_INODE_REF_KEY(),
            (parent, data) -> found.add(Link.ofDirectory(parent, data)));
        if (found.isEmpty() || below.contains(at)) {
          return Optional.empty();
        }
        below.add(at);
        names.add(found.getFirst().name());
        at = found.getFirst().directory();
      }
      Optional<RawPath> path = directories.getOrDefault(at, Optional.of(RawPath.EMPTY));
      for (int i = below.size() - 1; i >= 0; i--) {
        RawPath name = names.get(i);
        path = path.map(parent -> parent.resolve(name));
        directories.put(below.get(i), path);
      }
      return path;
    }
  }

  /**
   * The one place where a directory or a subvolume is.
   *
   * @param directory inode number of the directory that it is in
   * @param name one component of a path
   */
  record Link(long directory, RawPath name) {

    /** Reads a struct btrfs_root_ref, which the name follows. */
    static Link ofSubvolume(MemorySegment item) throws MalformedItemException {
      MemorySegment ref = TreeSearch.slice(item, 0, btrfs_root_ref.sizeof());
      return new Link(
          btrfs_root_ref.dirid(ref), name(item, ref.byteSize(), btrfs_root_ref.name_len(ref)));
    }

    /** Reads a struct btrfs_inode_ref, which the name follows; directories have only one. */
    static Link ofDirectory(long parent, MemorySegment item) throws MalformedItemException {
      MemorySegment ref = TreeSearch.slice(item, 0, btrfs_inode_ref.sizeof());
      return new Link(parent, name(item, ref.byteSize(), btrfs_inode_ref.name_len(ref)));
    }

    private static RawPath name(MemorySegment item, long at, short length)
        throws MalformedItemException {
      byte[] name =
          TreeSearch.slice(item, at, Short.toUnsignedLong(length)).toArray(ValueLayout.JAVA_BYTE);
      String shown = new String(name, StandardCharsets.ISO_8859_1);
      // A path is made of it, and what that leads to is read as root.
      if (shown.isEmpty()
          || shown.equals(".")
          || shown.equals("..")
          || shown.contains("/")
          || shown.contains("\0")) {
        throw new MalformedItemException("a name that no file can have");
      }
      return RawPath.copyOf(name);
    }
  }
}
