"""Compares a tar, as Python's tarfile reads it, with a tree: compare-tar.py ARCHIVE PARENT NAME.

NAME is the tree's folder in PARENT, and its members' first component. Prints what differs; nothing if all is equal.
"""

import os
import stat
import sys
import tarfile

TYPES = {stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE,
         stat.S_IFIFO: tarfile.FIFOTYPE, stat.S_IFCHR: tarfile.CHRTYPE, stat.S_IFBLK: tarfile.BLKTYPE}

def problem(*words):
    print(*(repr(word)[:300] for word in words))


def walk(directory, path):
    """Yields (path, open parent, name), sockets left out."""
    for name in sorted(os.listdir(b"/proc/self/fd/%d" % directory)):
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if stat.S_ISSOCK(status.st_mode):
            continue
        here = path + name
        yield here, directory, name, status
        if stat.S_ISDIR(status.st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
            yield from walk(fd, here + b"/")
            os.close(fd)


top = os.fsencode(sys.argv[3])
archive = tarfile.open(sys.argv[1], "r:", encoding="utf-8", errors="surrogateescape")
members = iter(archive)
first = next(members)
if first.name != sys.argv[3] or not first.isdir():
    problem("first member", first.name)
inodes = {}
for path, directory, name, status in walk(os.open(os.path.join(sys.argv[2], sys.argv[3]), os.O_RDONLY), top + b"/"):
    member = next(members, None)
    if member is None:
        problem("missing", path)
        break
    if os.fsencode(member.name) != path:
        problem("name", path, os.fsencode(member.name))
        break
    file_type = stat.S_IFMT(status.st_mode)
    known = inodes.setdefault(status.st_ino, path) if not stat.S_ISDIR(status.st_mode) else path
    if known != path:
        if not member.islnk() or os.fsencode(member.linkname) != known:
            problem("hard link", path, known, member.type, member.linkname)
        continue
    if member.type != TYPES[file_type]:
        problem("type", path, member.type)
    if (member.mode, member.uid, member.gid) != (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid):
        problem("mode or owner", path, member.mode, member.uid, member.gid)
    if abs(member.mtime - status.st_mtime) > 1e-5:
        problem("mtime", path, member.mtime, status.st_mtime)
    if stat.S_ISLNK(status.st_mode) and os.fsencode(member.linkname) != os.readlink(name, dir_fd=directory):
        problem("target", path, member.linkname)
    if file_type in (stat.S_IFCHR, stat.S_IFBLK) and os.makedev(member.devmajor, member.devminor) != status.st_rdev:
        problem("device", path, member.devmajor, member.devminor)
    if stat.S_ISREG(status.st_mode):
        if member.size != status.st_size:
            problem("size", path, member.size, status.st_size)
        stored = archive.extractfile(member)
        with open(os.open(name, os.O_RDONLY, dir_fd=directory), "rb") as file:
            while True:
                want, have = file.read(1 << 20), stored.read(1 << 20)
                if want != have:
                    problem("content", path)
                    break
                if not want:
                    break
if next(members, None) is not None:
    problem("more members than files")
