package io.plasmabackup.extract;

import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.util.Map;
import java.util.Set;

/**
 * Gives what was extracted its owner, permissions, attributes and time. What the kernel doesn't
 * allow this user, or the filesystem doesn't know, is reported and left out.
 */
final class MetadataSetter {

  private static final int SET_ID = 06000;

  /** How the kernel says that it won't, though nothing is wrong with the disk. */
  private static final Set<Errno> WILL_NOT =
      Set.of(
          Errno.EPERM,
          Errno.EACCES,
          Errno.EOPNOTSUPP,
          Errno.EINVAL,
          Errno.ERANGE,
          Errno.EOVERFLOW,
          Errno.ENOSYS);

  /** Likewise of an attribute: too large for any filesystem, or for where this one keeps them. */
  private static final Set<Errno> TOO_LARGE = Set.of(Errno.ENAMETOOLONG, Errno.ENOSPC);

  private final Tally tally;

  MetadataSetter(Tally tally) {
    this.tally = tally;
  }

  /** What changes one thing; fails as the kernel does. */
  @FunctionalInterface
  private interface Change {
    void make() throws ErrnoException;
  }

  private boolean tried(TarMember member, String what, Change change) throws ErrnoException {
    try {
      change.make();
      return true;
    } catch (ErrnoException e) {
      if (!WILL_NOT.contains(e.errno())) {
        throw e;
      }
      tally.incomplete(member.name(), what + " (" + e.errno() + ")");
      return false;
    }
  }

  /**
   * Of an open file or directory.
   *
   * @throws ErrnoException if the filesystem fails
   */
  void set(Fd file, TarMember member) throws ErrnoException {
    boolean owned = setOwner(file, RawPath.EMPTY, member);
    tried(
        member, "its permissions", () -> Changes.setPermissions(file, permissions(member, owned)));
    setAttributes(file, RawPath.EMPTY, member);
    setTime(file, RawPath.EMPTY, member);
  }

  /**
   * Of a name in a directory, which is a link's, a device's or a fifo's.
   *
   * @throws ErrnoException if the filesystem fails
   */
  void set(Fd directory, RawPath name, TarMember member) throws ErrnoException {
    boolean owned = setOwner(directory, name, member);
    if (member.type() != TarMember.Type.SYMBOLIC_LINK) {
      tried(
          member,
          "its permissions",
          () -> Changes.setPermissions(directory, name, permissions(member, owned)));
    }
    setAttributes(directory, name, member);
    setTime(directory, name, member);
  }

  /** Before the permissions: a change of owner takes set-uid away. */
  private boolean setOwner(Fd file, RawPath name, TarMember member) throws ErrnoException {
    return tried(
        member,
        "its owner " + member.uid() + ":" + member.gid(),
        () -> Changes.setOwner(file, name, member.uid(), member.gid()));
  }

  /** Nothing may run as somebody who it was never meant to run as. */
  private int permissions(TarMember member, boolean owned) {
    if (owned || (member.permissions() & SET_ID) == 0) {
      return member.permissions();
    }
    tally.incomplete(member.name(), "set-uid and set-gid, as the owner is another");
    return member.permissions() & ~SET_ID;
  }

  /** After the owner: a change of that takes capabilities away. */
  private void setAttributes(Fd file, RawPath name, TarMember member) throws ErrnoException {
    for (Map.Entry<RawPath, byte[]> attribute : member.attributes().entrySet()) {
      setAttribute(
          file,
          name,
          member,
          "its attribute " + attribute.getKey(),
          attribute.getKey(),
          attribute.getValue());
    }
    if (member.accessAcl().isPresent()) {
      setAcl(file, name, member, KernelAttributes.ACCESS_ACL, member.accessAcl().get());
    }
    if (member.defaultAcl().isPresent()) {
      setAcl(file, name, member, KernelAttributes.DEFAULT_ACL, member.defaultAcl().get());
    }
  }

  private void setAcl(Fd file, RawPath name, TarMember member, RawPath attribute, String text)
      throws ErrnoException {
    byte[] value = AclText.attribute(text).orElse(null);
    if (value == null) {
      tally.incomplete(member.name(), "its ACL, which is not as acl(5) has them");
      return;
    }
    setAttribute(file, name, member, "its ACL", attribute, value);
  }

  private void setAttribute(
      Fd file, RawPath name, TarMember member, String what, RawPath attribute, byte[] value)
      throws ErrnoException {
    try {
      tried(member, what, () -> Changes.setAttribute(file, name, attribute, value));
    } catch (ErrnoException e) {
      if (!TOO_LARGE.contains(e.errno())) {
        throw e;
      }
      tally.incomplete(member.name(), what + " (" + e.errno() + ")");
    }
  }

  private void setTime(Fd file, RawPath name, TarMember member) throws ErrnoException {
    tried(member, "its time", () -> Changes.setTime(file, name, member.modified()));
  }
}
