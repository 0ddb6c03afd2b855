"""Size: count checks of a million rows beside SDMetrics' report, tables larger than the memory given, and wide tables.

    python bench/size.py sdmetrics --other /tmp/sdmetrics-env/bin/python
    python bench/size.py memory
    python bench/size.py wide

Whole processes run one after the other, alternating, each under its own resource usage (wall, CPU, peak of resident memory).
What is done already stands in ``bench/results/size.json`` and is not repeated; ``--again`` starts afresh.
The tables are made on the fly from Adult (bootstrap with noise and a date) in a temporary folder and deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tables import table

RESULTS = Path(__file__).parent / "results" / "size.json"
GROUP = 250_000
SDMETRICS = """
import json, sys, time
import pandas as pd, sdmetrics
from sdmetrics.reports.single_table import QualityReport
real, synthetic = (pd.read_parquet(path) for path in sys.argv[1:3])
metadata = json.loads(open(sys.argv[3]).read())
report = QualityReport()
report.generate(real, synthetic, metadata, verbose=False)
print(json.dumps({"score": report.get_score(), "version": sdmetrics.__version__,
                  "pairs": len(report.get_details("Column Pair Trends")),
                  "pairs_scored": int(report.get_details("Column Pair Trends")["Score"].notna().sum())}))
"""


def population(rows: int, seed: int, *, damage: float = 0.0) -> pa.Table:
    """Make rows of a mixed population of 16 columns: Adult drawn with replacement, numbers jittered, and a date.

    Parameters
    ----------
    rows : int
        How many.
    seed : int
        Equal seeds give equal rows.
    damage : float
        Share of the rows whose values of three columns are drawn anew, apart from the rest of the row.
    """
    rng = np.random.default_rng(seed)
    adult = table("adult")
    drawn = rng.integers(0, len(adult), rows)
    columns: dict[str, Any] = {}
    for name in adult.column_names:
        at = drawn
        if damage and name in ("age", "education", "hours-per-week"):
            at = np.where(rng.random(rows) < damage, rng.integers(0, len(adult), rows), drawn)
        column = adult.column(name).combine_chunks().take(pa.array(at))
        if name in ("fnlwgt", "capital-gain", "capital-loss"):
            numbers = column.to_numpy(zero_copy_only=False).astype(np.float64)
            column = pa.array(np.round(numbers * np.exp(rng.normal(0, 0.05, rows)), 2))
        columns[name] = column
    age = columns["age"].to_numpy(zero_copy_only=False).astype(np.float64)
    days = (19_000 - 300 * np.log1p(age) + rng.exponential(200, rows)).astype(np.int32)
    columns["since"] = pa.array(days, pa.int32()).cast(pa.date32())
    return pa.table(columns)


def write(path: Path, rows: int, seed: int, *, damage: float = 0.0, files: int = 1) -> Path:
    """Write a population as one Parquet file, or a folder of several, never holding more than a group of rows."""
    if files > 1:
        path.mkdir(parents=True, exist_ok=True)
        bounds = np.linspace(0, rows, files + 1).astype(int)
        for at, count in enumerate(np.diff(bounds)):
            write(path / f"part-{at:03d}.parquet", int(count), seed + 1_000 * at, damage=damage)
        return path
    writer = None
    for at, first in enumerate(range(0, rows, GROUP)):
        part = population(min(GROUP, rows - first), seed * 100_003 + at, damage=damage)
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    assert writer is not None
    writer.close()
    return path
