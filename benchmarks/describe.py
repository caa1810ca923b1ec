#!/usr/bin/env python3
"""Writes what the figures were measured on, the machine and the tree, as JSON."""

import argparse
import json
import os
import platform
import subprocess


def first_line(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return names[0] if names else platform.machine()


def java_version(home):
    with open(os.path.join(home, "release")) as release:
        values = dict(line.rstrip("\n").split("=", 1) for line in release if "=" in line)
    return f'{values["JAVA_VERSION"]} ({values.get("IMPLEMENTOR", "unknown")})'.replace('"', "")


def tree_facts(tree):
    entries, size = 1, 0
    for folder, folders, files in os.walk(os.fsencode(tree)):
        entries += len(folders) + len(files)
        for name in files:
            status = os.lstat(os.path.join(folder, name))
            size += 0 if os.path.islink(os.path.join(folder, name)) else status.st_size
    return {"entries": entries, "bytes": size}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", required=True)
    parser.add_argument("--java", required=True, metavar="HOME")
    parser.add_argument("--json", required=True, metavar="FILE")
    arguments = parser.parse_args()
    with open(arguments.json, "w") as file:
        json.dump(
            {
                "cpu": processor(),
                "cores": os.cpu_count(),
                "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
                "kernel": platform.release(),
                "java": java_version(arguments.java),
                "tar": first_line("tar", "--version"),
                "btrfs": first_line("btrfs", "--version"),
                "tree": tree_facts(arguments.tree),
            },
            file,
            indent=2,
        )


main()
