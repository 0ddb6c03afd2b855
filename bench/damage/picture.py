"""The picture of the benchmark: what share of each kind of damage every judge catches, from ``damage_summary.json``.

python bench/damage/picture.py docs/damage.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cases

from assay.core.files import write_atomically
from assay.reporting.svg import drawing, line, rectangle, text

WIDTH, LEFT, TOP, STEP = 820, 222, 74, 19
COLUMN, BAR = 148, 96
STYLE = """
text{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif;fill:#171b24;font-size:12.5px}
.paper{fill:#fff}.track{fill:#e8ecf2}.assay{fill:#0072b2}.peer{fill:#d98200}.alarm{fill:#a0a8b6}.rule{stroke:#a0a8b6}
.title{font-weight:600;font-size:15px}.head{font-weight:600;font-size:13.5px}.all{font-weight:600}
.small{fill:#566073;font-size:11.5px}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", default="5000")
    parser.add_argument("--summary", type=Path, default=cases.RESULTS / "damage_summary.json")
    options = parser.parse_args()
    part = json.loads(options.summary.read_text(encoding="utf-8"))["sizes"][options.size]
    svg = draw(part, int(options.size)).replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" ', 1)
    before, after = svg.split(">", 1)
    write_atomically(options.picture, f"{before}><style>{STYLE}</style>{after}\n".encode())


def draw(part: dict[str, Any], size: int) -> str:
    """Draw a row for each kind, the ones that the peers catch first, and a column for each judge."""
    ways = [name for name in part["overall"]["peers"] if name.startswith("Evidently")]
    evidently = max(ways, key=lambda name: share(part["overall"]["peers"][name]["caught"]))
    judges = ["Assay", "SDMetrics", "mostlyai-qa", evidently]
    _, _, tests = evidently.partition(", ")
    asked = ["verdict", "quality score", "overall accuracy", f"drift, {tests}" if tests else "drifted columns"]
    kinds = [row for row in part["kinds"] if row["caught"]["of"]]
    kinds.sort(key=lambda row: (-sum(share(of(row, judge)) for judge in judges[1:]), row["kind"]))
    height = TOP + STEP * (len(kinds) + 2) + 74
    parts = [
        rectangle(0, 0, WIDTH, height, "paper"),
        text(12, 24, f"Planted damage that is caught, {size:,} rows of real tables", "title"),
    ]
    for at, (judge, what) in enumerate(zip(judges, asked, strict=True)):
        parts += [text(LEFT + at * COLUMN, 48, judge.split(",")[0], "head"), text(LEFT + at * COLUMN, 63, what, "small")]
    y = TOP
    for row in kinds:
        parts += bars(y, row["kind"].replace("_", " "), [of(row, judge) for judge in judges])
        y += STEP
    parts.append(line(12, y + 4, WIDTH - 12, y + 4, "rule"))
    parts += bars(y + 8, "all kinds", [of(part["overall"], judge) for judge in judges], style="all")
    parts += bars(y + 8 + STEP, "false alarms", [part["sound"][judge] for judge in judges], alarm=True)
    tables = len(part["overall"]["tables"])
    notes = [
        f"{part['overall']['caught']['of']:,} damaged tables, cut from {tables} real ones; every kind at the severity that its "
        "catalogue entry calls material.",
        "A peer refuses a table that scores worse than 95% of undamaged real rows of the same table do. "
        "False alarms are on such rows.",
    ]
    parts += [text(12, height - 30 + 16 * at, note, "small") for at, note in enumerate(notes)]
    told = ", ".join(f"{judge.split(',')[0]} {share(of(part['overall'], judge)):.0%}" for judge in judges)
    return drawing(WIDTH, height, parts, label=f"Planted damage that is caught: {told}", kind="damage")


def of(row: dict[str, Any], judge: str) -> dict[str, Any]:
    """Give what a judge caught of a kind."""
    return row["caught"] if judge == "Assay" else row["peers"][judge]["caught"]


def share(told: dict[str, Any]) -> float:
    return told["share"] or 0.0


def bars(y: float, name: str, told: list[dict[str, Any]], *, style: str = "", alarm: bool = False) -> list[str]:
    """Draw one row."""
    parts = [text(12, y + 13, name, style)]
    for at, one in enumerate(told):
        x = LEFT + at * COLUMN
        if not one["of"]:
            parts.append(text(x, y + 13, "-", "small"))
            continue
        kind = "alarm" if alarm else "assay" if at == 0 else "peer"
        parts += [rectangle(x, y + 4, BAR, 11, "track"), rectangle(x, y + 4, BAR * one["share"], 11, kind)]
        parts.append(text(x + BAR + 6, y + 13, f"{one['share']:.0%}", style))
    return parts


if __name__ == "__main__":
    main()
