"""Walks a tree in the order of an archive; what compare-tar.py and compare-index.py share."""

import fcntl
import os
import stat
import struct
import sys

# A level takes a frame or two.
sys.setrecursionlimit(10_000)

BTRFS_IOC_SUBVOL_GETFLAGS, BTRFS_SUBVOL_RDONLY = 0x80089419, 2
ROOT_INODE, PLACEHOLDER_INODE = 256, 2


def is_left_out(directory, name, status):
    """Sockets and read-only subvolumes are."""
    if stat.S_ISSOCK(status.st_mode):
        return True
    if not stat.S_ISDIR(status.st_mode) or status.st_ino != ROOT_INODE:
        return False
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
    try:
        flags = struct.unpack("Q", fcntl.ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, bytes(8)))[0]
        return bool(flags & BTRFS_SUBVOL_RDONLY)
    except OSError:
        return False  # not on btrfs
    finally:
        os.close(fd)


def is_placeholder(status):
    """What a writable snapshot has in the place of a subvolume that was nested in its source: without times or flags."""
    return stat.S_ISDIR(status.st_mode) and status.st_ino == PLACEHOLDER_INODE


def walk(top, name, left_out=None):
    """Yields (member's name, open parent directory, name in it, status) of all that belongs into an archive, the top first.

    left_out: gets the names of what doesn't.
    """
    parent = os.open(os.path.dirname(top), os.O_RDONLY | os.O_DIRECTORY)
    base = os.path.basename(top)
    yield name, parent, base, os.stat(base, dir_fd=parent, follow_symlinks=False)
    directory = os.open(base, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent)
    yield from _below(directory, name + b"/", [] if left_out is None else left_out)
    os.close(directory)
    os.close(parent)


def _below(directory, path, left_out):
    for name in sorted(os.listdir(b"/proc/self/fd/%d" % directory)):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        here = path + name
        if is_left_out(directory, name, status):
            left_out.append(here)
            continue
        yield here, directory, name, status
        if stat.S_ISDIR(status.st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
            yield from _below(fd, here + b"/", left_out)
            os.close(fd)


def attributes(directory, name):
    path = b"/proc/self/fd/%d/%s" % (directory, name)
    return {key: os.getxattr(path, key, follow_symlinks=False)
            for key in map(os.fsencode, os.listxattr(path, follow_symlinks=False))}


class Links:
    """Tells under which name a file came first."""

    def __init__(self):
        self._first = {}

    def first(self, status, path):
        """That name if path is a further one of the same file; else None."""
        if stat.S_ISDIR(status.st_mode):
            return None
        known = self._first.setdefault((status.st_dev, status.st_ino), path)
        return known if known != path else None


def problem(*words):
    print(*(repr(word)[:300] for word in words))
