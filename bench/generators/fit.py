"""Fit one generator to one real table and draw as many rows; a process of its own, so that its memory can be told.

    python bench/generators/fit.py TABLE GENERATOR SEED FOLDER [KEY=VALUE ...]

Leaves ``synthetic.parquet`` and ``cost.json`` in the folder: seconds of fit and sample (wall and CPU) and the largest memory.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import parts

from assay.core.registry import get
from assay.data.writers import write_table
from assay.generators._settings import from_text


def main() -> None:
    table, name, seed, folder = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    settings = dict(pair.split("=", 1) for pair in sys.argv[5:])
    train, _ = parts.split(table)
    made = get("generator", name)
    clock = [(time.perf_counter(), time.process_time())]
    generator = made(**from_text(made, name, settings)).fit(train, seed=seed)
    clock.append((time.perf_counter(), time.process_time()))
    synthetic = generator.sample(len(train), seed=seed)
    clock.append((time.perf_counter(), time.process_time()))
    write_table(synthetic, folder / "synthetic.parquet")
    (wall, cpu), (fitted, _fitted_cpu), (drawn, drawn_cpu) = clock
    cost = {
        "fit_seconds": fitted - wall,
        "sample_seconds": drawn - fitted,
        "cpu_seconds": drawn_cpu - cpu,
        "memory_mib": parts.peak(),
    }
    extra = {"epochs_run": len(generator.curves_)} if hasattr(generator, "curves_") else {}
    rounded = {key: round(value, 2) for key, value in cost.items()}
    (folder / "cost.json").write_text(json.dumps(rounded | extra), encoding="utf-8")


if __name__ == "__main__":
    main()
