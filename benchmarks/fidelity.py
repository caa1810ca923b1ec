#!/usr/bin/env python3
"""Backs up and restores one feature of a file at a time with each program, and compares what comes back.

Started by scripts/fidelity, in namespaces of its own: what is mounted here nobody else sees, and it goes when this ends.
A feature is a function that makes a file called `subject`, alone in its folder on a btrfs, and one that compares it with
its copy on another btrfs. Each feature is backed up by itself, so that one that fails a run spoils no other.
"""

import argparse
import contextlib
import datetime
import errno
import fcntl
import filecmp
import glob
import json
import mmap
import os
import pathlib
import random
import re
import shlex
import stat
import struct
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass
from typing import Callable

KIB, MIB, SECOND = 1 << 10, 1 << 20, 10**9
COMMAND_SECONDS = 300
README = pathlib.Path(__file__).parent.parent / "README.md"
STRATEGY = "btrfs-snapshot"
START, END = "<!-- fidelity -->\n", "<!-- /fidelity -->\n"

# ----- The programs, with the options of a careful administrator. The table's footnotes show these very words. -----


@dataclass
class Program:
    """{TREE} is the folder to back up, {RELATIVE} without the leading slash; the copy goes to the working directory."""

    name: str
    version: str
    backup: str
    restore: str
    prepare: str = "true"


XATTRS = "--xattrs --xattrs-include='*'"
GNU_RESTORE = f"tar -xpf {{ARCHIVE}} --numeric-owner --acls {XATTRS}"
PROGRAMS = [
    Program("plasma-agent", "{AGENT} --version", "{AGENT} --config {CONFIGURATION}", GNU_RESTORE),
    Program(
        "GNU tar",
        "tar --version",
        f"tar -cf {{ARCHIVE}} --format=posix {XATTRS} --acls --sparse --numeric-owner -C / {{RELATIVE}}",
        GNU_RESTORE,
    ),
    Program(
        "bsdtar",
        "bsdtar --version",
        "bsdtar -cf {ARCHIVE} --format pax --acls --xattrs --fflags --numeric-owner -C / {RELATIVE}",
        "bsdtar -xpf {ARCHIVE} --acls --xattrs --fflags --numeric-owner",
    ),
    Program(
        "borg",
        "borg --version",
        "borg create --numeric-ids ::{NAME} {TREE}",
        "borg extract --sparse --numeric-ids ::{NAME}",
        prepare="borg init --encryption none",
    ),
    Program(
        "restic",
        "restic version",
        "restic backup --tag {NAME} {TREE}",
        "restic restore latest --tag {NAME} --target .",
        prepare="restic init",
    ),
]


@dataclass
class Attempt:
    """What one program did with one feature."""

    copy: pathlib.Path  # of the subject, if it was restored
    exit: str  # empty for 0; the backup's where that failed, else the restore's
    named: str  # ", named" if the output up to the failure, or all of it, has the subject's name
    log: str
    noted: frozenset  # keys of plasma's index that are true for the subject

    def absent(self):
        return ("left out" if self.copy.parent.exists() else "no backup") + self.named


class Lab:
    """Two filesystems, an archive folder and the programs' own files, all below one folder."""

    def __init__(self, work, agent):
        self.work, self.agent = work, os.path.abspath(agent)
        self.source, self.target = mounted(work / "source"), mounted(work / "target")
        self.environment = {
            key: value for key, value in os.environ.items() if key in ("PATH", "JAVA_HOME", "PLASMA_JAVA_HOME")
        } | {
            "LC_ALL": "C.UTF-8",
            "HOME": str(work),
            "BORG_REPO": str(work / "borg"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "RESTIC_REPOSITORY": str(work / "restic"),
            "RESTIC_PASSWORD": "of a repository that is gone in a minute",
        }

    def run(self, template, folder=None, **values):
        command = [word.format(AGENT=self.agent, **values) for word in shlex.split(template)]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return 124, f"{command[0]} took longer than {COMMAND_SECONDS} s"
        return done.returncode, f"$ {shlex.join(command)}\n{done.stdout.decode(errors='replace')}"

    def prepare(self, program):
        status, output = self.run(program.prepare)
        if status != 0:
            sys.exit(f"fidelity: {output}")

    def attempt(self, program, name, tree, subject):
        folder = self.work / "archives" / program.name / name
        restored = self.target / program.name / name
        folder.mkdir(parents=True)
        restored.mkdir(parents=True)
        configuration = folder / "plasma-agent.conf"
        configuration.write_text(
            json.dumps(
                {
                    "folders": [str(tree)],
                    "strategy": STRATEGY,
                    "options": {"stateFolder": str(self.work / "state")},
                    "remoteFolder": str(folder),
                }
            )
        )
        values = {"NAME": name, "CONFIGURATION": configuration, "TREE": tree, "RELATIVE": str(tree)[1:]}

        status, log = self.run(program.backup, ARCHIVE=folder / "archive.tar", **values)
        failure, told = f"exit {status}" if status else "", log
        archives = glob.glob(f"{folder}/*.tar")
        if "{ARCHIVE}" not in program.restore or archives:
            status, output = self.run(program.restore, restored, ARCHIVE="".join(archives), **values)
            log += output
            if not failure:
                failure, told = f"exit {status} on restore" if status else "", log
        subprocess.run(["sync", "-f", self.target], check=True)
        name = str(subject)[1:]
        return Attempt(restored / name, failure, ", named" if "subject" in told else "", log, noted(folder, name))


def mounted(mount_point):
    """A new btrfs in a file; without compression, for one of the features has to find its data in there."""
    image = mount_point.with_suffix(".image")
    mount_point.mkdir()
    with open(image, "wb") as file:
        file.truncate(1024 * MIB)
    subprocess.run(["mkfs.btrfs", "-q", image], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, mount_point], check=True)
    return mount_point


def noted(folder, name):
    for index in glob.glob(f"{folder}/*.index"):
        lines = subprocess.run(["zstd", "-dcq", index], check=True, capture_output=True).stdout.splitlines()
        for member in map(json.loads, lines):
            if member.get("name") == name:
                return frozenset(key for key, value in member.items() if value is True)
    return frozenset()


# ----- What features are made with. A maker takes the path of the subject, which doesn't exist yet. -----


def a_file(subject, size=64 * KIB):
    """The same bytes in each run, others in each file: one feature looks for its own in the filesystem's image."""
    subject.write_bytes(random.Random(os.fsencode(subject.name) + os.fsencode(subject.parent.name)).randbytes(size))


def a_folder(subject, *names):
    for name in names:
        (subject / name).parent.mkdir(parents=True, exist_ok=True)
        a_file(subject / name)


def a_full_folder(subject):
    a_folder(subject, "file")


def a_link(subject):
    subject.symlink_to("nowhere")


def file_with(change, made=a_file):
    """A maker of a file to which something is done."""

    def make(subject):
        made(subject)
        change(subject)

    return make


def modified(seconds, nanoseconds=0):
    time = seconds * SECOND + nanoseconds
    return lambda subject: os.utime(subject, ns=(time, time), follow_symlinks=False)


def owned(uid, gid):
    return lambda subject: os.lchown(subject, uid, gid)


# ----- Comparisons take the subject, its copy, which exists, and the attempt, and give the table's word. -----


def same(what):
    """A comparison of what a function finds in both."""

    def compare(subject, copy, attempt):
        try:
            return "yes" if what(copy) == what(subject) else "no"
        except OSError:
            return "no"

    return compare


def kind(path):
    return stat.S_IFMT(os.lstat(path).st_mode)


def content(path):
    return kind(path), path.read_bytes() if path.is_file() else b""


def owner(path):
    status = os.lstat(path)
    return kind(path), status.st_uid, status.st_gid


def modes(path):
    return [oct(os.lstat(path / name).st_mode) for name in ("setuid", "setgid", "sticky")]


def node(path):
    return kind(path), os.lstat(path).st_rdev


def attribute_of(title, name, value, made=a_file):
    """The feature of an extended attribute."""

    def make(subject):
        made(subject)
        os.setxattr(subject, name, value, follow_symlinks=False)

    return Feature(title, make, same(lambda path: os.getxattr(path, name, follow_symlinks=False)))


def modification_time(subject, copy, attempt):
    was, now = os.lstat(subject).st_mtime_ns, os.lstat(copy).st_mtime_ns
    if now == was:
        return "yes"
    for precision, unit in ((1000, "µs"), (SECOND, "s")):
        if now % precision == 0 and abs(now - was) < precision:
            return "rounded to " + unit
    day = datetime.timedelta(seconds=now // SECOND) + datetime.date(1970, 1, 1)
    return f"off by {abs(now - was) / SECOND:,.3g} s" if abs(now - was) < 10 * SECOND else f"becomes {day}"


# ----- Features that need functions of their own -----


def make_modes(subject):
    a_folder(subject, "setuid", "setgid")
    (subject / "sticky").mkdir()
    for name, mode in (("setuid", 0o4755), ("setgid", 0o2711), ("sticky", 0o3777)):
        (subject / name).chmod(mode)


def make_links(first, second):
    def make(subject):
        a_folder(subject, first)
        (subject / second).parent.mkdir(exist_ok=True)
        os.link(subject / first, subject / second)

    return make


def link_groups(path):
    """All names in a folder, those of one inode together."""
    groups = {}
    for folder, _, names in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)
            groups.setdefault(os.lstat(full).st_ino, []).append(os.path.relpath(full, path))
    return sorted(sorted(group) for group in groups.values())


DEEP = ["x" * 250] * 20


def make_deep(subject):
    subject.mkdir()
    with contextlib.ExitStack() as stack:
        folder = opened(stack, subject)
        for name in DEEP:
            os.mkdir(name, dir_fd=folder)
            folder = opened(stack, name, folder)
        os.symlink("the end", "end", dir_fd=folder)
        os.chown("end", 1234, 5678, dir_fd=folder, follow_symlinks=False)


def deep(path):
    """Where the link at the end points to, and what of the entries on the way there is easily lost."""
    with contextlib.ExitStack() as stack:
        folder, found = opened(stack, path), []
        for name in [*DEEP, "end"]:
            status = os.lstat(name, dir_fd=folder)
            found.append((status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns))
            if name != "end":
                folder = opened(stack, name, folder)
        return os.readlink("end", dir_fd=folder), found


def compare_deep(subject, copy, attempt):
    try:
        there = deep(copy)
    except FileNotFoundError:
        return "cut" + attempt.named
    if there == deep(subject):
        return "yes"
    return ("without metadata" if there[0] == deep(subject)[0] else "no") + attempt.named


def opened(stack, name, folder=None):
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
    stack.callback(os.close, descriptor)
    return descriptor


def make_holes(subject):
    a_file(subject, MIB)
    with open(subject, "r+b") as file:
        file.seek(16 * MIB)
        file.write(random.Random(5).randbytes(MIB))
        file.truncate(32 * MIB)


def make_hole(subject):
    subject.touch()
    os.truncate(subject, 16 * MIB)


def make_preallocated(subject):
    a_file(subject, MIB)
    with open(subject, "r+b") as file:
        os.posix_fallocate(file.fileno(), 0, 8 * MIB)


def data_ranges(path):
    """Where a file has data; what is preallocated is none."""
    ranges, size = [], os.stat(path).st_size
    with open(path, "rb") as file:
        end = 0
        while end < size:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError as e:
                if e.errno != errno.ENXIO:
                    raise
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            ranges.append((start, end))
    return ranges


def allocated(path):
    return os.stat(path).st_blocks * 512


def compare_holes(subject, copy, attempt):
    if not filecmp.cmp(subject, copy, shallow=False):
        return "no"
    if data_ranges(copy) == data_ranges(subject):
        return "yes"
    return "filled" if allocated(copy) >= os.stat(copy).st_size else "in part"


def compare_preallocated(subject, copy, attempt):
    if not filecmp.cmp(subject, copy, shallow=False):
        return "no"
    if data_ranges(copy) != data_ranges(subject):
        return "as zeros"
    return "yes" if allocated(copy) >= allocated(subject) else "as a hole"


CAP_NET_BIND_SERVICE = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)  # VFS_CAP_REVISION_2, effective


def acl(user):
    """POSIX_ACL_XATTR_VERSION; tag, permissions and id of owner, a user, group, mask and others."""
    nobody = 0xFFFFFFFF
    entries = [(0x01, 7, nobody), (0x02, 6, user), (0x04, 5, nobody), (0x10, 7, nobody), (0x20, 5, nobody)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


GET_FLAGS, SET_FLAGS = 0x80086601, 0x40086602
IMMUTABLE, APPEND_ONLY, NO_COW = 0x10, 0x20, 0x800000


def flags(path, added=0):
    with open(path, "rb") as file:
        current = struct.unpack("=i4x", fcntl.ioctl(file, GET_FLAGS, bytes(8)))[0]
        if added:
            fcntl.ioctl(file, SET_FLAGS, struct.pack("=i4x", current | added))
    return current


def immutable(subject):
    flags(subject, added=IMMUTABLE)


def append_only(subject):
    flags(subject, added=APPEND_ONLY)


def make_nodatacow(subject):
    """As it must be: the flag first, for btrfs ignores it on a file that has data."""
    subject.touch()
    flags(subject, added=NO_COW)
    a_file(subject)


def compare_flag(flag, key):
    def compare(subject, copy, attempt):
        return "yes" if flags(copy) & flag else "noted" if key in attempt.noted else "no"

    return compare


def make_subvolume(subject):
    subprocess.run(["btrfs", "-q", "subvolume", "create", subject], check=True)
    a_file(subject / "file")


def make_snapshot(subject):
    origin = subject.parent.with_suffix(".origin")
    make_subvolume(origin)
    subprocess.run(["btrfs", "-q", "subvolume", "snapshot", "-r", origin, subject], check=True)


def make_mount(subject):
    image = subject.parent.with_suffix(".ext4")
    with open(image, "wb") as file:
        file.truncate(8 * MIB)
    subject.mkdir()
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, subject], check=True)
    a_file(subject / "file")


def compare_below(subject, copy, attempt):
    if (copy / "file").exists():
        return "yes" if content(copy / "file") == content(subject / "file") else "no"
    return "empty folder" + attempt.named


CHANGING_SIZE = 128 * MIB


def change(subject, stop):
    """Counts in the first and in the last block, on the disk: at any moment they are equal, or the first is one ahead."""
    with open(subject, "r+b", buffering=0) as file:
        number = 0
        while not stop.is_set():
            number += 1
            for place in (0, CHANGING_SIZE - 8):
                os.pwrite(file.fileno(), struct.pack("<Q", number), place)
                os.fsync(file.fileno())


def make_changing(subject):
    a_file(subject, CHANGING_SIZE)
    with open(subject, "r+b", buffering=0) as file:
        for place in (0, CHANGING_SIZE - 8):
            os.pwrite(file.fileno(), bytes(8), place)
        os.fsync(file.fileno())


def compare_changing(subject, copy, attempt):
    data = copy.read_bytes()
    if len(data) != CHANGING_SIZE:
        return "torn" + attempt.named
    ahead = struct.unpack("<Q", data[:8])[0] - struct.unpack("<Q", data[-8:])[0]
    return "as of one moment" if ahead in (0, 1) else "torn" + attempt.named


def make_unreadable(subject):
    """Changes a block of the file in the filesystem's image, so that its checksum doesn't hold."""
    a_file(subject, MIB)
    with open(subject, "rb") as file:
        os.fsync(file.fileno())
        block = os.pread(file.fileno(), 4 * KIB, MIB // 2)
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    with open(subject.parents[1].with_suffix(".image"), "r+b") as image:
        with mmap.mmap(image.fileno(), 0) as bytes_of_image:
            place = bytes_of_image.find(block)
            if place < 0 or bytes_of_image.find(block, place + 1) >= 0:
                sys.exit(f"fidelity: the data of {subject} is not in one place")
            bytes_of_image[place] ^= 0xFF
            bytes_of_image.flush()
    try:
        subject.read_bytes()
    except OSError as e:
        if e.errno == errno.EIO:
            return
    sys.exit(f"fidelity: {subject} is still readable")


def compare_unreadable(subject, copy, attempt):
    data = copy.read_bytes()
    word = "cut" if len(data) < MIB else "zeros" if bytes(4 * KIB) == data[MIB // 2 :][: 4 * KIB] else "wrong data"
    return word + attempt.named


# ----- The table -----


@dataclass
class Feature:
    title: str
    make: Callable
    compare: Callable
    name: str = "subject"
    meanwhile: Callable = None  # takes the subject and an event: runs during the backups until it is set
    show_exit: bool = False  # also where it is 0


FEATURES = [
    Feature("mtime with nanoseconds", file_with(modified(1_600_000_000, 123_456_789)), modification_time),
    Feature("mtime before 1970", file_with(modified(-86_401)), modification_time),
    Feature("mtime before 1970 with nanoseconds", file_with(modified(-86_401, 123_456_789)), modification_time),
    Feature("mtime after 2038", file_with(modified(2**31 + 5)), modification_time),
    Feature("mtime after 2242", file_with(modified(2**33 + 5)), modification_time),
    Feature("mtime of a folder", file_with(modified(1_500_000_000, 5), made=a_full_folder), modification_time),
    Feature("mtime of a symbolic link", file_with(modified(1_500_000_000, 5), made=a_link), modification_time),
    Feature("owner of a symbolic link", file_with(owned(1234, 5678), made=a_link), same(owner)),
    Feature("uid 2^31 + 5, gid 2^32 − 2", file_with(owned(2**31 + 5, 2**32 - 2)), same(owner)),
    Feature("set-uid, set-gid, sticky", make_modes, same(modes)),
    Feature("hard links", make_links("a", "b"), same(link_groups)),
    Feature("hard links across folders", make_links("a/x", "b/y"), same(link_groups)),
    Feature("symbolic link of 4095 bytes", lambda s: s.symlink_to("x" * 4095), same(os.readlink)),
    Feature("name that isn't UTF-8", a_file, same(content), name="subject \udce9\udcff"),
    Feature("name with a newline", a_file, same(content), name="subject\nand more"),
    Feature("name of 255 bytes", a_file, same(content), name="subject".ljust(255, "x")),
    Feature("path longer than 4096 bytes", make_deep, compare_deep),
    Feature("holes", make_holes, compare_holes),
    Feature("file that is one hole", make_hole, compare_holes),
    Feature("preallocation", make_preallocated, compare_preallocated),
    attribute_of("`user.*` attribute", "user.x", b"a\n\0\xff"),
    attribute_of("`trusted.*` attribute", "trusted.x", b"a"),
    attribute_of("`security.*` attribute", "security.x", b"a"),
    attribute_of("`trusted.*` attribute of a symbolic link", "trusted.x", b"a", made=a_link),
    attribute_of("attribute with `=` in its name", "user.x=y", b"a"),
    attribute_of("file capability", "security.capability", CAP_NET_BIND_SERVICE),
    attribute_of("POSIX ACL", "system.posix_acl_access", acl(1234)),
    attribute_of("default ACL", "system.posix_acl_default", acl(1234), made=pathlib.Path.mkdir),
    attribute_of("ACL for uid 2^31 + 5", "system.posix_acl_access", acl(2**31 + 5)),
    Feature("fifo", os.mkfifo, same(kind)),
    Feature("character device", lambda s: os.mknod(s, stat.S_IFCHR | 0o600, os.makedev(1, 3)), same(node)),
    Feature("block device", lambda s: os.mknod(s, stat.S_IFBLK | 0o600, os.makedev(259, 300_000)), same(node)),
    Feature("socket", lambda s: os.mknod(s, stat.S_IFSOCK | 0o600), same(kind)),
    Feature("empty folder", pathlib.Path.mkdir, same(lambda path: (kind(path), os.listdir(path)))),
    Feature("immutable flag", file_with(immutable), compare_flag(IMMUTABLE, "immutable")),
    Feature("append-only flag", file_with(append_only), compare_flag(APPEND_ONLY, "appendOnly")),
    Feature("nodatacow flag", make_nodatacow, compare_flag(NO_COW, "noCow")),
    attribute_of("btrfs's compression property", "btrfs.compression", b"zstd"),
    Feature("what is in a nested subvolume", make_subvolume, compare_below),
    Feature("what is in a read-only snapshot below", make_snapshot, compare_below),
    Feature("what is in an ext4 mounted below", make_mount, compare_below),
    Feature("a file written to meanwhile", make_changing, compare_changing, meanwhile=change, show_exit=True),
    Feature("a file with an unreadable block", make_unreadable, compare_unreadable, show_exit=True),
]


@contextlib.contextmanager
def running(meanwhile, subject):
    stop, before = threading.Event(), os.stat(subject).st_mtime_ns
    thread = threading.Thread(target=meanwhile, args=(subject, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if os.stat(subject).st_mtime_ns == before:
        sys.exit(f"fidelity: nothing was written to {subject}")


def measure(lab, number, feature, explain):
    """The table's row; in `explain` what was said where the feature isn't preserved."""
    name = f"case-{number}"
    tree = lab.source / name
    subject = tree / feature.name
    tree.mkdir()
    feature.make(subject)
    os.sync()
    cells = []
    for program in PROGRAMS:
        with running(feature.meanwhile, subject) if feature.meanwhile else contextlib.nullcontext():
            attempt = lab.attempt(program, name, tree, subject)
        restored = os.path.lexists(attempt.copy)
        word = feature.compare(subject, attempt.copy, attempt) if restored else attempt.absent()
        status = attempt.exit or ("exit 0" if feature.show_exit else "")
        cells.append(", ".join(filter(None, (word, status))))
        if cells[-1] != "yes":
            explain.append(f"{feature.title}, {program.name}: {cells[-1]}\n{textwrap.indent(attempt.log, '    ')}")
    return [feature.title, *cells]


LEGEND = f"""
On Linux {os.uname().release.split("-")[0]}, from btrfs to btrfs, as root. *Named*: the program's output names the file.
*Exit*: its exit status, where that isn't 0; in the last two rows always. *No backup*: the run failed and stored nothing.
*Noted*: in the index, not in the archive. plasma-agent reads its own snapshot (strategy `{STRATEGY}`), the others read
the live folder. With these commands:

"""


def footnotes(lab):
    values = "ARCHIVE", "CONFIGURATION", "NAME", "TREE"
    shown = {value: value for value in values} | {"AGENT": "plasma-agent", "RELATIVE": "TREE"}
    for program in PROGRAMS:
        version = re.search(r"\d+\.\S+", lab.run(program.version)[1].splitlines()[1])[0]
        commands = (f"`{command.format(**shown)}`" for command in (program.backup, program.restore))
        yield f"- {program.name} {version}: {', '.join(commands)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="an empty folder; the caller removes it")
    parser.add_argument("--agent", required=True, help="plasma-agent")
    parser.add_argument("--update", action="store_true", help="put the table into README.md")
    parser.add_argument("--explain", nargs="*", metavar="WORD", help="only features with this in the title")
    arguments = parser.parse_args()
    os.umask(0o022)

    lab = Lab(arguments.work.resolve(), arguments.agent)
    for program in PROGRAMS:
        lab.prepare(program)
    explain = []
    rows = [["", *(program.name for program in PROGRAMS)], ["---"] * (len(PROGRAMS) + 1)]
    for number, feature in enumerate(FEATURES):
        if not arguments.explain or any(word in feature.title for word in arguments.explain):
            print(f"fidelity: {feature.title}", file=sys.stderr)
            rows.append(measure(lab, number, feature, explain))
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows) + LEGEND + "\n".join(footnotes(lab)) + "\n"
    if arguments.update:
        before, rest = README.read_text().split(START)
        README.write_text(before + START + table + END + rest.split(END)[1])
    else:
        print(table, end="")
    if arguments.explain is not None:
        print("\n" + "\n".join(explain), end="")


if __name__ == "__main__":
    main()
