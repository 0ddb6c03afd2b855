"""Count a table into a file that suffices for all checks of counts, without the rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from assay.checking.inputs import read_together
from assay.checking.options import require_usable
from assay.checking.profile_files import ProfiledDataset, profiled, read_profile, write_profile
from assay.core.files import require_writable
from assay.core.memory import engine_memory
from assay.data.dataset import Dataset
from assay.engines.duckdb import DuckDBEngine
from assay.verbs.load import load


def profile(
    table: Any,
    *,
    out: str | Path | None = None,
    like: str | Path | ProfiledDataset | None = None,
    null: str = "",
    jobs: int | None = None,
    **roles: Any,
) -> ProfiledDataset:
    """Count a table, and write the counts to a file.

    Parameters
    ----------
    table : path, frame or Dataset
        Anything that `load` takes.
    out : str or Path, optional
        Where to write it.
    like : path or ProfiledDataset, optional
        A profile whose cells are to be counted: the two then compare (`check`) and add up.
    null : str, default ""
        In CSV, the cell that means null.
    jobs : int, optional
        Threads; default all cores. The result does not depend on it.
    **roles
        ``schema``, ``target``, ``task``, ``positive``, ``entity``, ``sensitive`` and ``time``, as `load` takes them.

    Returns
    -------
    ProfiledDataset

    Notes
    -----
    What it shows: the schema; numbers of rows by cell of every column and by crossed groups of two and three columns, in at
    least 16 blocks of rows drawn at random; sums and sums of squares of clipped, standardised numbers per block. Levels of
    fewer than 10 rows are pooled; edges between cells are rounded and have at least 10 rows between them; values that stand
    alone as cells occur in at least 20 rows; crossed counts under 10 rows are added to the most frequent cell of the same
    columns, sums of fewer than 10 values to another block's. It is a table of counts and not an anonymous release: no noise
    is added, and two profiles of nearly the same rows tell by their difference of the rows between them.

    What it cannot see: rows. Copies, use, rules and whatever else reads rows cannot be checked from it.

    Examples
    --------
    >>> import numpy as np, pyarrow as pa
    >>> rng = np.random.default_rng(0)
    >>> made = profile(pa.table({"age": rng.integers(18, 90, 500), "city": rng.choice(["Ulm", "Bonn"], 500)}))
    >>> len(made), made.profile.counts("city").tolist()[-2:]
    (500, [0, 0])
    """
    require_usable(0, jobs, None)
    if out is not None:
        require_writable(out)
    pattern = read_profile(like) if isinstance(like, str | Path) else like
    dataset: Dataset
    if pattern is None:
        dataset = load(table, null=null, **roles)
    else:
        dataset = read_together(lambda: pattern, table, None, null=null).synthetic
    if isinstance(dataset, ProfiledDataset):
        made = dataset
    else:
        with DuckDBEngine(jobs or os.cpu_count() or 1, engine_memory()) as engine:
            made = profiled(engine, dataset, like=pattern)
    if out is not None:
        write_profile(out, made)
    return made
