"""Scores of a batch of cases, in the environment of a peer: tables from a folder, a line of JSON for each into a file there.

Assay is not imported here. ``cases.json`` lists the cases with the kinds of their columns, so that every peer is told what
Assay found out by itself.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT"):
    os.environ[name] = "1"

import pandas as pd  # noqa: E402 (after the limits, which numpy reads once)

ROLES = ("real", "synthetic", "holdout")


def run(score: Callable[..., dict[str, Any]], package: str) -> None:
    """Score every case of the folder named on the command line.

    Parameters
    ----------
    score : callable
        From a case and its real, synthetic and sealed rows to the scores by name.
    package : str
        Distribution whose version is noted.
    """
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    with (folder / "scores.jsonl").open("w", encoding="utf-8") as file:
        for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
            parts = [pd.read_parquet(folder / f"{case['id']}-{role}.parquet") for role in ROLES]
            begun = time.process_time()
            try:
                found = score(case, *parts)
            except Exception as error:  # one failure must not cost the batch, and belongs in the results
                found = {"failed": f"{type(error).__name__}: {error}"[:200]}
            seconds = round(time.process_time() - begun, 2)
            line = {"id": case["id"], "version": version(package), "seconds": seconds} | found
            file.write(json.dumps(line) + "\n")
            file.flush()


def of_kind(case: dict[str, Any], *kinds: str) -> list[str]:
    """Give the columns of these kinds, the entity's key apart."""
    return [name for name, kind in case["columns"].items() if kind in kinds and name != case["entity"]]
