"""Changes a tree as time does: mutate-tree.py TREE SEED GENERATION. Generation 0 makes it, below an existing folder on a btrfs.

A few hundred files of which most stay as they are from one generation to the next; and in TREE/sub a subvolume, which now and then is
replaced by an older snapshot of it (kept beside TREE).
"""

import os
import random
import subprocess
import sys

top, seed, generation = os.fsencode(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed * 1_000_003 + generation)
SUB = os.path.join(top, b"sub")
OLD = os.path.join(os.path.dirname(top), b"old")
names = iter(range(10**9))


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def content():
    size = chance.choice((0, 1, 300, 2000, 4096, 5000, 30_000, 70_000, 70_000, 150_000, 400_000))
    if chance.random() < 0.5:
        return chance.randbytes(size)
    return (b"%d line of text\n" % chance.randrange(10**6)) * (size // 20) + b"." * (size % 20)


def new_name():
    return b"g%d-%d-%s" % (generation, next(names), chance.choice((b"", b"x", b"\xff", "ü".encode(), b"long" * 30)))


def write(path, data, mode="wb"):
    with open(path, mode) as file:
        file.write(data)


def everything():
    folders, files = [], []
    for base, below, here in os.walk(top):
        folders.append(base)
        files += [path for path in (os.path.join(base, name) for name in sorted(here)) if not os.path.islink(path)]
        below.sort()
    return folders, files


def in_sub(path):
    return path == SUB or path.startswith(SUB + b"/")


def grow():
    os.mkdir(top)
    run("btrfs", "subvolume", "create", SUB)
    for parent in (top, SUB):
        for number in range(12):
            folder = os.path.join(parent, b"folder-%02d" % number)
            os.mkdir(folder)
            for file in range(12):
                write(os.path.join(folder, b"file-%02d" % file), content())
            os.symlink(b"file-%02d" % number, os.path.join(folder, b"link"))
        write(os.path.join(parent, b"large"), chance.randbytes(11_000_000))
    run("btrfs", "subvolume", "snapshot", "-r", SUB, OLD)


def create(folders, files):
    write(os.path.join(chance.choice(folders), new_name()), content())


def create_folder(folders, files):
    folder = os.path.join(chance.choice(folders), new_name())
    os.mkdir(folder)
    write(os.path.join(folder, b"first"), content())


def delete(folders, files):
    os.unlink(chance.choice(files))


def rename(folders, files):
    file = chance.choice(files)
    others = [folder for folder in folders if in_sub(folder) == in_sub(file)]
    os.rename(file, os.path.join(chance.choice(others), new_name()))


def rename_folder(folders, files):
    candidates = [folder for folder in folders if folder not in (top, SUB) and not SUB.startswith(folder + b"/")]
    if candidates:
        folder = chance.choice(candidates)
        os.rename(folder, os.path.join(os.path.dirname(folder), new_name()))


def swap(folders, files):
    one = chance.choice(files)
    other = chance.choice([file for file in files if in_sub(file) == in_sub(one)])
    if one != other:
        between = one + b".swap"
        os.rename(one, between)
        os.rename(other, one)
        os.rename(between, other)


def link(folders, files):
    file = chance.choice(files)
    others = [folder for folder in folders if in_sub(folder) == in_sub(file)]
    os.link(file, os.path.join(chance.choice(others), new_name()))


def truncate(folders, files):
    file = chance.choice(files)
    os.truncate(file, chance.randrange(os.path.getsize(file) * 2 + 1))


def overwrite(folders, files):
    """Without a change of size; and of the times that can be set, none."""
    file = chance.choice(files)
    before = os.stat(file)
    if before.st_size:
        with open(file, "r+b") as opened:
            opened.seek(chance.randrange(before.st_size))
            opened.write(b"!")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def set_back(folders, files):
    os.utime(chance.choice(files), ns=(0, chance.randrange(10**18)))


def reflink(folders, files):
    run("cp", "--reflink=always", chance.choice(files), os.path.join(chance.choice(folders), new_name()))


def mode(folders, files):
    os.chmod(chance.choice(files + folders), chance.choice((0o600, 0o644, 0o755, 0o4711)))


def owner(folders, files):
    os.chown(chance.choice(files), chance.randrange(3), chance.randrange(3))


def attribute(folders, files):
    os.setxattr(chance.choice(files), b"user.k%d" % chance.randrange(3), chance.randbytes(chance.randrange(50)))


def flag(folders, files):
    run("chattr", chance.choice(("+d", "-d")), chance.choice(files))


def symlink(folders, files):
    os.symlink(new_name(), os.path.join(chance.choice(folders), new_name()))


def defragment(folders, files):
    run("btrfs", "filesystem", "defragment", "-czstd", chance.choice(files))


def roll_back(folders, files):
    """The subvolume is an older one again; and what it was until now is what it may be later."""
    run("btrfs", "subvolume", "snapshot", "-r", SUB, OLD + b".new")
    run("btrfs", "subvolume", "delete", SUB)
    run("btrfs", "subvolume", "snapshot", OLD, SUB)
    run("btrfs", "subvolume", "delete", OLD)
    os.rename(OLD + b".new", OLD)


def hole(folders, files):
    file = chance.choice(files)
    os.truncate(file, os.path.getsize(file) + 200_000)
    write(file, b"end", "ab")


CHANGES = (create, create, create_folder, delete, rename, rename_folder, swap, link, truncate, overwrite, overwrite, set_back,
           reflink, mode, owner, attribute, flag, symlink, defragment, hole)

if generation == 0:
    grow()
else:
    if chance.random() < 0.1:
        roll_back(*everything())
    for change in chance.choices(CHANGES, k=chance.randrange(1, 9)):
        change(*everything())
