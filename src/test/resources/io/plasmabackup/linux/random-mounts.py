"""Makes random mounts in a mount namespace of its own and asks the kernel what is where: random-mounts.py SEED FOLDER.

Everything is mounted over FOLDER, an empty directory, but for one mount over / in some runs; in others the end is a
chroot into a random directory. Nothing of it is left when the program ends. Writes NUL-terminated fields: the mount
table, then path, id of its mount, and "t" for what is in FOLDER; then, after an empty field, path and place within its
filesystem, as the kernel shows it where that path is bound to.
"""

import ctypes
import os
import random
import re
import sys

CLONE_NEWNS = 0x20000
MS_BIND, MS_MOVE, MS_REC = 4096, 8192, 16384
MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 17, 1 << 18, 1 << 19, 1 << 20
MNT_DETACH = 2
OPEN_TREE, MOVE_MOUNT = 428, 429
AT_FDCWD, OPEN_TREE_CLONE, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_BENEATH = -100, 1, 4, 0x200

NAMES = [b"a", b"a-b", b"a b", b"new\nline", b"back\\slash", b"\\040", b"#", b"\xff\xfe", b"tab\t", b"deleted"]
MOST_MOUNTS = 250

libc = ctypes.CDLL(None, use_errno=True)
random.seed(int(sys.argv[1]))
top = os.fsencode(os.path.realpath(sys.argv[2]))
process = os.open("/proc/self", os.O_RDONLY | os.O_DIRECTORY)


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def attempt(result):
    """What the kernel refuses is of no interest: it is the result that is looked at."""
    return result == 0


def mount(source, target, kind=None, flags=0):
    return libc.mount(source, target, kind, flags, None)


def read(name):
    with open(os.open(name, os.O_RDONLY, dir_fd=process), "rb") as file:
        return file.read()


def mount_id(fd):
    return int(re.search(rb"^mnt_id:\s*(\d+)$", read(b"fdinfo/%d" % fd), re.MULTILINE).group(1))


def lines():
    return read(b"mountinfo").splitlines()


def unescape(field):
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match.group(1), 8)]), field)


def grow(folder, depth=0):
    for name in random.sample(NAMES, 4 - depth):
        path = os.path.join(folder, name)
        if random.random() < 0.15:
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        else:
            os.mkdir(path)
            if depth < 2:
                grow(path, depth + 1)


def visible(folder):
    """All that can be reached, directories and files apart."""
    directories, files = [folder], []
    for path, below, others in os.walk(folder):
        directories += [os.path.join(path, name) for name in below]
        files += [os.path.join(path, name) for name in others]
    return directories, files


def mount_points():
    return [place for place in (unescape(line.split(b" ")[4]) for line in lines())
            if place == top or place.startswith(top + b"/")]


def tmpfs(target):
    if attempt(mount(b"tmpfs", target, b"tmpfs")):
        try:
            # Below / that is what lies over it, which only /.. leads to.
            grow(target if target != b"/" else b"/..")
        except FileNotFoundError:
            # A copy of the mount, propagated to a folder around it, hides it.
            return


def step():
    directories, files = visible(top)
    target = random.choice(directories)
    places = mount_points()
    action = random.randrange(12)
    if len(places) > MOST_MOUNTS and action not in (7, 8):
        return
    if action <= 2:
        tmpfs(target)
    elif action == 3:
        attempt(mount(random.choice(directories), target, None, MS_BIND))
    elif action == 4:
        attempt(mount(random.choice(directories), target, None, MS_BIND | MS_REC))
    elif action == 5:
        attempt(mount(random.choice(places), target, None, MS_MOVE))
    elif action == 6 and files:
        attempt(mount(random.choice(files), random.choice(files), None, MS_BIND))
    elif action in (7, 8):
        attempt(libc.umount2(random.choice([place for place in places if place != top] or [top + b"/none"]), MNT_DETACH))
    elif action == 9:
        kind = random.choice([MS_SHARED, MS_SHARED, MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE])
        attempt(mount(None, random.choice(places), None, kind | random.choice([0, MS_REC])))
    elif action == 10:
        # A bind mount of what is deleted then.
        gone = os.path.join(random.choice(directories), b"gone")
        try:
            os.mkdir(gone)
        except OSError:
            return
        attempt(mount(gone, target, None, MS_BIND))
        try:
            os.rmdir(gone)
        except OSError:
            return
    elif action == 11:
        tree = libc.syscall(OPEN_TREE, AT_FDCWD, random.choice(directories), OPEN_TREE_CLONE)
        if tree >= 0:
            attempt(libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, random.choice(places),
                                 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_BENEATH))
            os.close(tree)


def bound(path, target):
    """What the kernel calls path within its filesystem: the root of a bind mount of it."""
    if not attempt(mount(path, target, None, MS_BIND)):
        return None
    fd = os.open(target, os.O_PATH)
    here = b"%d " % mount_id(fd)
    os.close(fd)
    root = [unescape(line.split(b" ")[3]) for line in lines() if line.startswith(here)]
    call(libc.umount2(target, MNT_DETACH))
    return root[0]


call(libc.unshare(CLONE_NEWNS))
call(mount(None, b"/", None, MS_REC | MS_PRIVATE))
call(mount(b"top", top, b"tmpfs"))
grow(top)
for _ in range(random.randrange(5, 60)):
    step()
# From here on, nothing that is mounted shows up elsewhere too.
call(mount(None, b"/", None, MS_REC | MS_PRIVATE))
over_root, new_root = random.choice([(False, False), (False, False), (True, False), (False, True), (True, True)])
if new_root:
    candidates = [folder for folder in visible(top)[0] if os.stat(folder).st_nlink > 0]
    os.chroot(max(random.sample(candidates, min(len(candidates), 3)), key=lambda folder: len(visible(folder)[0])))
    os.chdir("/")
    top = b"/"
    # Without one at /proc nobody can read the table; what it shows is of no interest here.
    os.makedirs("/proc", exist_ok=True)
    call(mount(b"proc", b"/proc", b"tmpfs"))
if over_root:
    tmpfs(b"/")
table = b"\n".join(lines())
output = [table + b"\n" if table else b""]

directories, files = visible(top)
ours = set(directories + files)
probed = [b"/", b"/dev", b"/etc", b"/etc/passwd", b"/usr/bin", b"/proc/self/status"]
probed += [unescape(line.split(b" ")[4]) for line in lines()]
descriptors = os.open("fd", os.O_RDONLY, dir_fd=process)
for path in sorted(ours | set(probed)):
    try:
        fd = os.open(path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        continue
    # A table of mounts is about canonical paths; ours are, but for what the kernel adds where the mount's root is gone.
    if path in ours or os.readlink(b"%d" % fd, dir_fd=descriptors) == path:
        output += [path, b"%d" % mount_id(fd), b"t" if path in ours else b""]
    os.close(fd)
output.append(b"")

for among in directories[1:], files:
    for path in random.sample(among, min(len(among), 15)):
        place = bound(path, random.choice(among))
        if place is not None:
            output += [path, place]
sys.stdout.buffer.write(b"".join(field + b"\0" for field in output))
