#!/usr/bin/env python3
"""Measures plasma-restore next to GNU tar and sha256sum, as bench.py does plasma-agent, and writes the figures as JSON.

Started by scripts/bench --restore, in namespaces of its own. All is on one btrfs: the source, its archives, and what is made
of them. Before each run what the last one has made is gone; in the first round all of it is compared with the archive.
"""

import argparse
import json
import os
import pathlib
import sys
import time
from dataclasses import dataclass

import describe
import lab
import sources
from bench import progress
from works import Program, Rival, Work, mebibytes

MIB = 1 << 20
METADATA = "--numeric-owner --acls --xattrs --xattrs-include='*' --warning=no-unknown-keyword"
ONE_LARGE = 1024  # MiB of each large file in the archive that one small file is taken from
LARGE = ("huge", "million")


@dataclass(frozen=True)
class Sizes:
    tree: int  # MiB
    big: int  # MiB
    huge: int  # files of ONE_LARGE
    files: int
    million: int  # members of the archive in which one is looked for
    rounds: int


QUICK = Sizes(256, 512, 4, 2_000, 100_000, 3)
FULL = Sizes(1024, 2048, 20, 20_000, 1_000_000, 5)

EXTRACT = Program("plasma-restore extract", '"$RESTORE" extract "$NAME" --from "$STORE" --to "$TARGET"')
TAR = Program("tar xf", f'mkdir "$TARGET" && tar -xpf "$ARCHIVE" -C "$TARGET" {METADATA}')
TAR_ZSTD = Program("tar --zstd xf", f'mkdir "$TARGET" && tar --zstd -xpf "$ARCHIVE" -C "$TARGET" {METADATA}')
VERIFY = Program("plasma-restore verify", '"$RESTORE" verify "$NAME" --from "$STORE"')
SHA256SUM = Program("sha256sum", 'sha256sum "$ARCHIVE"')
ONE = Program(
    "plasma-restore extract PATH over SSH",
    '"$RESTORE" extract "$NAME" "$ONE" --config "$CONFIGURATION" --to "$TARGET"',
)
FIND = Program("plasma-restore find over SSH", '"$RESTORE" find "$NAME" file-77 --config "$CONFIGURATION"')
LIST = Program("plasma-restore ls over SSH", '"$RESTORE" ls "$NAME" "$SOURCE/copy-3/0007" --config "$CONFIGURATION"')


def works(sizes):
    titles = {"tree": f"{mebibytes(sizes.tree)} of /usr", "big": f"one incompressible file of {mebibytes(sizes.big)}"}
    for source, title in titles.items():
        for compression, rival in (("none", TAR), ("zstd", TAR_ZSTD)):
            packed = ".tar" if compression == "none" else ".tar.zst"
            for cold in (True, False):
                state = "cold" if cold else "warm"
                common = {"source": source, "cold": cold, "compression": compression}
                key = f"{source}-{compression}-{state}"
                yield Work(f"extract-{key}", f"extract {title}, {packed}, {state}", (Rival(rival, faster=1),), ours=EXTRACT, **common)
                yield Work(f"verify-{key}", f"verify {title}, {packed}, {state}", (Rival(SHA256SUM, faster=1),), ours=VERIFY, **common)
    yield Work(
        "single",
        f"one small file of an archive of {sizes.huge * ONE_LARGE // 1024} GiB, over loopback SSH",
        (),
        source="huge",
        cold=False,
        ours=ONE,
    )
    for key, program, what in (("find", FIND, "a name"), ("ls", LIST, "one folder's members")):
        title = f"{what} among {sizes.million:,} members, over loopback SSH"
        yield Work(key, title, (), source="million", cold=False, ours=program)


def huge(folder, count, files):
    """Large files that share one's blocks, and small ones before and behind them."""
    before, behind = folder / "a", folder / "z"
    for small in (before, behind):
        small.mkdir()
        sources.small_files(small, files // 2)
    first = folder / "large-00"
    lab.run("dd", "if=/dev/zero", f"of={first}", "bs=1M", f"count={ONE_LARGE}", "status=none")
    lab.run("sync", first)
    for number in range(1, count):
        lab.run("cp", "--reflink=always", first, folder / f"large-{number:02}")


def million(folder, count):
    """Small files, a few times."""
    sources.copies(folder, 5, lambda first: sources.small_files(first, count // 5))


class Restores:
    def __init__(self, work, home, java):
        self.work, self.home, self.java = work, home, java
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        lab.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        lab.run("ip", "link", "set", "lo", "up")
        self.keys = lab.Keys(work)
        self.server = lab.Server(work, self.keys)
        self.nothing = work / "nothing"
        self.nothing.mkdir()
        self.sources, self.archives, self.configurations = {}, {}, {}

    def make(self, sizes, rows):
        self.filesystem = lab.Filesystem(self.work, (sizes.tree * 6 + sizes.big * 6 + 8192) * MIB)
        self.target = self.filesystem.root / "target"
        makers = {
            "tree": lambda folder: sources.usr(folder, sizes.tree),
            "big": lambda folder: sources.incompressible(folder, sizes.big),
            "huge": lambda folder: huge(folder, sizes.huge, sizes.files),
            "million": lambda folder: million(folder, sizes.million),
        }
        for source in sorted({row.source for row in rows}):
            progress(f"making what is restored: {source}")
            folder = self.filesystem.subvolume(source) / "data"
            folder.mkdir()
            makers[source](folder)
            self.sources[source] = folder
            for compression in sorted({row.compression for row in rows if row.source == source}):
                self.back_up(source, compression)
        self.filesystem.settle()

    def back_up(self, source, compression):
        store = self.filesystem.root / f"store-{source}-{compression}"
        store.mkdir()
        values = {
            "folders": [str(self.sources[source])],
            "strategy": "btrfs-snapshot",
            "compression": compression,
            "remoteFolder": str(store),
            # Only what takes 20 GiB, or of which nothing but the index is read, shares the source's blocks: else nothing would have
            # been read, and have a digest.
            "options": {"stateFolder": str(self.work / "state"), "reflink": "auto" if source in LARGE else "never", "changeDetection": "full"},
        }
        self.configure("agent", values)
        lab.run(f"{self.home}/target/plasma/bin/plasma-agent", "--config", self.work / "agent.conf", env=self.environment())
        (self.archives[source, compression],) = [path for path in store.glob("*.tar*") if path.suffix in (".tar", ".zst")]
        values["ssh"] = {
            "host": lab.LOOPBACK,
            "login": "root",
            "identityFile": str(self.keys.client),
            "knownHostsFile": str(self.keys.known_hosts),
        }
        self.configurations[source, compression] = values

    def configure(self, name, values):
        file = self.work / f"{name}.conf"
        file.write_text(json.dumps(values))
        file.chmod(0o600)

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.work), "LC_ALL": "C.UTF-8", "PLASMA_JAVA_HOME": self.java}

    def of_row(self, row):
        archive = self.archives[row.source, row.compression]
        self.configure("restore", self.configurations[row.source, row.compression])
        return self.environment() | {
            "RESTORE": f"{self.home}/target/plasma/bin/plasma-restore",
            "CONFIGURATION": str(self.work / "restore.conf"),
            "ARCHIVE": str(archive),
            "NAME": archive.name,
            "STORE": str(archive.parent),
            "TARGET": str(self.target),
            "SOURCE": str(self.sources[row.source]),
            "ONE": str(self.sources[row.source] / "z/0000/file-7"),
        }

    def compare(self, row, rounds):
        programs = [row.ours, *(rival.program for rival in row.rivals)]
        runs = []
        for number in range(rounds):
            turn = number % len(programs)
            for program in programs[turn:] + programs[:turn]:
                figures = self.measure(row, program, thorough=number == 0)
                progress(f"{row.key}: {program.name}: {figures['seconds']:.2f} s")
                runs.append({"work": row.key, "program": program.name, "round": number, **figures})
        return runs

    def measure(self, row, program, thorough):
        lab.run("rm", "-rf", self.target)
        self.filesystem.settle()
        environment = self.of_row(row)
        archive = environment["ARCHIVE"]
        command = ["bash", "-euo", "pipefail", "-c", program.command]
        with self.server.running() as usage:
            if row.cold:
                lab.drop_caches()
            elif row.source not in LARGE:
                # Of the large one, nobody has read anything; there only the program is in the page cache.
                lab.run("bash", "-euc", 'cat "$0" >/dev/null', archive)
            before = lab.moved()
            figures, _ = lab.measure(command, environment, self.work, self.nothing)
            figures["moved"] = lab.moved() - before
            start = time.monotonic()
            self.filesystem.settle()
            figures["synced"] = figures["seconds"] + time.monotonic() - start
        if thorough and self.target.exists():
            self.check(row, archive)
        return figures | usage

    def check(self, row, archive):
        """A fast wrong restore is a failure: of content, owners, permissions and times tar itself is the judge."""
        unpack = "zstd -dcq" if archive.endswith(".zst") else "cat"
        if row.source == "huge":
            lab.run("cmp", self.sources["huge"] / "z/0000/file-7", self.target / str(self.sources["huge"])[1:] / "z/0000/file-7")
            return
        compare = f'{unpack} "$0" | tar -C "$1" --numeric-owner --warning=no-unknown-keyword -df -'
        lab.run("bash", "-euo", "pipefail", "-c", compare, archive, self.target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="an empty folder; the caller removes it")
    parser.add_argument("--java", required=True, metavar="HOME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", metavar="WORD", help="rows with this in their names")
    arguments = parser.parse_args()
    os.umask(0o022)
    start = time.monotonic()
    home = pathlib.Path(__file__).resolve().parent.parent
    sizes = QUICK if arguments.quick else FULL
    rows = [row for row in works(sizes) if arguments.only in row.key]
    if not rows:
        sys.exit(f"bench: no row has {arguments.only} in its name")
    restores = Restores(arguments.work.resolve(), home, arguments.java)
    restores.make(sizes, rows)
    runs = [run for row in rows for run in restores.compare(row, sizes.rounds)]
    described = [
        {"key": row.key, "title": row.title, "ours": row.ours.name}
        | {"rivals": [{**vars(rival), "program": rival.program.name} for rival in row.rivals]}
        for row in rows
    ]
    result = {
        "machine": describe.machine(arguments.java),
        "sources": {name: sources.facts(folder) for name, folder in restores.sources.items()},
        "quick": arguments.quick,
        "whole": not arguments.quick and not arguments.only,
        "rounds": sizes.rounds,
        "minutes": round((time.monotonic() - start) / 60, 1),
        "works": described,
        "runs": runs,
    }
    results = home / "target/bench"
    results.mkdir(exist_ok=True)
    (results / "restore.json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
