#!/usr/bin/env python3
"""Prints the figures of the last run of scripts/bench as Markdown, or puts them into README.md, with a plot.

    report.py end-to-end | jmh | --update
"""

import json
import pathlib
import statistics
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent.parent
RESULTS = HOME / "target/bench"
README, PLOT = HOME / "README.md", HOME / "docs/bench.svg"
START, END = "<!-- figures -->\n", "<!-- /figures -->\n"
PEAK_GOAL = 300
ESCAPED_BAR = "\\|"
SNAPSHOT_GOAL = 10


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


# ----- JMH -----


def median(metric):
    # Of all iterations of all forks: as robust against a busy machine as it gets.
    return statistics.median(score for fork in metric["rawData"] for score in fork)


def jmh():
    facts = load("jmh-machine.json")
    tree = facts["tree"]
    yield f"{machine(facts['machine'])} A sample of /usr: {tree['entries']:,} entries, {tree['bytes'] / 1e6:,.0f} MB."
    rows = []
    for result in load("jmh.json"):
        parameters = ", ".join(f"{name} {value}" for name, value in result.get("params", {}).items())
        name = result["benchmark"].removeprefix("io.plasmabackup.benchmarks.")
        allocated = result["secondaryMetrics"]["gc.alloc.rate.norm"]["score"]
        extra = "; ".join(
            f"{key} {median(metric):.2f}" for key, metric in result["secondaryMetrics"].items() if not key.startswith("gc.")
        )
        score = result["primaryMetric"]
        rows.append([name, parameters, f"{median(score):,.3f} {score['scoreUnit']}", f"{allocated / 1024:,.0f}", extra])
    yield from table(["benchmark", "with", "median", "KiB allocated", "besides"], rows)


def main():
    what = sys.argv[1]
    if what == "jmh":
        print("\n".join(jmh()))
        return
    results = load("end-to-end.json")
    text = "\n".join(end_to_end(results)) + "\n"
    if what == "end-to-end":
        print(text, end="")
        return
    if not results["whole"]:
        sys.exit("report: the last run was a quick one or had only some rows; README.md shows a whole one")
    before, rest = README.read_text().split(START)
    image = f"![How many times faster plasma-agent is than each peer](docs/{PLOT.name})\n\n"
    README.write_text(before + START + image + text + END + rest.split(END)[1])
    bars = [(f"{pair.work['title']}\n{pair.rival['program']}", pair.times("seconds"), pair.rival["faster"]) for pair in pairs(results)]
    bars += [(f"{title}\n{against}", times, SNAPSHOT_GOAL) for title, against, times, _, _ in snapshots()]
    # Debian's matplotlib is of Debian's own Python.
    subprocess.run(["/usr/bin/python3", HOME / "benchmarks/plot.py", PLOT], input=json.dumps(bars), text=True, check=True)


if __name__ == "__main__":
    main()
