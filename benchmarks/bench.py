#!/usr/bin/env python3
"""Measures plasma-agent next to its peers, as whole processes, in turn, and writes the figures of each run as JSON.

Started by scripts/bench, in namespaces of its own. Each round runs all programs of a row once, in an order that changes from
round to round, so that what else the machine does hits all alike. Before each run the last one's archive is gone, and what
was deleted cleaned up. What is stored is compared with the source: by its digest in every round, in the first one by content;
by content in every round where blocks are shared, as nobody knows a digest then.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import describe
import lab
import sources
from works import works

MIB = 1 << 20
TREE_OF_JMH = 512
STORED = re.compile(
    r"^stored (\S+) in .*: ([\d,]+) entries, ([\d,]+) bytes.* (?:sha256 ([0-9a-f]{64})|not read: no sha256)$", re.MULTILINE
)
SNAPSHOTS = "SnapshotCreation.*WithDelete"


@dataclass(frozen=True)
class Sizes:
    tree: int  # MiB
    line: int  # MiB
    big: int  # MiB
    files: int
    rounds: int
    jmh: tuple  # arguments


QUICK = Sizes(256, 128, 512, 20_000, 3, ("-f", "1", "-wi", "3", "-i", "5"))
FULL = Sizes(3072, 1024, 4096, 200_000, 5, ("-f", "2", "-wi", "3", "-i", "10"))


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, work, home, java):
        self.work, self.home, self.java = work, home, java
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        lab.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        lab.run("ip", "link", "set", "lo", "up")
        self.keys = lab.Keys(work)
        self.server = lab.Server(work, self.keys)
        self.sources = {}

    # What is measured on

    def make_filesystem(self, mebibytes):
        self.filesystem = lab.Filesystem(self.work, mebibytes * MIB)
        self.archives = self.filesystem.subvolume("archives")
        self.disk, self.memory = self.work / "store", self.work / "memory"
        for folder in (self.disk, self.memory):
            folder.mkdir()
        lab.run("mount", "-t", "tmpfs", "tmpfs", self.memory)

    def make_source(self, name, make, amount):
        """In a folder of its subvolume, whose own times change when snapshots are made there."""
        progress(f"making what is backed up: {name}")
        folder = self.filesystem.subvolume(name) / "data"
        folder.mkdir()
        make(folder, amount)
        lab.run("btrfs", "subvolume", "snapshot", "-r", folder.parent, self.filesystem.root / f"{name}-snapshot")
        self.sources[name] = folder

    def make_sources(self, sizes, wanted):
        self.make_filesystem(sizes.tree * 4 + sizes.line * 2 + sizes.big + 4096)
        self.total = sizes.big
        self.zeros = hashlib.sha256()
        for _ in range(sizes.big):
            self.zeros.update(bytes(MIB))
        makers = {
            "tree": (sources.usr, sizes.tree),
            "line": (sources.usr, sizes.line),
            "big": (sources.incompressible, sizes.big),
            "small": (sources.small_files, sizes.files),
        }
        for name in sorted(wanted & makers.keys()):
            self.make_source(name, *makers[name])
        self.filesystem.settle()

    # One row of the table

    def compare(self, work, rounds):
        programs = [work.ours, *(rival.program for rival in work.rivals)]
        line = contextlib.nullcontext() if work.milliseconds is None else lab.line(work.milliseconds)
        if not work.cold:
            sources.read(self.sources[work.source])
        runs = []
        with line:
            for number in range(rounds):
                turn = number % len(programs)
                for program in programs[turn:] + programs[:turn]:
                    figures = self.measure(work, program, thorough=number == 0)
                    progress(f"{work.key}: {program.name}: {figures['seconds']:.2f} s")
                    runs.append({"work": work.key, "program": program.name, "round": number, **figures})
        return runs

    def measure(self, work, program, thorough):
        store = self.archives if work.local else self.disk if work.source else self.memory
        environment = self.environment(work, store)
        for entry in store.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        lab.run("bash", "-euc", program.prepare, env=environment)
        self.filesystem.settle()
        used = self.filesystem.used()
        command = ["bash", "-euo", "pipefail", "-c", self.preamble() + program.command]
        if work.milliseconds is not None:
            command = lab.in_client_namespace(command)
        with self.server.running(*work.sshd, *program.sshd) as usage:
            if work.cold:
                lab.drop_caches()
            figures, said = lab.measure(command, environment, self.work, store)
        self.filesystem.settle()
        if work.local:
            figures["space"] = self.filesystem.used() - used
        figures["stored"] = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
        self.check(work, program, store, said, thorough)
        return figures | usage

    def preamble(self):
        """Arrays are no environment variables."""
        return f"TRANSPORT=({' '.join(map(json.dumps, self.transport()))})\n"

    def transport(self):
        """As the launcher of plasma-agent would start it: the archive of classes is good for a longer class path, too."""
        lib = f"{self.home}/target/plasma/bin/../lib"
        jars = pathlib.Path(lib, "classpath").read_text().split()
        classes = [f"{lib}/{jar}" for jar in jars] + [f"{self.home}/benchmarks/target/classes"]
        caches = [f"-XX:AOTCache={path}" for path in pathlib.Path(lib).glob("plasma-*.aot")]
        return [
            f"{self.java}/bin/java",
            *caches,
            "--enable-native-access=ALL-UNNAMED",
            f"-Djava.library.path={lib}",
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            "-cp",
            ":".join(classes),
            "io.plasmabackup.benchmarks.TransportMain",
        ]

    def environment(self, work, store):
        source = self.sources.get(work.source, "")
        server = lab.LOOPBACK if work.milliseconds is None else lab.LINE
        configuration = self.work / "plasma-agent.conf"
        values = {
            "folders": [str(source)],
            # A new snapshot's files are never in the page cache, even if those of the folder are.
            "strategy": "btrfs-snapshot" if work.cold else "tar",
            "compression": work.compression,
            "remoteFolder": str(store),
            "options": {"stateFolder": str(self.work / "state"), "changeDetection": "full"},
        }
        if not work.local:
            values["ssh"] = {
                "host": server,
                "login": "root",
                "identityFile": str(self.keys.client),
                "knownHostsFile": str(self.keys.known_hosts),
            }
        configuration.write_text(json.dumps(values))
        configuration.chmod(0o600)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "LC_ALL": "C.UTF-8",
            "PLASMA_JAVA_HOME": self.java,
            "AGENT": f"{self.home}/target/plasma/bin/plasma-agent",
            "CONFIGURATION": str(configuration),
            "SSH": f"ssh -F {self.keys.ssh_config}",
            "SERVER": server,
            "KEY": str(self.keys.client),
            "KNOWN_HOSTS": str(self.keys.known_hosts),
            "SOURCE": str(source),
            "SNAPSHOT": str(self.filesystem.root / f"{work.source}-snapshot"),
            "STORE": str(store),
            "TOTAL": str(self.total),
            "ZEROS_SHA256": self.zeros.hexdigest(),
            "BORG_BASE_DIR": str(self.work / "borg"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "RESTIC_CACHE_DIR": str(self.work / "restic"),
            "RESTIC_PASSWORD": "of a repository that is gone in a minute",
        }

    # A fast wrong archive is a failure

    def check(self, work, program, store, said, thorough):
        if not work.source:
            self.require(digest(store / "file") == self.zeros.hexdigest(), work, program, "stored something else", said)
            return
        unpack = program.unpack
        archives = sorted(path for path in store.glob("*.tar*") if path.suffix in (".tar", ".zst"))
        if unpack == "ours":
            unpack = "zstd -dcq \"$1\"" if archives and archives[0].suffix == ".zst" else 'cat "$1"'
            reported = STORED.search(said)
            self.require(reported and archives == [store / reported[1]], work, program, "is not what is there", said)
            size = int(reported[3].replace(",", ""))
            stored = archives[0]
            same = stored.stat().st_size == size and reported[4] in (None, digest(stored))
            self.require(same, work, program, "is not what the server has", said)
            self.require(reported[4] or work.local, work, program, "has no digest", said)
            thorough = thorough or not reported[4]
        if thorough and unpack:
            self.require(len(archives) == 1, work, program, "stored no archive", said)
            self.compare_content(unpack, archives[0], self.sources[work.source])

    @staticmethod
    def compare_content(unpack, archive, source):
        """Each member with the file, and that no file is missing."""
        compare = f"{unpack} | tar -C / --numeric-owner --warning=no-unknown-keyword"
        lab.run("bash", "-euo", "pipefail", "-c", f"{compare} -df -", "bash", archive)
        members = lab.run("bash", "-euo", "pipefail", "-c", f"{compare} -tf - | wc -l", "bash", archive)
        entries = lab.run("bash", "-euo", "pipefail", "-c", 'find "$1" -printf "\\n" | wc -l', "bash", source)
        if members != entries:
            sys.exit(f"bench: {archive} has {members.strip()} members of {entries.strip()}")

    @staticmethod
    def require(condition, work, program, problem, said):
        if not condition:
            sys.exit(f"bench: {work.key}: {program.name}: what it says it stored {problem}:\n{said}")

    # What JMH measures

    def jmh(self, json_file, *arguments):
        output, subvolumes = self.work / "output", self.filesystem.root / "subvolumes"
        for folder in (output, subvolumes):
            folder.mkdir(exist_ok=True)
        properties = {
            "subvolumes": subvolumes,
            "output": output,
            "server": self.memory,
            "key": self.keys.client,
            "knownHosts": self.keys.known_hosts,
        }
        if "tree" in self.sources:
            properties["tree"] = self.sources["tree"].parent
            properties["snapshot"] = self.filesystem.root / "tree-snapshot"
        options = [f"-Dplasma.bench.{name}={value}" for name, value in properties.items()]
        classes = f"{self.home}/benchmarks/target/classes:" + (self.home / "benchmarks/target/classpath").read_text().strip()
        command = [f"{self.java}/bin/java", "-cp", classes, "org.openjdk.jmh.Main", "-jvmArgsAppend"]
        command += [" ".join(["--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", *options])]
        command += ["-prof", "gc", "-rf", "json", "-rff", json_file, *arguments]
        with self.server.running():
            # What is for the report goes to standard output.
            if subprocess.call(command, stdin=subprocess.DEVNULL, stdout=sys.stderr) != 0:
                sys.exit("bench: JMH failed")


def openssl_speed(algorithm, bytes):
    """Bytes in a second that one thread of OpenSSL gets through, in pieces of that size."""
    said = lab.run("openssl", "speed", "-mr", "-seconds", "3", "-bytes", str(bytes), "-evp", algorithm)
    return float(said.splitlines()[-1].rsplit(":", 1)[1])


def digest(file):
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="an empty folder; the caller removes it")
    parser.add_argument("--java", required=True, metavar="HOME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", metavar="WORD", help="rows with this in their names")
    parser.add_argument("--jmh", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="JMH alone")
    arguments = parser.parse_args()
    os.umask(0o022)
    start = time.monotonic()
    home = pathlib.Path(__file__).resolve().parent.parent
    results = home / "target/bench"
    results.mkdir(exist_ok=True)
    bench = Bench(arguments.work.resolve(), home, arguments.java)

    if arguments.jmh is not None:
        bench.make_filesystem(TREE_OF_JMH * 4)
        bench.make_source("tree", sources.usr, TREE_OF_JMH)
        bench.jmh(results / "jmh.json", *arguments.jmh)
        facts = {
            "tree": sources.facts(bench.sources["tree"]),
            "machine": describe.machine(arguments.java),
            "minutes": round((time.monotonic() - start) / 60, 1),
            # As benchmarks/Ciphers.java does it: a segment, and packets.
            "openssl": {"sha256": openssl_speed("sha256", 8 * MIB), "aes-128-gcm": openssl_speed("aes-128-gcm", 32 << 10)},
        }
        (results / "jmh-machine.json").write_text(json.dumps(facts, indent=1))
        return

    sizes = QUICK if arguments.quick else FULL
    (results / "snapshots.json").unlink(missing_ok=True)
    lines = lab.make_client_namespace()
    rows = [work for work in works(sizes) if arguments.only in work.key and (lines or work.milliseconds is None)]
    needed = (2 * sizes.tree + sizes.line + 2 * sizes.big + 2048) * MIB
    if shutil.disk_usage(bench.work).free < needed:
        sys.exit(f"bench: needs {needed >> 30} GiB free in {bench.work.parent}; TMPDIR says where that is")
    bench.make_sources(sizes, {work.source for work in rows})
    runs = [run for work in rows for run in bench.compare(work, sizes.rounds)]
    if arguments.only in "snapshots":
        bench.jmh(results / "snapshots.json", *sizes.jmh, SNAPSHOTS)
    described = [
        {"key": work.key, "title": work.title, "ours": work.ours.name}
        | {"rivals": [{**vars(rival), "program": rival.program.name} for rival in work.rivals]}
        for work in rows
    ]
    result = {
        "machine": describe.machine(arguments.java),
        "sources": {name: sources.facts(folder) for name, folder in bench.sources.items()},
        "quick": arguments.quick,
        "whole": not arguments.quick and not arguments.only,
        "rounds": sizes.rounds,
        "minutes": round((time.monotonic() - start) / 60, 1),
        "works": described,
        "runs": runs,
    }
    (results / "end-to-end.json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
