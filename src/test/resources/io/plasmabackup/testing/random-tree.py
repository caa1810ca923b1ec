"""Fills an empty directory with every sort of file that Linux knows: random-tree.py DIRECTORY SEED [OPTIONS].

The same arguments give the same tree. Python, because names and attributes are bytes here, and because
every step can be taken relative to an open directory. Run by root.
"""

import argparse
import ctypes
import fcntl
import os
import random
import socket
import stat
import struct

parser = argparse.ArgumentParser()
parser.add_argument("directory")
parser.add_argument("seed", type=int)
parser.add_argument("--small", action="store_true", help="no large files, no crowds, not deep")
parser.add_argument("--btrfs", action="store_true",
                    help="also what only btrfs has, and files that nobody can remove before chattr -i -a; all of it synced")
parser.add_argument("--subvolumes", action="store_true",
                    help="with --btrfs, also subvolumes within subvolumes, and snapshots of them")
options = parser.parse_args()
random_ = random.Random(options.seed)
libc = ctypes.CDLL(None, use_errno=True)

MIB = 1 << 20
FALLOC_KEEP_SIZE, FALLOC_PUNCH_HOLE = 1, 2
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
BTRFS_IOC_SUBVOL_CREATE, BTRFS_IOC_SNAP_CREATE_V2, BTRFS_SUBVOL_RDONLY = 0x5000940E, 0x50009417, 2
IMMUTABLE, APPEND_ONLY, NO_DUMP, NO_COW = 0x10, 0x20, 0x40, 0x800000

EDGES = [0, 1, 511, 512, 513, 4095, 4096, 4097, 32767, 32768, 32769, 100_000]
TIMES = [0, -1, -86_400 * 365 * 20, 1, 2**31 - 1, 2**31, 2**33 - 1, 2**33, 15_000_000_000, 1_700_000_000]
IDS = [0, 1, 1000, 2**21 - 1, 2**21, 2**31 - 1, 2**31, 2**31 + 5, 2**32 - 2]
WORDS = [b"a", b"index.html", b"README", b"with space", b"new\nline", b"tab\t", b"quo\"te", b"back\\slash",
         b"-rf", b"100%", b"a=b", "Äpfel".encode(), "日本語".encode(), b"latin\xe41", b"\xff\xfe", b"\x01\x1b[31m",
         b" lead", b"trail ", b"x" * 99, b"y" * 100, b"z" * 101, "é".encode() * 60, b"*?[]", b"~", b"#", b"'"]


def name(used):
    while True:
        choice = random_.random()
        if choice < 0.5:
            new = b"%s-%d" % (random_.choice(WORDS), random_.randrange(1000))
        elif choice < 0.7:
            new = b"file%05d.dat" % random_.randrange(100_000)
        elif choice < 0.9:
            new = bytes(random_.choice([c for c in range(1, 256) if c != 47]) for _ in range(random_.randrange(1, 40)))
        else:
            new = (b"%d-" % random_.randrange(10**9) + random_.randbytes(255).replace(b"/", b"_").replace(b"\0", b"_"))[:255]
        if new not in used and new not in (b".", b"..", b""):
            used.add(new)
            return new


def content(length):
    block = random_.randbytes(min(length, 65_536))
    return (block * (length // max(len(block), 1) + 1))[:length]


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def fallocate(fd, mode, offset, length):
    checked(libc.fallocate(fd, mode, ctypes.c_long(offset), ctypes.c_long(length)))


def flags(fd):
    return struct.unpack("i", fcntl.ioctl(fd, FS_IOC_GETFLAGS, bytes(4)))[0]


def add_flags(fd, more):
    fcntl.ioctl(fd, FS_IOC_SETFLAGS, struct.pack("i", flags(fd) | more))


def size():
    choice = random_.random()
    if choice < 0.35:
        return random_.choice(EDGES)
    if choice < 0.85:
        return random_.randrange(20_000)
    return random_.randrange(300_000)


def regular(directory, new):
    fd = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600, dir_fd=directory)
    if options.btrfs and random_.random() < 0.06:
        add_flags(fd, NO_COW)
    choice = random_.random()
    if choice < 0.75:
        os.write(fd, content(size()))
    elif choice < 0.9:
        sparse(fd, random_.randrange(1, 30) * 65_536)
    else:
        preallocated(fd, random_.randrange(1, 200_000))
    return fd


def sparse(fd, length):
    """Data here and there; often a hole at the end, sometimes nothing but a hole."""
    os.ftruncate(fd, length + random_.randrange(5000))
    for _ in range(random_.randrange(8)):
        os.pwrite(fd, content(random_.randrange(1, 9000)), random_.randrange(length))


def preallocated(fd, length):
    """Within the file, behind its end, or the other way round: data that was there is a hole now."""
    choice = random_.randrange(3)
    if choice == 0:
        fallocate(fd, 0, 0, length)
        os.pwrite(fd, content(100), random_.randrange(length))
    elif choice == 1:
        os.write(fd, content(random_.randrange(length)))
        fallocate(fd, FALLOC_KEEP_SIZE, 0, 2 * length)
    else:
        os.write(fd, content(length))
        start = random_.randrange(length)
        fallocate(fd, FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE, start, random_.randrange(1, length + 1))


def large(directory, new, length):
    fd = os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600, dir_fd=directory)
    if random_.random() < 0.3:
        sparse(fd, length)
        os.pwrite(fd, content(5 * MIB + 77), length // 3)
    else:
        written = 0
        data = content(length)
        while written < length:
            written += os.write(fd, data[written:])
    return fd


def acl():
    entries = [(0x01, 6, 0xFFFFFFFF), (0x02, 4, random_.choice([1, 1000, 2**31 + 5])), (0x04, 5, 0xFFFFFFFF),
               (0x08, 7, random_.choice([1, 1000, 2**21])), (0x10, 7, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def attributes(fd, is_directory):
    choice = random_.random()
    if choice < 0.1:
        os.setxattr(fd, b"user.plain", b"value")
    if choice < 0.06:
        os.setxattr(fd, b"user.a=b%c%3D", random_.randbytes(random_.randrange(200)))
        os.setxattr(fd, b"user.empty", b"")
        os.setxattr(fd, b"trusted.binary", b"=\n%\0\xff" * 20)
    if 0.5 < choice < 0.55:
        os.setxattr(fd, b"security.plasma", b"user_u:object_r:plasma_t:s0\0")
    if options.btrfs and 0.55 < choice < 0.57:
        os.setxattr(fd, b"user.large", random_.randbytes(random_.randrange(1000, 10_000)))
    if options.btrfs and 0.57 < choice < 0.62 and not flags(fd) & NO_COW:
        os.setxattr(fd, b"btrfs.compression", random_.choice([b"zstd", b"lzo", b"zlib", b"no"]))
    if choice < 0.03 or (is_directory and choice < 0.2):
        os.setxattr(fd, b"system.posix_acl_access", acl())
        if is_directory:
            os.setxattr(fd, b"system.posix_acl_default", acl())
    if not is_directory and 0.9 < choice < 0.95:
        os.setxattr(fd, b"security.capability", struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0))


def time_ns():
    seconds = random_.choice(TIMES) if random_.random() < 0.3 else random_.randrange(1_000_000_000, 1_800_000_000)
    return seconds * 10**9 + random_.choice([0, 1, 999_999_999, 500_000_000, random_.randrange(10**9)])


def stamp(directory, new):
    when = time_ns()
    os.utime(new, ns=(when, when), dir_fd=directory, follow_symlinks=False)


protected = []


def protect(path):
    """As soon as nothing is to be changed any more."""
    if options.btrfs and random_.random() < 0.04 and len(path) < 3000:
        protected.append((path, random_.choice([IMMUTABLE, APPEND_ONLY, IMMUTABLE | APPEND_ONLY, NO_DUMP])))


def finish(directory, new, fd, mode):
    """Owner first: a change of it takes set-uid bits and capabilities away."""
    is_directory = stat.S_ISDIR(os.fstat(fd).st_mode)
    if random_.random() < 0.3:
        os.fchown(fd, random_.choice(IDS), random_.choice(IDS))
    os.fchmod(fd, mode)
    attributes(fd, is_directory)
    os.close(fd)
    stamp(directory, new)


def special(directory, new):
    choice = random_.randrange(6)
    if choice == 0:
        os.mkfifo(new, 0o640, dir_fd=directory)
    elif choice == 1:
        os.mknod(new, 0o600 | stat.S_IFCHR, os.makedev(random_.randrange(1, 4000), random_.randrange(1 << 20)), dir_fd=directory)
    elif choice == 2:
        os.mknod(new, 0o660 | stat.S_IFBLK, os.makedev(random_.randrange(1, 200), random_.randrange(256)), dir_fd=directory)
    elif choice == 3:
        os.mknod(new, 0o600 | stat.S_IFSOCK, dir_fd=directory)
    else:
        # The last but three is 4095 bytes long: a longer one cannot be made.
        target = random_.choice([b"nowhere", b"../..", b"/etc/passwd", b"t" * 100, b"t" * 101, b"/" + b"u/" * 2047,
                                 b"\xff\xe4", "Ziel-ü".encode(), b"new\nline"])
        os.symlink(target, new, dir_fd=directory)
        os.chown(new, random_.choice(IDS), random_.choice(IDS), dir_fd=directory, follow_symlinks=False)
    if random_.random() < 0.1:
        os.setxattr(b"/proc/self/fd/%d/%s" % (directory, new), b"trusted.special", b"of no regular file", follow_symlinks=False)
    stamp(directory, new)
    return choice != 3


directories = []
subvolumes = []


def create_subvolume(directory, new):
    fcntl.ioctl(directory, BTRFS_IOC_SUBVOL_CREATE, bytearray(struct.pack("q4088s", 0, new)))


def snapshots(root):
    """Of some subvolumes anywhere: most are read-only; the others have empty directories for what was nested."""
    for number, path in enumerate(subvolumes):
        if random_.random() < 0.5:
            source = os.open(path, os.O_RDONLY, dir_fd=root)
            place = os.open(random_.choice(directories) or b".", os.O_RDONLY, dir_fd=root)
            flags = random_.choice([BTRFS_SUBVOL_RDONLY, BTRFS_SUBVOL_RDONLY, 0])
            arguments = struct.pack("qQQ32x4040s", source, 0, flags, b"snapshot-%d" % number)
            fcntl.ioctl(place, BTRFS_IOC_SNAP_CREATE_V2, bytearray(arguments))
            os.close(source)
            os.close(place)


def fill(directory, path, depth, links):
    """links: paths of files in the same subvolume that may get further names."""
    used = set()
    directories.append(path)
    for _ in range(random_.randrange(5, 35)):
        new = name(used)
        choice = random_.random()
        if choice < 0.65:
            fd = regular(directory, new)
            finish(directory, new, fd, random_.choice([0o644, 0o600, 0o755, 0o4755, 0o2755, 0o6711, 0o1644, 0o000, 0o444]))
            if random_.random() < 0.15 and len(path) + len(new) < 3000:
                links.append(path + new)
            protect(path + new)
        elif choice < 0.8:
            can_be_linked = special(directory, new)
            if can_be_linked and random_.random() < 0.1 and len(path) + len(new) < 3000:
                links.append(path + new)
        elif choice < 0.9 and links:
            os.link(random_.choice(links), new, dst_dir_fd=directory, follow_symlinks=False)
        elif depth < (2 if options.small else 3):
            nested = options.subvolumes and random_.random() < 0.4
            if nested:
                create_subvolume(directory, new)
                subvolumes.append(path + new)
            else:
                os.mkdir(new, 0o700, dir_fd=directory)
            filling = lambda fd: fill(fd, path + new + b"/", depth + 1, [] if nested else links)
            fill_and_finish(directory, new, filling)
            protect(path + new)
        else:
            os.mkdir(new, 0o700, dir_fd=directory)
            fill_and_finish(directory, new, lambda fd: None)


def fill_and_finish(directory, new, filling):
    fd = os.open(new, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
    filling(fd)
    finish(directory, new, fd, random_.choice([0o755, 0o700, 0o1777, 0o2775, 0o555]))


def crowd(directory):
    for i in range(1000):
        fd = os.open(b"member-%d" % i, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=directory)
        os.write(fd, content(i * 3))
        os.close(fd)
        stamp(directory, b"member-%d" % i)


def nest(directory, levels, step):
    if levels == 0:
        os.close(os.open(b"bottom", os.O_CREAT | os.O_WRONLY, dir_fd=directory))
        if options.subvolumes:
            create_subvolume(directory, b"subvolume")
        return
    os.mkdir(step, dir_fd=directory)
    fd = os.open(step, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
    nest(fd, levels - 1, step)
    os.close(fd)


def extremes(root):
    for number in range(random_.randrange(1, 3)):
        new = b"large-%d" % number
        length = random_.choice([4 * MIB, 4 * MIB + 1, 6 * MIB, 9 * MIB, 11 * MIB + 511, 20 * MIB])
        finish(root, new, large(root, new, length), 0o644)
    os.mkdir(b"deep")
    nest(os.open(b"deep", os.O_RDONLY), 100, b"d")
    if random_.random() < 0.3:
        os.mkdir(b"crowd")
        crowd(os.open(b"crowd", os.O_RDONLY))
    # Nobody but a program that goes step by step can reach what is in here by name.
    os.mkdir(b"long")
    nest(os.open(b"long", os.O_RDONLY), 30, b"l" * 200)


root = os.open(options.directory, os.O_RDONLY | os.O_DIRECTORY)
os.chdir(root)
fill(root, b"", 0, [])
os.mkdir(b"empty")
listener = socket.socket(socket.AF_UNIX)
listener.bind("live.sock")
if not options.small:
    extremes(root)
snapshots(root)
protect(b".")
for path, protection in protected:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    add_flags(fd, protection)
    os.close(fd)
if options.btrfs:
    # What isn't on the disk may be missing in a snapshot.
    checked(libc.syncfs(root))
