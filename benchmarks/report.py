#!/usr/bin/env python3
"""Prints the figures of scripts/bench as Markdown."""

import json
import os
import statistics
import sys

END_TO_END = {
    "agent-snapshot": "`plasma-agent`, `btrfs-snapshot`",
    "hand-snapshot": "by hand: snapshot, `tar --xattrs --acls --sparse`, `sync`, SHA-256",
    "agent-live": "`plasma-agent`, `tar`",
    "hand-live": "by hand: `tar --xattrs --acls --sparse`, `sync`, SHA-256",
    "tar-file": "`tar cf FILE` alone",
    "tar-pipe": "`tar cf - \\| cat >/dev/null`",
}


def load(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path) as file:
        return json.load(file)


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def table(*titles):
    print()
    row(*titles)
    row("---", *["--:"] * (len(titles) - 1))


def end_to_end(runs, tree):
    caches = [cache for cache in ("cold", "warm") if any(run["cache"] == cache for run in runs)]
    rounds = 1 + max(run["round"] for run in runs)
    table(f"Whole process, median of {rounds}", *[f"{c}, {u}" for c in caches for u in ("s", "MB/s", "CPU s")], "peak memory")
    for what, title in END_TO_END.items():
        cells = []
        for cache in caches:
            chosen = [run for run in runs if run["what"] == what and run["cache"] == cache]
            seconds = statistics.median(run["seconds"] for run in chosen)
            processor = statistics.median(run["user"] + run["system"] for run in chosen)
            cells += [f"{seconds:.1f}", f"{tree['bytes'] / seconds / 1e6:.0f}", f"{processor:.1f}"]
        peak = max(run["peak"] for run in runs if run["what"] == what)
        row(title, *cells, f"{peak / 2**20:.0f} MiB")


def milliseconds(result):
    metric = result["primaryMetric"]
    scale = {"ms/op": 1, "us/op": 1e-3}[metric["scoreUnit"]]
    return median(metric) * scale


def median(metric):
    # Of all iterations of all forks: as robust against a busy machine as it gets.
    return statistics.median(score for fork in metric["rawData"] for score in fork)


def jmh(results, tree):
    found = {}
    for result in results:
        name = result["benchmark"].removeprefix("io.plasmabackup.benchmarks.")
        found[name, result.get("params", {}).get("count")] = result

    def by_tree(title, name):
        if (name, None) in found:
            result = found[name, None]
            seconds = milliseconds(result) / 1e3
            allocated = result["secondaryMetrics"]["gc.alloc.rate.norm"]["score"]
            row(
                title,
                f"{seconds * 1e3:.0f}",
                f"{tree['bytes'] / seconds / 1e6:.0f}",
                f"{tree['entries'] / seconds:,.0f}",
                f"{allocated / (tree['bytes'] / 2**20) / 1024:.0f}",
            )

    def floor(title, name):
        if (name, None) in found:
            seconds = milliseconds(found[name, None]) / 1e3
            row(title, "", f"{8 * 2**20 / seconds / 1e6:,.0f}", "", "")

    table("In one JVM (JMH), cache warm, code compiled", "ms", "MB/s", "entries/s", "KiB allocated per MiB")
    by_tree("archive to nowhere", "TarPipeline.toNothing")
    by_tree("archive to a file, unsynced", "TarPipeline.toFile")
    by_tree("walk only", "Stages.walk")
    by_tree("headers and segment layout only", "Stages.layOut")
    by_tree("walk, headers and layout (the exact size)", "Stages.measure")
    floor("floor: SHA-256 of 8 MiB", "Floor.sha256")
    floor("floor: copy of 8 MiB", "Floor.copy")

    counts = sorted({int(count) for _, count in found if count is not None})
    if counts:
        table("Snapshots created", *[f"{count} subvolume{'s' * (count > 1)}, ms" for count in counts])
        for title, name in (("Plasma", "plasma"), ("`btrfs subvolume snapshot -r` calls", "btrfsProgs")):
            cells = [found.get((f"SnapshotCreation.{name}", str(count))) for count in counts]
            row(title, *[f"{milliseconds(cell):.1f}" if cell else "" for cell in cells])
        cells = [found.get(("SnapshotCreation.plasma", str(count))) for count in counts]
        row("Plasma, from the first to the last", *[f"{median(cell['secondaryMetrics']['skewMillis']):.1f}" if cell else "" for cell in cells])


def main():
    folder = sys.argv[1]
    machine = load(folder, "machine.json")
    tree = machine["tree"]
    print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory'] / 2**30:.0f} GiB; Linux {machine['kernel']},"
        f" {machine['btrfs']}; Java {machine['java']}; {machine['tar']}. A sample of /usr: {tree['entries']:,} entries,"
        f" {tree['bytes'] / 1e6:,.0f} MB, on btrfs (zstd:3) in a loop device; archives are written to the filesystem below it."
    )
    runs = load(folder, "end-to-end.json")
    if runs:
        end_to_end(runs, tree)
    results = load(folder, "jmh.json")
    if results:
        jmh(results, tree)


main()
