#!/usr/bin/env python3
"""Prints the figures of the last run of scripts/bench as Markdown, or puts them into README.md, with a plot.

    report.py end-to-end | restore | changes | jmh | update
"""

import json
import pathlib
import statistics
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
RESULTS = HOME / "target/bench"
README, PLOT = HOME / "README.md", HOME / "docs/bench.svg"
PEAK_GOAL = 300
ESCAPED_BAR = "\\|"
SNAPSHOT_GOAL = 10
ALONE = {
    "single": "less than 1 s and 2 MiB are the goals",
    "find": "well under a second is the goal",
    "ls": "well under a second is the goal",
}


def load(name):
    return json.loads((RESULTS / name).read_text())


def table(titles, rows):
    yield from ("", line(titles), line(["---", *["--:"] * (len(titles) - 1)]), *map(line, rows))


def line(cells):
    return f"| {' | '.join(cell.replace('|', ESCAPED_BAR) for cell in cells)} |"


def machine(facts):
    programs = ", ".join(f"{name} {version}" for name, version in facts["programs"].items())
    return (
        f"{facts['cores']} cores of {facts['cpu']}, {facts['memory'] / 2**30:.0f} GiB; {facts['system']}, Linux"
        f" {facts['kernel'].split('-')[0]}, Java {facts['java']}; {programs}."
    )


# ----- Whole processes -----


class Pair:
    """plasma-agent and one rival in the same rounds."""

    def __init__(self, runs, work, rival):
        self.work, self.rival = work, rival
        self.ours = self.of(runs, work["ours"])
        self.theirs = self.of(runs, rival["program"])

    def of(self, runs, program):
        chosen = [run for run in runs if run["work"] == self.work["key"] and run["program"] == program]
        return sorted(chosen, key=lambda run: run["round"])

    def times(self, figure):
        """How many times as much the rival needs: the median of the rounds."""
        return statistics.median(theirs[figure] / max(ours[figure], 1e-9) for ours, theirs in zip(self.ours, self.theirs))

    def both(self, figure, form="{:.2f}", scale=1):
        return " / ".join(
            form.format(statistics.median(run[figure] for run in runs) / scale) for runs in (self.ours, self.theirs)
        )

    def goals(self):
        words = {"faster": "× faster", "cheaper": "× less CPU", "smaller": "× less space"}
        return ", ".join(f"{self.rival[goal]:g} {word}" for goal, word in words.items() if self.rival[goal])

    def cells(self):
        space = f", {self.times('space'):.1f} × less space" if self.rival["smaller"] else ""
        return [
            self.work["title"],
            self.rival["program"],
            self.goals(),
            f"**{self.times('seconds'):.2f}**{space}",
            f"{self.times('synced'):.2f}",
            f"{self.times('client'):.2f}",
            self.both("seconds"),
            self.both("client"),
            self.both("server"),
            self.both("machine"),
            self.both("peak", "{:.0f}", 2**20),
        ]


TITLES = [
    "work",
    "against",
    "goal",
    "times faster",
    "until on the disk",
    "times less CPU",
    "seconds",
    "CPU s, client",
    "CPU s, server",
    "CPU s, machine",
    "peak MiB",
]


def snapshots():
    """Title, against, and times faster, with both times in milliseconds, for each number of subvolumes."""
    found = {}
    for result in load("snapshots.json"):
        found[int(result["params"]["count"]), result["benchmark"].rsplit(".", 1)[1]] = median(result["primaryMetric"])
    for count in sorted({count for count, _ in found}):
        ours, theirs = found[count, "plasmaWithDelete"], found[count, "btrfsProgsWithDelete"]
        title = f"snapshot and delete {count} subvolume{'s' * (count > 1)}, Java running"
        yield title, "btrfs subvolume snapshot, delete", theirs / ours, ours, theirs


def pairs(results):
    return [Pair(results["runs"], work, rival) for work in results["works"] for rival in work["rivals"]]


def end_to_end(results):
    command = "scripts/bench --quick" if results["quick"] else "scripts/bench"
    yield f"`{command}`, {results['minutes']:.0f} minutes, medians of {results['rounds']} rounds. {machine(results['machine'])}"
    sources = results["sources"]
    yield "Backed up: " + "; ".join(f"{name}: {f['entries']:,} entries, {f['bytes'] / 1e6:,.0f} MB" for name, f in sources.items())
    rows = [pair.cells() for pair in pairs(results)]
    if (RESULTS / "snapshots.json").exists():
        for title, against, times, ours, theirs in snapshots():
            figures = f"{ours / 1e3:.4f} / {theirs / 1e3:.4f}"
            rows.append([title, against, f"{SNAPSHOT_GOAL} × faster", f"**{times:.2f}**", "", "", figures, "", "", "", ""])
    ours = {work["ours"] for work in results["works"]}
    peak = max((run["peak"] for run in results["runs"] if run["program"] in ours), default=0)
    rows.append(["peak memory, the most of all runs", "", f"≤ {PEAK_GOAL} MiB", *[""] * 7, f"**{peak / 2**20:.0f}**"])
    yield from table(TITLES, rows)
    yield ""
    yield LEGEND


LEGEND = """Ours / theirs. Whole processes, with the start of Java, alternating in each round; a ratio is the median of the rounds'. A real
sshd, one for each run. *Until on the disk*: waiting, too, until what was stored is synced, as the agent always does before it gives
an archive its name. *Times less CPU*: of the client's processes. *Machine*: all that the machine did meanwhile, with btrfs's own
threads, which unpack for those who read plainly, and the server. Warm: plasma-agent reads the live folder (strategy `tar`), for the
files of a new snapshot are never in the page cache. Each archive's digest and size are compared with what the agent says, and in
the first round all of its content with the source."""


def restore(results):
    command = "scripts/bench --restore" + " --quick" * results["quick"]
    yield f"`{command}`, {results['minutes']:.0f} minutes, medians of {results['rounds']} rounds. {machine(results['machine'])}"
    sources = results["sources"]
    yield "Restored: " + "; ".join(f"{name}: {f['entries']:,} entries, {f['bytes'] / 1e6:,.0f} MB" for name, f in sources.items())
    yield from table(TITLES, [pair.cells() for pair in pairs(results)])
    for work in results["works"]:
        if not work["rivals"]:
            runs = [run for run in results["runs"] if run["work"] == work["key"]]
            seconds, moved, client = (statistics.median(run[figure] for run in runs) for figure in ("seconds", "moved", "client"))
            yield ""
            yield (
                f"{work['title'][0].upper()}{work['title'][1:]}: **{seconds:.2f} s** ({ALONE[work['key']]}),"
                f" {moved / 2**20:.2f} MiB moved, {client:.2f} CPU s."
            )
    yield ""
    yield RESTORE_LEGEND


RESTORE_LEGEND = """Ours / theirs. Whole processes, with the start of Java, alternating in each round; a ratio is the median of the rounds'. All is on one
btrfs (`compress=zstd:3`). *Until on the disk*: waiting, too, until the filesystem is synced; neither program does that by itself. GNU tar
restores as much: owners, permissions, times, attributes, ACLs. In the first round GNU tar compares what either has made with the archive."""


def changes(results):
    """Each of plasma-agent's ways is compared with all rivals, and all programs show what they sent and what room they took."""
    command = "scripts/bench --changes" + " --quick" * results["quick"]
    yield f"`{command}`, {results['minutes']:.0f} minutes, medians of {results['rounds']} rounds. {machine(results['machine'])}"
    sources = results["sources"]
    yield "Backed up: " + "; ".join(f"{name}: {f['entries']:,} entries, {f['bytes'] / 1e6:,.0f} MB" for name, f in sources.items())
    compared = [
        Pair(results["runs"], {**work, "ours": ours}, rival)
        for work in results["works"]
        for ours in work["ours"]
        for rival in work["rivals"]
    ]
    if compared:
        several = any(len(work["ours"]) > 1 for work in results["works"])
        rows = [pair.cells() for pair in compared]
        if several:
            rows = [[f"{pair.work['title']}: {pair.work['ours']}", *cells[1:]] for pair, cells in zip(compared, rows)]
        yield from table(TITLES, rows)
    yield from table(CHANGES_TITLES, [change_cells(results, work, program) for work in results["works"] for program in programs(work)])
    yield ""
    yield CHANGES_LEGEND


CHANGES_TITLES = [
    "work",
    "program",
    "goal",
    "seconds",
    "MiB sent",
    "MiB received",
    "MiB of new space",
    "MiB changed + index",
    "sent, of changed + index",
    "sent, of the archive",
    "new space, of the archive",
    "peak MiB",
]


def programs(work):
    yield from (f"{ours}, first backup" for ours in work["ours"][:1] if work["first"])
    yield from work["ours"]
    yield from (rival["program"] for rival in work["rivals"])


def change_cells(results, work, program):
    runs = [run for run in results["runs"] if run["work"] == work["key"] and run["program"] == program]

    def median_of(figure):
        return statistics.median(figure(run) for run in runs)

    def share(form, figure):
        return form.format(median_of(figure)) if all("archive" in run for run in runs) else ""

    peak = max(run["peak"] for run in runs) / 2**20
    return [
        work["title"],
        program,
        change_goals(work, program) if program in work["ours"] else "",
        f"{median_of(lambda run: run['seconds']):.2f}",
        f"{median_of(lambda run: run['sent']) / 2**20:.2f}",
        f"{median_of(lambda run: run['received']) / 2**20:.2f}",
        f"{median_of(lambda run: run['space']) / 2**20:.1f}",
        share("{:.2f}", lambda run: (run["changed"] + run["index"]) / 2**20),
        share("{:.2f} ×", lambda run: run["sent"] / (run["changed"] + run["index"])),
        share("{:.2%}", lambda run: run["sent"] / run["archive"]),
        share("{:.2%}", lambda run: run["space"] / run["archive"]),
        f"{peak:.0f}",
    ]


def change_goals(work, program):
    """The server takes no room for what it has copied only where the helper is."""
    words = {
        "seconds": "< {:g} s",
        "changed": "sent ≤ {:g} × changed + index",
        "sent share": "sent ≤ {:.0%} of the archive",
        "space share": "new space ≤ {:.0%} of the archive",
    }
    goals = [word.format(work["goals"][goal]) for goal, word in words.items() if goal in work["goals"]]
    if program == "plasma-agent":
        goals = [goal for goal in goals if not goal.startswith("new space")]
    return ", ".join([*goals, f"≤ {PEAK_GOAL} MiB of memory"])


CHANGES_LEGEND = """Ours / theirs. Whole processes, with the start of Java, alternating in each round; a ratio is the median of the rounds'. Before each
round files are rewritten, created and deleted, chosen at random; then all programs back up the same state, each to what it had stored
in the round before (tar stores everything anew). plasma-agent reads a new snapshot, restic and borg the live folder, whose files are
in the page cache where it says *warm*. What the server has is not in its page cache. *Sent* and *received* by the client: all bytes on
a virtual cable with a real sshd at its other end, with the headers of packets, counted by the kernel. *New space*: on the
server's btrfs. *Changed*: what is new, in one tar, packed with `zstd -1`. *Peak*: of the client's largest process, in any round. Most
of the files of 64 KiB to 64 MiB share blocks with others, which restic and borg have stored once. In the first round GNU tar compares
the archive with the source, and `plasma-restore verify` reads all of it. Where `plasma-store` is on the server, nothing else of
Plasma's is."""


# ----- JMH -----


def median(metric):
    # Of all iterations of all forks: as robust against a busy machine as it gets.
    return statistics.median(score for fork in metric["rawData"] for score in fork)


# What is measured, its floor, and how often a byte is copied in memory, counted in the code; both empty where there is none, or
# where it isn't known.
STAGES = (
    ("headers and layout, of entries in memory", "Walks.headers", "memcpy of as many bytes", "Floor.copy", ""),
    ("segments packed, tar, files of 16 KiB", "SegmentPacking.pack fileBytes=16384 zstd=false", "memcpy", "Floor.copy", "1 + 2 digested"),
    ("segments packed, tar, files of 1 MiB", "SegmentPacking.pack fileBytes=1048576 zstd=false", "memcpy", "Floor.copy", "1 + 2 digested"),
    ("segments packed, zstd -1, files of 16 KiB", "SegmentPacking.pack fileBytes=16384 zstd=true", "memcpy", "Floor.copy", ""),
    ("segments packed, zstd -1, files of 1 MiB", "SegmentPacking.pack fileBytes=1048576 zstd=true", "memcpy", "Floor.copy", ""),
    ("SHA-256 of a segment", "Ciphers.sha256", "openssl speed -evp sha256", "openssl sha256", "1 digested"),
    ("AES-128-GCM of a packet, in place", "Ciphers.aesGcm", "openssl speed -evp aes-128-gcm", "openssl aes-128-gcm", "0"),
    ("zstd extents read as they are, cold", "FileReads.encodedCold", "read(2), cold", "FileReads.plainCold", "1 of what is stored"),
    ("read(2), page cache", "FileReads.plainCached", "memcpy", "Floor.copy", "1"),
    ("walk by tree searches", "Walks.bySearch", "openat, getdents64, statx alone", "Walks.floor", ""),
    ("walk by system calls", "Walks.byCalls", "openat, getdents64, statx alone", "Walks.floor", ""),
    ("walk and measure", "Walks.measure", "openat, getdents64, statx alone", "Walks.floor", ""),
    ("whole tree to nothing, tar", "TarPipeline.toNothing zstd=false", "memcpy", "Floor.copy", "1 + 2 digested"),
    ("whole tree to nothing, zstd -1", "TarPipeline.toNothing zstd=true", "memcpy", "Floor.copy", ""),
    ("whole tree to a file, tar", "TarPipeline.toFile zstd=false", "memcpy", "Floor.copy", "2 + 2 digested"),
    ("whole tree to a file, zstd -1", "TarPipeline.toFile zstd=true", "memcpy", "Floor.copy", ""),
    ("upload to sshd", "Transport.plasma", "ssh cat, its connection open", "Transport.openSsh", "4"),
    ("upload to sshd", "Transport.plasma", "TCP, no cipher", "Transport.tcp", "4"),
)


class Measured:
    """A result of JMH's."""

    def __init__(self, result):
        metrics = result["secondaryMetrics"]
        self.score = median(result["primaryMetric"])
        self.bytes = median(metrics["bytes"]) if "bytes" in metrics else 0
        self.entries = median(metrics["entries"]) if "entries" in metrics else 0
        self.allocated = metrics["gc.alloc.rate.norm"]["score"]

    def rate(self):
        return self.bytes or self.entries

    def shown(self):
        return f"{self.bytes / 1e6:,.0f} MB/s" if self.bytes else f"{self.entries:,.0f} entries/s"

    def allocation(self):
        """Of Java's heap, for what was done in a call."""
        each = self.allocated * self.score
        return f"{each / self.bytes * 2**20:,.0f} B a MiB" if self.bytes else f"{each / self.entries:,.0f} B an entry"


class Speed(Measured):
    """Of a program that tells bytes in a second."""

    def __init__(self, bytes):
        self.bytes = bytes


def stages(found):
    for title, key, against, floor, copies in STAGES:
        if key in found and floor in found:
            ours, theirs = found[key], found[floor]
            yield [title, ours.shown(), against, theirs.shown(), f"{ours.rate() / theirs.rate():.2f}", ours.allocation(), copies]


def snapshot_stages(found):
    for deleting in ("", "WithDelete"):
        for count in (1, 10, 100):
            ours = found.get(f"SnapshotCreation.plasma{deleting} count={count}")
            theirs = found.get(f"SnapshotCreation.btrfsProgs{deleting} count={count}")
            if ours and theirs:
                title = f"snapshots of {count} subvolume{'s' * (count > 1)}{', and deletion' * bool(deleting)}"
                figures = [f"{ours.score:.1f} ms", "btrfs-progs", f"{theirs.score:.1f} ms", f"{theirs.score / ours.score:.2f}"]
                yield [title, *figures, f"{ours.allocated / count:,.0f} B a snapshot", ""]


def jmh():
    facts = load("jmh-machine.json")
    tree = facts["tree"]
    yield f"`scripts/bench --jmh`, {facts['minutes']:.0f} minutes. {machine(facts['machine'])}"
    yield f"The tree is a sample of /usr: {tree['entries']:,} entries, {tree['bytes'] / 1e6:,.0f} MB."
    found = {f"openssl {name}": Speed(speed) for name, speed in facts["openssl"].items()}
    for result in load("jmh.json"):
        name = result["benchmark"].removeprefix("io.plasmabackup.benchmarks.")
        parameters = [f" {key}={value}" for key, value in sorted(result.get("params", {}).items())]
        found[name + "".join(parameters)] = Measured(result)
    rows = [*stages(found), *snapshot_stages(found)]
    yield from table(["stage", "throughput", "floor", "its throughput", "of the floor", "allocated", "copies of a byte"], rows)
    yield ""
    yield JMH_LEGEND


JMH_LEGEND = """Medians; Java warm. *Of the floor*: 1 is as fast as the floor; more is faster. *Allocated*: on Java's heap, by all threads of the process.
*Copies of a byte*: in memory, counted in the code, by the kernel and by us; those *digested* go through 4 KiB in the processor's
cache, as the JDK takes what is off its heap. Where none is given, compression has no count of its own, or it isn't known. memcpy is of
8 MiB off the heap by one thread; packing has one worker and the thread that stores, the tree two workers. The floor of reading
encoded is reading as everybody does, for which the kernel decompresses; that of the page cache is memcpy. That of a walk asks
for less: neither attributes nor extents. Uploads have the server on the same processors."""


def main():
    what = sys.argv[1]
    if what == "jmh":
        print("\n".join(jmh()))
        return
    if what == "update":
        update()
        return
    reports = {"end-to-end": end_to_end, "restore": restore, "changes": changes}
    print("\n".join(reports[what](load(f"{what}.json"))))


def update():
    """Puts the figures of whole runs, as far as there are any, into README.md."""
    put = []
    if whole("end-to-end.json"):
        results = load("end-to-end.json")
        image = f"![How many times faster plasma-agent is than each peer](docs/{PLOT.name})\n\n"
        replace("figures", image + "\n".join(end_to_end(results)) + "\n")
        bars = [(f"{pair.work['title']}\n{pair.rival['program']}", pair.times("seconds"), pair.rival["faster"]) for pair in pairs(results)]
        bars += [(f"{title}\n{against}", times, SNAPSHOT_GOAL) for title, against, times, _, _ in snapshots()]
        # Debian's matplotlib is of Debian's own Python.
        subprocess.run(["/usr/bin/python3", HOME / "benchmarks/plot.py", PLOT], input=json.dumps(bars), text=True, check=True)
        put.append("of plasma-agent")
    if whole("restore.json"):
        replace("restore-figures", "\n".join(restore(load("restore.json"))) + "\n")
        put.append("of plasma-restore")
    if whole("changes.json"):
        replace("changes-figures", "\n".join(changes(load("changes.json"))) + "\n")
        put.append("of second backups")
    if not put:
        sys.exit("report: the last runs were quick ones or had only some rows; README.md shows whole ones")
    print(f"README.md has the figures {' and '.join(put)}")


def whole(name):
    return (RESULTS / name).exists() and load(name)["whole"]


def replace(marker, text):
    start, end = f"<!-- {marker} -->\n", f"<!-- /{marker} -->\n"
    before, rest = README.read_text().split(start)
    README.write_text(before + start + text + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
