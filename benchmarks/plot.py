#!/usr/bin/python3
"""Draws how many times faster plasma-agent is than each peer, as SVG. Reads [[label, times, goal or 0], ...] as JSON.

    plot.py FILE <BARS

With matplotlib, which Debian has as a package: nothing is added to what Maven loads. The same figures give the same file.
Readable on white and on dark: no background, and colours in the middle.
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "plasma",
        "font.size": 9,
        **{key: "#808890" for key in ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")},
    }
)
# After the backend is chosen.
from matplotlib import pyplot  # noqa: E402

FASTER, SLOWER, GOAL = "#2f9e6e", "#d9694a", "#808890"
TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


def main():
    bars = json.load(sys.stdin)
    figure, axes = pyplot.subplots(figsize=(8.5, 0.8 + 0.42 * len(bars)))
    for place, (_, times, goal) in enumerate(bars):
        # From 1, as fast as the peer, to the left or to the right.
        axes.barh(place, times - 1, left=1, height=0.6, color=FASTER if times >= 1 else SLOWER)
        axes.annotate(
            f"{times:.2g}",
            (times, place),
            xytext=(4 if times >= 1 else -4, 0),
            textcoords="offset points",
            va="center",
            ha="left" if times >= 1 else "right",
        )
        if goal:
            axes.plot([goal, goal], [place - 0.4, place + 0.4], color=GOAL, linewidth=1.5)
    axes.set_xscale("log", base=2)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    values = [value for _, times, goal in bars for value in (times, goal or 1)]
    axes.set_xlim(min(values) / 1.4, max(values) * 1.4)
    axes.set_yticks(range(len(bars)), [label for label, _, _ in bars], fontsize=7.5)
    axes.invert_yaxis()
    axes.axvline(1, color=GOAL, linewidth=0.8)
    axes.set_xlabel("times as fast as the peer; the upright line on a bar is the goal")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.savefig(sys.argv[1], transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})


main()
