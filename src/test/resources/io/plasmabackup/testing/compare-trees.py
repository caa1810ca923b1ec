"""Compares two trees: compare-trees.py EXPECTED ACTUAL [IGNORED...]. Prints what differs; nothing if all is equal.

Content, type, mode, owner, mtime, attributes, link targets, device numbers, groups of hard links, and roughly the space
taken. Sockets and read-only subvolumes of EXPECTED must not be in ACTUAL. IGNORED: names in the trees' top that are left out, and words:
"negative-fractions" (mtimes before 1970 that are no whole seconds), "escaped-attributes" (names with % or =),
"large-acl-ids" (ACLs that name a user or group from 2^31 on).
"""

import hashlib
import os
import stat
import struct
import sys

from live_tree import is_left_out, is_placeholder

ignored = set(os.fsencode(argument) for argument in sys.argv[3:])


def attributes(directory, name):
    path = b"/proc/self/fd/%d/%s" % (directory, name)
    return {key: os.getxattr(path, key, follow_symlinks=False)
            for key in map(os.fsencode, os.listxattr(path, follow_symlinks=False))
            if b"escaped-attributes" not in ignored or not (b"%" in key or b"=" in key)}


def names_large_id(attribute, value):
    return attribute.startswith(b"system.posix_acl_") and any(
        tag in (0x02, 0x08) and identity >= 1 << 31 for tag, _, identity in struct.iter_unpack("<HHI", value[4:]))


def digest(directory, name):
    sha = hashlib.sha256()
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory), "rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def tree(top):
    entries = {}
    groups = {}
    directory = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    note(directory, b".", b"", entries, groups)
    walk(directory, b"", entries, groups)
    for group in groups.values():
        for path in group:
            entries[path]["links"] = tuple(sorted(group))
    return entries


def walk(directory, path, entries, groups):
    for name in os.listdir(b"/proc/self/fd/%d" % directory):
        if not path and name in ignored:
            continue
        here = path + name
        if note(directory, name, here, entries, groups):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            walk(fd, here + b"/", entries, groups)
            os.close(fd)


def note(directory, name, path, entries, groups):
    """Returns whether it is a directory."""
    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if is_left_out(directory, name, status):
        return False
    mtime = status.st_mtime_ns
    if is_placeholder(status) or (mtime < 0 and mtime % 10**9 and b"negative-fractions" in ignored):
        mtime = None
    entry = {"mode": status.st_mode, "uid": status.st_uid, "gid": status.st_gid, "mtime": mtime,
             "attributes": attributes(directory, name)}
    if stat.S_ISREG(status.st_mode):
        entry["size"] = status.st_size
        entry["content"] = digest(directory, name)
        entry["blocks"] = status.st_blocks
    elif stat.S_ISLNK(status.st_mode):
        entry["target"] = os.readlink(name, dir_fd=directory)
    elif stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
        entry["device"] = status.st_rdev
    entries[path] = entry
    if stat.S_ISDIR(status.st_mode):
        return True
    groups.setdefault((status.st_dev, status.st_ino), set()).add(path)
    return False


def shown(path):
    return repr(path if len(path) < 300 else path[:140] + b"..." + path[-140:])


expected, actual = tree(sys.argv[1]), tree(sys.argv[2])
for path in sorted(expected.keys() | actual.keys()):
    if path not in actual:
        print("missing", shown(path))
    elif path not in expected:
        print("unexpected", shown(path))
    else:
        for key in expected[path]:
            want, have = expected[path][key], actual[path].get(key)
            if key == "blocks":
                # Preallocated space and block maps aside, what was sparse is still sparse.
                if have > want + 64:
                    print("less sparse", shown(path), want, have)
            elif key == "attributes":
                for name in sorted(want.keys() | have.keys()):
                    if b"large-acl-ids" in ignored and names_large_id(name, want.get(name, b"")):
                        continue
                    if want.get(name) != have.get(name):
                        print(key, shown(path), name, want.get(name), have.get(name))
            elif want != have and want is not None:
                print(key, shown(path), want, have)
