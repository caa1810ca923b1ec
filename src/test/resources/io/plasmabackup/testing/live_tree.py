"""Walks a tree in the order of an archive; what compare-tar.py and compare-index.py share."""

import os
import stat
import sys

# A level takes a frame or two.
sys.setrecursionlimit(10_000)


def walk(top, name):
    """Yields (member's name, open parent directory, name in it, status) of all but sockets, the top first."""
    parent = os.open(os.path.dirname(top), os.O_RDONLY | os.O_DIRECTORY)
    base = os.path.basename(top)
    yield name, parent, base, os.stat(base, dir_fd=parent, follow_symlinks=False)
    directory = os.open(base, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent)
    yield from _below(directory, name + b"/")
    os.close(directory)
    os.close(parent)


def _below(directory, path):
    for name in sorted(os.listdir(b"/proc/self/fd/%d" % directory)):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISSOCK(status.st_mode):
            continue
        here = path + name
        yield here, directory, name, status
        if stat.S_ISDIR(status.st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
            yield from _below(fd, here + b"/")
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
