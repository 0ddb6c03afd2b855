"""Writers that run until they are killed: argv is what to write and the folder."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.core.files import write_atomically
from assay.core.lineage import Lineage
from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.writers import write_table

ROWS = 4_000


def dataset(mark: int) -> Dataset:
    """Give a table in which every cell says which of two it is, as does its lineage."""
    table = pa.table({"mark": [mark] * ROWS, "x": [row * 2 + mark for row in range(ROWS)]})
    return Dataset(table, infer_schema(table), lineage=Lineage("bootstrap_rows", {"mark": mark}, seed=mark))


def generator(mark: int) -> Any:
    """Fit a generator to one of the two tables."""
    return get("generator", "marginals")().fit(dataset(mark), seed=mark)


def write(what: str, folder: Path, mark: int, fitted: list[Any]) -> None:
    """Write one of the two."""
    if what == "generator":
        fitted[mark].save(folder / "saved")
    elif what == "json":
        write_atomically(folder / f"out.{what}", str(mark).encode() * 3_000_000)
    else:
        write_table(dataset(mark), folder / f"out.{what}")


def main() -> None:
    """For each line on standard input, kill a writer after so many seconds and say so."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    fitted = [generator(mark) for mark in (0, 1)] if what == "generator" else []
    for mark in (0, 1):
        write(what, folder, mark, fitted)
    for line in sys.stdin:
        child = os.fork()
        while child == 0:
            for mark in (0, 1):
                write(what, folder, mark, fitted)
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("killed", flush=True)


if __name__ == "__main__":
    main()
