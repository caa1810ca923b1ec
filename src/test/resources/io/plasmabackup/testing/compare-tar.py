"""Compares a tar, as Python's tarfile reads it, with a tree: compare-tar.py ARCHIVE TREE NAME.

NAME is what the tree's top is called in the archive. Prints what differs; nothing if all is equal.
"""

import os
import stat
import sys
import tarfile
from decimal import Decimal

from live_tree import Links, attributes, is_placeholder, problem, walk

TYPES = {stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE,
         stat.S_IFIFO: tarfile.FIFOTYPE, stat.S_IFCHR: tarfile.CHRTYPE, stat.S_IFBLK: tarfile.BLKTYPE}
XATTR, ACL = "SCHILY.xattr.", "SCHILY.acl."


def stored_mtime_ns(member):
    """Exactly: tarfile itself makes a float of it."""
    return int(Decimal(member.pax_headers.get("mtime", member.mtime)) * 10**9)


def stored_attributes(member):
    """But for ACLs, which a tar has in another form: only which of them there are."""
    stored = {}
    for keyword, value in member.pax_headers.items():
        if keyword.startswith(XATTR):
            key = os.fsencode(keyword[len(XATTR):]).replace(b"%3D", b"=").replace(b"%25", b"%")
            stored[key] = os.fsencode(value)
        elif keyword.startswith(ACL):
            stored[b"system.posix_acl_" + os.fsencode(keyword[len(ACL):])] = b"an ACL"
    return stored


def live_attributes(directory, name):
    return {key: b"an ACL" if key.startswith(b"system.posix_acl_") else value
            for key, value in attributes(directory, name).items()}


def compare_content(path, archive, member, directory, name):
    stored = archive.extractfile(member)
    with open(os.open(name, os.O_RDONLY, dir_fd=directory), "rb") as file:
        while True:
            want, have = file.read(1 << 20), stored.read(1 << 20)
            if want != have:
                problem("content", path)
                return
            if not want:
                return


archive = tarfile.open(sys.argv[1], "r:", encoding="utf-8", errors="surrogateescape")
members = iter(archive)
links = Links()
for path, directory, name, status in walk(os.fsencode(sys.argv[2]), os.fsencode(sys.argv[3])):
    member = next(members, None)
    if member is None:
        problem("missing", path)
        break
    if os.fsencode(member.name) != path:
        problem("name", path, os.fsencode(member.name))
        break
    first = links.first(status, path)
    if first is not None:
        if not member.islnk() or os.fsencode(member.linkname) != first:
            problem("hard link", path, first, member.type, member.linkname)
        continue
    file_type = stat.S_IFMT(status.st_mode)
    if member.type != TYPES[file_type]:
        problem("type", path, member.type)
        continue
    if (member.mode, member.uid, member.gid) != (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid):
        problem("mode or owner", path, member.mode, member.uid, member.gid)
    if stored_mtime_ns(member) != status.st_mtime_ns and not is_placeholder(status):
        problem("mtime", path, stored_mtime_ns(member), status.st_mtime_ns)
    want, have = live_attributes(directory, name), stored_attributes(member)
    if want != have:
        problem("attributes", path, want, have)
    if stat.S_ISLNK(status.st_mode) and os.fsencode(member.linkname) != os.readlink(name, dir_fd=directory):
        problem("target", path, member.linkname)
    if file_type in (stat.S_IFCHR, stat.S_IFBLK) and os.makedev(member.devmajor, member.devminor) != status.st_rdev:
        problem("device", path, member.devmajor, member.devminor)
    if stat.S_ISREG(status.st_mode):
        if member.size != status.st_size:
            problem("size", path, member.size, status.st_size)
        compare_content(path, archive, member, directory, name)
if next(members, None) is not None:
    problem("more members than files")
