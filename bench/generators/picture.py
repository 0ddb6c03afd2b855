"""The picture of the benchmark: how far rows can be told from real ones, against the processor's seconds they cost.

python bench/generators/picture.py docs/generators.svg
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np
import run

from assay.core.files import write_atomically
from assay.reporting.svg import Scale, circle, drawing, line, text

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 820, 380, 62, 130, 58, 62
SECONDS = (1, 10, 60, 600, 3600)
STYLE = """
text{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;fill:#171b24;font-size:12.5px}
.paper{fill:#fff}.own{fill:#0072b2}.peer{fill:#d98200}.plain{fill:#a0a8b6}.rule{stroke:#e8ecf2}.axis{stroke:#566073}
.floor{stroke:#009e73;stroke-width:1.5;stroke-dasharray:5 4}.spread{stroke:#a0a8b6}
.title{font-weight:600;font-size:15px}.small{fill:#566073;font-size:11.5px}
"""
PLAIN = ("marginals", "bootstrap_rows", "gaussian_copula")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--table", default="adult")
    parser.add_argument("--results", type=Path, default=run.RESULTS)
    options = parser.parse_args()
    lines = [each for each in run.read(options.results) if each["table"] == options.table and "failed" not in each]
    svg = draw(lines, options.table).replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1)
    before, after = svg.split(">", 1)
    write_atomically(options.picture, f"{before}><style>{STYLE}</style>{after}\n".encode())


def draw(lines: list[dict[str, Any]], table: str) -> str:
    """Draw a dot for each generator: mean over seeds, with the range of the seeds."""
    groups = {name: group for name, group in run.grouped(lines) if name != run.FLOOR}
    floor = next(each for each in lines if each["generator"] == run.FLOOR)
    across = Scale(math.log10(SECONDS[0]), math.log10(SECONDS[-1]), LEFT, WIDTH - RIGHT)
    down = Scale(0.48, 1.04, HEIGHT - BOTTOM, TOP)
    marks = [text(12, 24, f"Can made rows be told from real ones, and what do they cost? {table.capitalize()}", "title")]
    for tick in SECONDS:
        x = across(math.log10(tick))
        marks += [line(x, TOP, x, HEIGHT - BOTTOM, "rule"), text(x, HEIGHT - BOTTOM + 18, shown(tick), "small", "middle")]
    for tick in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        marks += [
            line(LEFT, down(tick), WIDTH - RIGHT, down(tick), "rule"),
            text(LEFT - 8, down(tick) + 4, f"{tick:.1f}", "small", "end"),
        ]
    y = down(floor["two_sample_auc"])
    marks += [line(LEFT, y, WIDTH - RIGHT, y, "floor"), text(WIDTH - RIGHT + 6, y + 4, "two real samples", "small")]
    named: dict[str, tuple[float, float]] = {}
    for name, group in sorted(groups.items(), key=lambda item: np.mean([each["cpu_seconds"] for each in item[1]])):
        aucs = [each["two_sample_auc"] for each in group]
        seconds = float(np.mean([each["cpu_seconds"] for each in group]))  # they do not depend on who else is at work
        kind = "peer" if name in run.PEERS else "plain" if name in PLAIN else "own"
        x, y = across(math.log10(max(seconds, SECONDS[0]))), down(float(np.mean(aucs)))
        marks += [line(x, down(max(aucs)), x, down(min(aucs)), "spread"), circle(x, y, 5, kind)]
        spot = (x + 9, y - 6)
        while any(abs(spot[0] - other[0]) < 7 * len(taken) and abs(spot[1] - other[1]) < 13 for taken, other in named.items()):
            spot = (spot[0], spot[1] - 4)
        named[name] = spot
        marks.append(text(*spot, name))
    seeds = max(len(group) for group in groups.values())
    marks += [
        text(
            LEFT,
            HEIGHT - BOTTOM + 36,
            "processor seconds to fit and draw as many rows as the real table has (logarithmic)",
            "small",
        ),
        text(12, TOP - 12, "AUC of boosted trees that tell made from sealed real rows; .5: they cannot", "small"),
        text(12, HEIGHT - 8, f"Mean of up to {seeds} seeds, lines their range. bench/generators/run.py", "small"),
    ]
    told = ", ".join(f"{name} {np.mean([each['two_sample_auc'] for each in group]):.2f}" for name, group in groups.items())
    return drawing(WIDTH, HEIGHT, marks, label=f"Two-sample AUC by generator: {told}", kind="generators")


def shown(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


if __name__ == "__main__":
    main()
