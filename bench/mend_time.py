"""How long does `assay mend` take? 1,000 real and 20,000 synthetic Adult rows, 10,000 sealed, as a process of its own.

    python bench/mend_time.py [--jobs 2]

The synthetic rows are other real ones of which the spread of three columns is halved, so that remedies are found and proved.
Reading the files, both checks, and the refits of the proof are in it. Once more without sealed rows: no check, no proof.
``bench/results/mend_time.json`` has the seconds, and what was done in them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import assay
import tables
from assay.data.ground import written
from assay.data.writers import write_table

RESULTS = Path(__file__).parent / "results" / "mend_time.json"
REAL, SEALED, SYNTHETIC = 1_000, 10_000, 20_000
SQUEEZED = ("age", "education-num", "hours-per-week")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    whole = assay.load(tables.table("adult"), target="income")
    order = np.random.default_rng(0).permutation(len(whole))
    real, sealed, synthetic = (whole.take(np.sort(part)) for part in np.split(order, np.cumsum([REAL, SEALED, SYNTHETIC]))[:3])
    for column in SQUEEZED:
        values = synthetic.numbers(column)
        synthetic = written(synthetic, column, values.mean() + 0.5 * (values - values.mean()))
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{name}.parquet" for name in ("real", "synthetic", "sealed")]
        for rows, file in zip((real, synthetic, sealed), files, strict=True):
            write_table(rows, file)
        common = [*files[:2], "--target", "income", "--unseen", "--jobs", str(options.jobs), "--json", f"{folder}/mended.json"]
        found = {
            "cores": os.cpu_count(),
            "jobs": options.jobs,
            "rows": [REAL, SYNTHETIC, SEALED],
            "proved": timed([*common, "--holdout", files[2]], Path(folder)),
            "without sealed rows": timed(common, Path(folder)),
        }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def timed(arguments: list[str], folder: Path) -> dict:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "assay", "mend", *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    result = json.loads((folder / "mended.json").read_text())
    return {
        "seconds": round(seconds, 1),
        "exit": done.returncode,
        "steps": [step["remedy"] for step in result["steps"]],
        "chosen": result["chosen"],
        "outcome": result["outcome"],
    }


if __name__ == "__main__":
    main()
