package io.plasmabackup.extract;

import io.plasmabackup.linux.Changes;
import io.plasmabackup.linux.Creator;
import io.plasmabackup.linux.Errno;
import io.plasmabackup.linux.ErrnoException;
import io.plasmabackup.linux.Fd;
import io.plasmabackup.linux.FileStatus;
import io.plasmabackup.linux.RawPath;
import io.plasmabackup.tar.TarMember;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Gives what was extracted its owner, permissions, attributes and time. What the kernel doesn't
 * allow this user, or the filesystem doesn't know, is reported and left out.
 */
final class MetadataSetter {

  private static final int SET_GID = 02000;
  private static final int SET_ID = 06000;

  /** Those and the sticky bit. */
  private static final int SPECIAL = 07000;

  private static final int PERMISSIONS = 07777;

  /** To set all of so many files takes less than to find out what needn't be set. */
  private static final int FEW = 100;

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

  /** Empty where nobody tells, or the filesystem doesn't heed it, as one on a server may. */
  private volatile Optional<Creator> creator;

  /** How many files were asked about. */
  private final AtomicInteger files = new AtomicInteger();

  /** Whether the filesystem was seen to heed it. */
  private volatile boolean proven;

  MetadataSetter(Tally tally) {
    this.tally = tally;
    this.creator = creator();
  }

  private static Optional<Creator> creator() {
    try {
      return Optional.of(Creator.ofProcess());
    } catch (IOException noProc) {
      return Optional.empty();
    }
  }

  /**
   * What a member has got right once it is created, with its permissions as the mode.
   *
   * @param plain whether what is created in its directory gets nothing from that; asked only when
   *     enough was created that it pays to look
   */
  Created created(TarMember member, BooleanSupplier plain) {
    if (files.incrementAndGet() <= FEW || !plain.getAsBoolean()) {
      return Created.NOTHING;
    }
    return creator
        .map(by ->
            new Created(
                member.uid() == by.uid() && member.gid() == by.gid(),
                (member.permissions() & (SPECIAL | by.umask())) == 0))
        .orElse(Created.NOTHING);
  }

  /**
   * What a file does have of what it should have; one that lacks something is the last believed.
   */
  private Created proven(Fd file, TarMember member, Created created) throws ErrnoException {
    if (proven || !(created.owner() || created.permissions())) {
      return created;
    }
    FileStatus status = file.status();
    boolean owner = status.uid() == member.uid() && status.gid() == member.gid();
    boolean permissions = (status.mode() & PERMISSIONS) == member.permissions();
    if ((created.owner() && !owner) || (created.permissions() && !permissions)) {
      creator = Optional.empty();
      return Created.NOTHING;
    }
    proven = created.owner() && created.permissions();
    return created;
  }

  /**
   * Whether what is created in a directory gets neither its group nor an ACL from that; false, too,
   * where that can't be told.
   */
  static boolean isPlain(Fd directory) {
    try {
      return (directory.status().mode() & SET_GID) == 0
          && !directory.attributes().containsKey(KernelAttributes.DEFAULT_ACL);
    } catch (ErrnoException untold) {
      return false;
    }
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
   * @param expected what it has
   * @throws ErrnoException if the filesystem fails
   */
  void set(Fd file, TarMember member, Created expected) throws ErrnoException {
    Created created = proven(file, member, expected);
    boolean owned = created.owner() || setOwner(file, RawPath.EMPTY, member);
    if (!created.permissions()) {
      tried(
          member,
          "its permissions",
          () -> Changes.setPermissions(file, permissions(member, owned)));
    }
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
