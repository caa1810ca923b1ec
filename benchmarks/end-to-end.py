#!/usr/bin/env python3
"""Runs plasma-agent and GNU tar on one tree, in turn, as whole processes, and writes the times of each run as JSON.

Each round runs all of them once, in an order that changes from round to round, so that what else the machine does hits
all alike. Before each run the last one's output is gone and written back, and deleted snapshots are cleaned up.
"""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

DROP_CACHES = "/proc/sys/vm/drop_caches"


def commands(agent, tree, output, work):
    """Name -> command: what is compared."""

    def agent_command(strategy):
        configuration = os.path.join(work, f"{strategy}.conf")
        with open(configuration, "w") as file:
            json.dump({"folders": [tree], "strategy": strategy, "remoteFolder": output}, file)
        return [agent, "--config", configuration]

    def shell(script):
        # pipefail is not POSIX sh's.
        return ["bash", "-euo", "pipefail", "-c", script]

    folder, name = (shlex.quote(part) for part in os.path.split(tree))
    archive = shlex.quote(os.path.join(output, "archive.tar"))
    snapshot = shlex.quote(os.path.join(tree, "snapshot"))
    # What the agent keeps and promises: attributes, ACLs and holes; on the disk, and its content compared. Nothing compares
    # here, but the work is the same.
    complete = "--format=posix --xattrs --xattrs-include='*' --acls --sparse"
    durable = f"sync {archive}; openssl dgst -sha256 -r {archive}"
    return {
        "agent-snapshot": agent_command("btrfs-snapshot"),
        "hand-snapshot": shell(
            f"btrfs -q subvolume snapshot -r {folder}/{name} {snapshot};"
            f" tar {complete} -cf {archive} -C {snapshot} .;"
            f" btrfs -q subvolume delete {snapshot}; {durable}"
        ),
        "agent-live": agent_command("tar"),
        "hand-live": shell(f"tar {complete} -cf {archive} -C {folder} {name}; {durable}"),
        "tar-file": ["tar", "--format=posix", "-cf", os.path.join(output, "archive.tar"), "-C", *os.path.split(tree)],
        # Not to /dev/null itself: tar would notice and read no file.
        "tar-pipe": shell(f"tar --format=posix -cf - -C {folder} {name} | cat >/dev/null"),
    }


def settle(tree, output):
    for entry in os.listdir(output):
        os.unlink(os.path.join(output, entry))
    subprocess.run(["btrfs", "subvolume", "sync", tree], check=True, stdout=subprocess.DEVNULL)
    os.sync()


def drop_caches():
    with open(DROP_CACHES, "w") as file:
        file.write("3")


def run(command, work):
    """Seconds, CPU seconds with those of children, and the largest process's peak memory."""
    usage, log = os.path.join(work, "usage"), os.path.join(work, "log")
    with open(log, "wb") as file:
        start = time.monotonic()
        # GNU time and not our own getrusage: a child's peak would be at least this interpreter's.
        status = subprocess.call(
            ["time", "--quiet", "-f", "%U %S %M", "-o", usage, *command], stdout=file, stderr=subprocess.STDOUT
        )
        seconds = time.monotonic() - start
    if status != 0:
        with open(log, errors="replace") as file:
            sys.exit(f"end-to-end: {shlex.join(command)} ended with status {status}:\n{file.read()}")
    with open(usage) as file:
        user, system, kibibytes = file.read().split()
    return {"seconds": seconds, "user": float(user), "system": float(system), "peak": int(kibibytes) * 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tree", required=True, help="root of a btrfs subvolume")
    parser.add_argument("--output", required=True, help="an empty folder for archives")
    parser.add_argument("--agent", required=True)
    parser.add_argument("--json", required=True, metavar="FILE")
    arguments = parser.parse_args()
    # So that the temporary folder goes away when we are told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    runs = []
    with tempfile.TemporaryDirectory() as work:
        compared = commands(os.path.abspath(arguments.agent), arguments.tree, arguments.output, work)
        caches = ["cold", "warm"]
        if not os.access(DROP_CACHES, os.W_OK):
            print(f"end-to-end: {DROP_CACHES} cannot be written: no figures for a cold cache", file=sys.stderr)
            caches.remove("cold")
        for cache in caches:
            if cache == "warm":
                run(compared["tar-pipe"], work)
            for number in range(arguments.rounds):
                names = list(compared)
                names = names[number % len(names) :] + names[: number % len(names)]
                for name in names:
                    settle(arguments.tree, arguments.output)
                    if cache == "cold":
                        drop_caches()
                    figures = run(compared[name], work)
                    runs.append({"what": name, "cache": cache, "round": number, **figures})
                    print(f"end-to-end: {cache} {name} {figures['seconds']:.2f} s", file=sys.stderr)
        settle(arguments.tree, arguments.output)
    with open(arguments.json, "w") as file:
        json.dump(runs, file, indent=1)


main()
