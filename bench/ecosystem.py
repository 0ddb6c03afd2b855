"""The outlook of the three scenarios of a shared corpus to 2035 and 2045, and where toy worlds and real generators overlap.

    python bench/ecosystem.py              run and print the outlook
    python bench/ecosystem.py --summary    what is there

``bench/results/ecosystem.json`` holds, for each scenario and axis, median and 95% interval in 2025, 2035 and 2045, the part of
the variance that comes from the ranges, what each assumption does at either end of its range and its first-order share of the
variance; and for each real generator the axes of the same small scenario run in rows and in the toy worlds. About two minutes of
one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.core.ecosystem import Ecosystem
from assay.core.files import write_atomically
from assay.lab.ecosystem import run
from assay.lab.ecosystem_overlap import overlap
from assay.lab.ecosystem_reading import load_scenario
from assay.lab.worlds.toys import ToyCategories, ToyGaussian
from assay.reporting.ecosystem_words import AXES, between, matters, outlook, widths

RESULTS = Path(__file__).parent / "results" / "ecosystem.json"
SCENARIOS = ("business_as_usual", "provenance_adopted", "filtering_only")
YEARS = (2035.0, 2045.0)
SEED = 12
STOCK, UNTIL = 4_000, 2030  # of the small scenario: human rows at the start, and the last year
OVERLAPS: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("toy_gaussian", ToyGaussian, {"numeric": 1, "levels": False, "seeds": 200}),
    ("toy_categories", ToyCategories, {"numeric": 0, "seeds": 200}),
    ("gaussian_copula", "gaussian_copula", {"seeds": 20}),
    ("tree_chain", "tree_chain", {"seeds": 20}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--summary", action="store_true")
    if not parser.parse_args().summary:
        begin = time.process_time()
        found: dict[str, Any] = {"scenarios": {}, "overlap": {}}
        for name in SCENARIOS:
            ecosystem = run(name, draws=1_000, seeds=4, seed=SEED)
            found["scenarios"][name] = summary(ecosystem)
            print(f"{name}: {time.process_time() - begin:.0f} s", file=sys.stderr, flush=True)
        small = replace(load_scenario("business_as_usual"), end=UNTIL, classifiers=())
        for name, maker, settings in OVERLAPS:
            found["overlap"][name] = overlap(small, [maker], stock=STOCK, seed=SEED, **settings)
            print(f"{name}: {time.process_time() - begin:.0f} s", file=sys.stderr, flush=True)
        found["cpu_seconds"] = round(time.process_time() - begin)
        write_atomically(RESULTS, (json.dumps(rounded(found), indent=1, allow_nan=False) + "\n").encode())
    show(json.loads(RESULTS.read_text(encoding="utf-8")))


def summary(ecosystem: Ecosystem) -> dict[str, Any]:
    """Give what is kept of a scenario."""
    axes: dict[str, Any] = {}
    for axis in ecosystem.axes:
        axes[axis] = {
            "name": AXES[axis].name,
            "years": {f"{year:g}": ecosystem.at(axis, year) for year in (ecosystem.times[0], *YEARS)},
            "told": {f"{year:g}": between(axis, ecosystem, year) for year in YEARS},
            "width": {f"{year:g}": widths(ecosystem, axis, year) for year in YEARS},
            "matters": {f"{year:g}": matters(ecosystem, axis, year) for year in YEARS},
            "effects": {
                f"{year:g}": [
                    {
                        "quantity": each.quantity,
                        "at_low": each.at_low,
                        "at_high": each.at_high,
                        "error": each.error,
                        "variance_share": each.variance_share,
                    }
                    for each in ecosystem.matters(axis, year)
                ]
                for year in YEARS
            },
        }
    return {"title": ecosystem.title, "settings": dict(ecosystem.settings), "outlook": outlook(ecosystem), "axes": axes}


def rounded(content: Any) -> Any:
    """Round numbers to five significant digits."""
    if isinstance(content, dict):
        return {key: rounded(part) for key, part in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(part) for part in content]
    return float(f"{content:.5g}") if isinstance(content, float) else content


def show(found: dict[str, Any]) -> None:
    for name, scenario in found["scenarios"].items():
        print(f"\n{name}: {scenario['title']}")
        for entry in scenario["axes"].values():
            print(
                f"  {entry['name']:26}", *(f"{year}: {told:24}" for year, told in entry["told"].items()), entry["width"]["2045"]
            )
            print(f"  {'':26} {entry['matters']['2045']}")
    print("\nThe same small scenario in rows and in the toy worlds, last year (z is the difference in standard errors)")
    for name, entries in found["overlap"].items():
        for entry in entries:
            if entry["year"] == UNTIL:
                print(f"  {name:16} {entry['axis']:16} rows {entry['rows']:8.4f}  toy {entry['toy']:8.4f}  z {entry['z']:6.2f}")
    print(f"\n{found['cpu_seconds']} s of one core")


if __name__ == "__main__":
    main()
