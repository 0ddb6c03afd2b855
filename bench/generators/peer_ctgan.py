"""CTGAN and TVAE with their own defaults, in an environment of their own: called by run.py, not by hand."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import ctgan
import numpy as np
import pandas as pd
import torch


def main() -> None:
    name, seed, folder, levels = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), json.loads(sys.argv[4])
    train = pd.read_parquet(folder / "train.parquet")
    for column in train.columns:  # it takes no nulls: levels get one more, numbers their median
        if column in levels:
            train[column] = train[column].astype("string").fillna("null")
        else:
            train[column] = train[column].fillna(train[column].median())
    np.random.seed(seed)  # noqa: NPY002 - it draws from numpy's global stream
    torch.manual_seed(seed)
    begun = time.perf_counter()
    model = getattr(ctgan, name)()
    model.fit(train, discrete_columns=levels)
    fitted = time.perf_counter()
    drawn = model.sample(len(train))
    ended = time.perf_counter()
    for column in levels:
        drawn[column] = drawn[column].where(drawn[column] != "null", None)
    drawn.to_parquet(folder / "synthetic.parquet")
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    cost = {
        "fit_seconds": round(fitted - begun, 2),
        "sample_seconds": round(ended - fitted, 2),
        "cpu_seconds": round(time.process_time(), 2),
        "memory_mib": round(peak, 2),
        "version": ctgan.__version__,
    }
    (folder / "cost.json").write_text(json.dumps(cost), encoding="utf-8")


if __name__ == "__main__":
    main()
