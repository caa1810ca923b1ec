#!/usr/bin/env python3
"""Measures second backups, of what has changed in part since the first one, and writes the figures as JSON.

Started by scripts/bench --changes, in namespaces of its own. The client has a btrfs and a network namespace, and the server
another btrfs; between them is a cable whose kernel counts what is sent. Each program has made a first backup. Then a round
changes some files, and all programs back up the same state, in an order that changes from round to round, each to a copy of
what it had stored in the round before.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import describe
import lab
import sources
from bench import Bench, progress
from works import TAR_ZSTD, Program, Rival

MIB, GIB = 1 << 20, 1 << 30
STORED = re.compile(r"^stored (\S+) in .*: [\d,]+ entries, ([\d,]+) bytes", re.MULTILINE)
COPIES = "what has not changed since "
HELPER = "plasma-store"
CREATED_OF_TEN, DELETED_OF_TEN = 2, 2
AGENT = "agent"


@dataclass(frozen=True)
class Sizes:
    files: int
    changed_files: int
    data: int  # bytes
    copies: int  # of which all but one share blocks
    subvolumes: int
    files_of_each: int
    rounds: int


QUICK = Sizes(20_000, 30, GIB, 2, 4, 25_000, 3)
FULL = Sizes(200_000, 300, 20 * GIB, 10, 25, 200_000, 5)


@dataclass(frozen=True)
class Backup(Program):
    """A program whose backups build upon each other: those with the same chain upon the same ones; without one on nothing."""

    chain: str = ""
    # What the server has on its PATH besides the system's programs.
    helper: str = ""


AGENT_ALONE = Backup("plasma-agent", '"$AGENT" --config "$CONFIGURATION"', chain=AGENT)
AGENT_WITH_HELPER = replace(AGENT_ALONE, name=f"plasma-agent, {HELPER} on the server", helper=HELPER)
RESTIC = Backup(
    "restic backup",
    'restic -q -o sftp.command="$SSH $SERVER -s sftp" -r "sftp:$SERVER:$STORE/restic" backup "$SOURCE"',
    prepare='rm -rf "$RESTIC_CACHE_DIR" && restic -q -r "$STORE/restic" init && rm -rf "$RESTIC_CACHE_DIR"',
    chain="restic",
)
BORG = Backup(
    "borg create",
    'borg --rsh "$SSH" create --compression zstd,1 "ssh://root@$SERVER/$STORE/borg::$ROUND" "$SOURCE"',
    prepare='rm -rf "$BORG_BASE_DIR" && borg init --encryption none "$STORE/borg" && rm -rf "$BORG_BASE_DIR"',
    chain="borg",
)
TAR = Backup(TAR_ZSTD.name, TAR_ZSTD.command, unpack=TAR_ZSTD.unpack)


@dataclass(frozen=True)
class Row:
    """Goals: seconds in all; how many times what has changed is sent; which share of the archive is sent, and takes space."""

    key: str
    title: str
    make: Callable
    change: Callable
    rivals: tuple
    # Bytes that the row takes on the disk.
    room: int
    cold: bool
    rounds: int
    goals: dict
    first: bool = False  # whether the first backup is measured, too


def rows(sizes):
    for key, where, change in (("changed-files", "here and there", change_files), ("changed-folders", "in a few folders", change_folders)):
        yield Row(
            key,
            f"{sizes.changed_files} of {sizes.files:,} files of 0 to 4 KiB changed, {where}, warm",
            make=lambda folder: sources.small_files(folder, sizes.files),
            change=lambda folder, seed, change=change: change(folder, seed, sizes.changed_files),
            rivals=(Rival(RESTIC, faster=3), Rival(BORG, faster=3), Rival(TAR, faster=20)),
            room=sizes.files * 20_000,
            cold=False,
            rounds=sizes.rounds,
            goals={"seconds": 1.5, "changed": 3},
        )
    yield Row(
        "changed-data",
        f"1 % of {sizes.data // GIB} GiB in files of 64 KiB to 64 MiB changed, cold",
        make=lambda folder: sources.copies(
            folder, sizes.copies, lambda first: sources.mixed_files(first, sizes.data // sizes.copies)
        ),
        change=lambda folder, seed: change_data(folder, seed, sizes.data // 100),
        rivals=(Rival(RESTIC), Rival(BORG)),
        room=3 * sizes.data,
        cold=True,
        rounds=sizes.rounds,
        goals={"sent share": 0.02, "space share": 0.03},
    )
    yield Row(
        "many-entries",
        f"{sizes.changed_files} of {sizes.subvolumes * sizes.files_of_each:,} files in {sizes.subvolumes} subvolumes changed",
        make=lambda folder: subvolumes(folder, sizes.subvolumes, sizes.files_of_each),
        change=lambda folder, seed: change_files(folder / "part-00", seed, sizes.changed_files),
        rivals=(),
        room=sizes.subvolumes * sizes.files_of_each * 6_000,
        cold=True,
        rounds=1,
        goals={},
        first=True,
    )


def subvolumes(folder, count, files):
    first = folder / "part-00"
    lab.run("btrfs", "subvolume", "create", first)
    sources.small_files(first, files)
    for number in range(1, count):
        lab.run("btrfs", "subvolume", "snapshot", first, folder / f"part-{number:02}")


def files_of(folder):
    return sorted(pathlib.Path(base, name) for base, _, names in os.walk(folder) for name in names)


def change_files(folder, seed, count):
    """Some small ones are rewritten, some created, some deleted. Gives what has new content."""
    randomness = random.Random(seed)
    chosen = randomness.sample(files_of(folder), count)
    created, deleted = count * CREATED_OF_TEN // 10, count * DELETED_OF_TEN // 10
    for path in chosen[:deleted]:
        path.unlink()
    changed = [path.with_name(f"new-{seed}-{path.name}") for path in chosen[deleted : deleted + created]]
    changed += chosen[deleted + created :]
    for path in changed:
        path.write_bytes(randomness.randbytes(randomness.randint(0, sources.SMALL_FILE)))
    return changed


def change_folders(folder, seed, count):
    """As change_files, half of the files of each of some folders."""
    each = sources.FILES_PER_FOLDER // 2
    folders = random.Random(seed).sample(sorted(folder.iterdir()), -(-count // each))
    return [path for few in folders for path in change_files(few, seed, count // len(folders))]


def change_data(folder, seed, bytes):
    """As change_files, until nearly so much is new."""
    randomness = random.Random(seed)
    files = files_of(folder)
    randomness.shuffle(files)
    changed = []
    deleted = created = 0
    left = bytes
    # Small files always fit: what is left is not to be filled with them alone.
    enough = bytes // 50
    for path in files:
        if left < enough:
            break
        size = path.stat().st_size
        if deleted + size <= bytes * DELETED_OF_TEN // 10:
            path.unlink()
            deleted += size
            continue
        if size > left:
            continue
        if created + size <= bytes * CREATED_OF_TEN // 10:
            path = path.with_name(f"new-{seed}-{path.name}")
            created += size
        path.write_bytes(randomness.randbytes(size))
        changed.append(path)
        left -= size
    return changed


def compressed_size(files):
    names = b"\0".join(os.fsencode(path) for path in files)
    pipeline = "tar -C / --null --verbatim-files-from --absolute-names -T - -cf - | zstd -q -1 -T2 | wc -c"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", pipeline], input=names, stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def replace_subvolume(subvolume, by):
    delete_subvolume(subvolume)
    by.rename(subvolume)


def delete_subvolume(subvolume):
    lab.run("btrfs", "subvolume", "delete", subvolume)


class Changes:
    def __init__(self, work, home, java):
        self.work, self.home, self.java = work, home, java
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        lab.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        lab.run("ip", "link", "set", "lo", "up")
        lab.make_cable()
        self.keys = lab.Keys(work)
        self.sshd = lab.Server(work, self.keys)
        # Nothing else of Plasma's is on the server: not plasma-rotate, which the agent would have start Java there, too.
        self.helpers = work / "helpers"
        self.helpers.mkdir()
        self.ours = [AGENT_ALONE]
        helper = home / "target/plasma/bin" / HELPER
        if helper.exists():
            (self.helpers / HELPER).symlink_to(helper)
            self.ours.append(AGENT_WITH_HELPER)
        self.sources = {}

    @contextlib.contextmanager
    def machines(self, row):
        """The client's files, with a first backup of each program, and the server's."""
        folder = self.work / row.key
        for name in ("client", "server"):
            (folder / name).mkdir(parents=True)
        client = lab.Filesystem(folder / "client", 2 * row.room + 4 * GIB)
        self.server = lab.Filesystem(folder / "server", 2 * row.room + 4 * GIB, "noatime")
        self.client = client
        self.store = self.server.root / "store"
        progress(f"making what is backed up: {row.key}")
        self.source = client.subvolume("source") / "data"
        self.source.mkdir()
        row.make(self.source)
        client.settle()
        yield
        self.sources[row.key] = sources.facts(self.source)
        self.server.remove()
        client.remove()

    def compare(self, row):
        programs = [*self.ours, *(rival.program for rival in row.rivals)]
        runs = []
        with self.machines(row):
            runs += self.first_backups(row, programs)
            for number in range(row.rounds):
                changed = compressed_size(row.change(self.source, number))
                self.client.settle()
                turn = number % len(programs)
                turns = programs[turn:] + programs[:turn]
                for program in turns:
                    # What the last one of a chain has stored is what all of it build upon in the next round.
                    last = [other for other in turns if other.chain == program.chain][-1] is program
                    figures = self.measure(row, program, number, thorough=number == 0, keep=last)
                    figures |= {"work": row.key, "program": program.name, "round": number, "changed": changed}
                    self.tell(row, program, figures)
                    runs.append(figures)
        return runs

    def first_backups(self, row, programs):
        runs = []
        begun = set()
        for program in programs:
            base = self.base(program)
            if program.chain in begun:
                continue
            begun.add(program.chain)
            lab.run("btrfs", "subvolume", "create", base)
            if not program.chain:
                continue
            figures = self.measure(row, program, "first", thorough=False, keep=True)
            first = f"{program.name}, first backup"
            self.tell(row, replace(program, name=first), figures)
            if row.first:
                runs.append(figures | {"work": row.key, "program": first, "round": 0})
        return runs

    def base(self, program):
        return self.server.root / (program.chain or "empty")

    @staticmethod
    def tell(row, program, figures):
        progress(f"{row.key}: {program.name}: {figures['seconds']:.2f} s, {figures['sent'] / MIB:.2f} MiB sent")

    def measure(self, row, program, number, thorough, keep):
        base = self.base(program)
        lab.run("btrfs", "subvolume", "snapshot", base, self.store)
        environment = self.environment(program) | {"ROUND": f"round-{number}"}
        if number == "first":
            lab.run("bash", "-euc", program.prepare, env=environment)
        self.settle()
        used = self.server.used()
        command = lab.in_client_namespace(["bash", "-euo", "pipefail", "-c", program.command])
        variables = f"PATH={self.helpers}:/usr/bin:/bin PLASMA_JAVA_HOME={self.java}" if program.helper else ""
        with self.sshd.running(variables=variables) as usage:
            if row.cold:
                lab.drop_caches()
            else:
                sources.read(self.source)
            before = lab.carried()
            figures, said = lab.measure(command, environment, self.work, self.store)
            figures |= {way: now - then for way, now, then in zip(("sent", "received"), lab.carried(), before)}
        self.settle()
        figures["space"] = self.server.used() - used
        if program.chain == AGENT and number != "first":
            figures |= self.check(row, said, environment, thorough)
        elif thorough and program.unpack:
            (archive,) = self.store.glob("archive.tar*")
            Bench.compare_content(program.unpack, archive, self.source)
        if keep and program.chain:
            if program.chain == AGENT:
                self.leave_newest()
            replace_subvolume(base, self.store)
        else:
            delete_subvolume(self.store)
        return figures | usage

    def settle(self):
        self.client.settle()
        self.server.settle()

    def check(self, row, said, environment, thorough):
        """A fast wrong archive is a failure, and one made as if it were the first isn't what is measured."""
        stored = STORED.search(said)
        if not stored or COPIES not in said:
            sys.exit(f"bench: {row.key}: plasma-agent has stored nothing, or would have copied nothing:\n{said}")
        archive = self.store / stored[1]
        index = archive.with_name(f"{archive.name}.index")
        size = archive.stat().st_size
        if size != int(stored[2].replace(",", "")):
            sys.exit(f"bench: {row.key}: what plasma-agent says it stored is not what the server has:\n{said}")
        if thorough:
            Bench.compare_content('zstd -dcq "$1"', archive, self.source)
            verify = '"$RESTORE" verify "$NAME" --from "$STORE" && rm "$STORE/$NAME.verified"'
            lab.run("bash", "-euc", verify, env=environment | {"NAME": archive.name})
        return {"archive": size, "index": index.stat().st_size}

    def leave_newest(self):
        newest = max((path for path in self.store.glob("*.tar.zst")), key=lambda path: path.stat().st_mtime_ns)
        for path in self.store.iterdir():
            if not path.name.startswith(newest.name):
                path.unlink()

    def environment(self, program):
        configuration = self.work / "plasma-agent.conf"
        values = {
            "folders": [str(self.source)],
            "strategy": "btrfs-snapshot",
            "compression": "zstd",
            "remoteFolder": str(self.store),
            "ssh": {
                "host": lab.LINE,
                "login": "root",
                "identityFile": str(self.keys.client),
                "knownHostsFile": str(self.keys.known_hosts),
            },
            "options": {"stateFolder": str(self.work / "state"), "changeDetection": "auto"},
        }
        configuration.write_text(json.dumps(values))
        configuration.chmod(0o600)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "LC_ALL": "C.UTF-8",
            "PLASMA_JAVA_HOME": self.java,
            "AGENT": f"{self.home}/target/plasma/bin/plasma-agent",
            "RESTORE": f"{self.home}/target/plasma/bin/plasma-restore",
            "CONFIGURATION": str(configuration),
            "SSH": f"ssh -F {self.keys.ssh_config}",
            "SERVER": lab.LINE,
            "SOURCE": str(self.source),
            "STORE": str(self.store),
            "BORG_BASE_DIR": str(self.work / "borg"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "RESTIC_CACHE_DIR": str(self.work / "restic"),
            "RESTIC_PASSWORD": "of a repository that is gone in a minute",
        }


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
    chosen = [row for row in rows(sizes) if arguments.only in row.key]
    if not chosen:
        sys.exit(f"bench: no row has {arguments.only} in its name")
    needed = max(row.room for row in chosen) + GIB
    if shutil.disk_usage(arguments.work).free < needed:
        sys.exit(f"bench: needs {needed >> 30} GiB free in {arguments.work.parent}; TMPDIR says where that is")
    changes = Changes(arguments.work.resolve(), home, arguments.java)
    runs = [run for row in chosen for run in changes.compare(row)]
    described = [
        {"key": row.key, "title": row.title, "ours": [program.name for program in changes.ours], "goals": row.goals, "first": row.first}
        | {"rivals": [{**vars(rival), "program": rival.program.name} for rival in row.rivals]}
        for row in chosen
    ]
    result = {
        "machine": describe.machine(arguments.java),
        "sources": changes.sources,
        "quick": arguments.quick,
        "whole": not arguments.quick and not arguments.only,
        "rounds": sizes.rounds,
        "minutes": round((time.monotonic() - start) / 60, 1),
        "works": described,
        "runs": runs,
    }
    results = home / "target/bench"
    results.mkdir(exist_ok=True)
    (results / "changes.json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
