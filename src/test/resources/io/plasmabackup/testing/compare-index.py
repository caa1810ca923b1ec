"""Compares an index with a tree: compare-index.py INDEX TREE NAME.

INDEX is unpacked already; NAME is what the tree's top is called in the archive. Prints what differs; nothing if all is
equal.
"""

import base64
import fcntl
import json
import os
import stat
import struct
import sys

from live_tree import Links, is_placeholder, problem, walk

TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFCHR: "character", stat.S_IFBLK: "block"}
FS_IOC_GETFLAGS = 0x80086601
FLAGS = {"immutable": 0x10, "appendOnly": 0x20, "noCow": 0x800000}


def name_in(line, key):
    if key in line:
        return line[key].encode()
    return base64.b64decode(line[key + "Base64"]) if key + "Base64" in line else None


def timestamp(line, key):
    return line[key] * 10**9 + line.get(key + "Nanos", 0)


def live_flags(directory, name):
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
    flags = struct.unpack("i", fcntl.ioctl(fd, FS_IOC_GETFLAGS, bytes(4)))[0]
    os.close(fd)
    return {key for key, flag in FLAGS.items() if flags & flag}


def data_length(directory, name, size):
    """Bytes without the holes, as the kernel tells them."""
    fd = os.open(name, os.O_RDONLY, dir_fd=directory)
    length = end = 0
    while end < size:
        try:
            data = os.lseek(fd, end, os.SEEK_DATA)
        except OSError:
            break
        end = os.lseek(fd, data, os.SEEK_HOLE)
        length += end - data
    os.close(fd)
    return length


def compare(line, path, first, directory, name, status):
    """Yields what is wrong: (key, what the index has)."""
    # A hard link's line has what all names of the file share, but for the content.
    expected = {"inode": status.st_ino, "uid": status.st_uid, "gid": status.st_gid,
                "mode": "%04o" % stat.S_IMODE(status.st_mode)}
    is_regular = first is None and stat.S_ISREG(status.st_mode)
    expected["type"] = TYPES[stat.S_IFMT(status.st_mode)] if first is None else "hardlink"
    expected["size"] = status.st_size if is_regular else None
    if first is None and (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        expected["node"] = "%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev))
    for key, value in expected.items():
        if line.get(key) != value:
            yield key, line.get(key), value
    target = os.readlink(name, dir_fd=directory) if first is None and stat.S_ISLNK(status.st_mode) else first
    if name_in(line, "link") != target:
        yield "link", name_in(line, "link"), target
    if is_regular and status.st_blocks * 512 < status.st_size:
        data = data_length(directory, name, status.st_size)
        if line.get("dataLength", line["size"]) != data:
            yield "dataLength", line.get("dataLength"), data
    if is_placeholder(status):
        return
    for key, value in (("mtime", status.st_mtime_ns), ("ctime", status.st_ctime_ns)):
        if timestamp(line, key) != value:
            yield key, timestamp(line, key), value
    has_flags = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    want, have = live_flags(directory, name) if has_flags else set(), {key for key in FLAGS if key in line}
    if want != have:
        yield "flags", have, want


with open(sys.argv[1], encoding="utf-8") as index:
    lines = [json.loads(line) for line in index]
members = iter([line for line in lines if name_in(line, "name") is not None])
links = Links()
left_out = []
for path, directory, name, status in walk(os.fsencode(sys.argv[2]), os.fsencode(sys.argv[3]), left_out):
    line = next(members, None)
    if line is None:
        problem("missing in the index", path)
        break
    if name_in(line, "name") != path:
        problem("name in the index", path, name_in(line, "name"))
        break
    for difference in compare(line, path, links.first(status, path), directory, name, status):
        problem("in the index", path, *difference)
if next(members, None) is not None:
    problem("more members in the index than files")
noted = [name_in(line, "leftOut") for line in lines if name_in(line, "leftOut") is not None]
if noted != left_out:
    problem("left out", noted, left_out)
