"""Seal some real rows away before any generator sees them."""

from __future__ import annotations

from typing import Any

from assay.checking.options import require_usable
from assay.data.dataset import Dataset
from assay.data.split import split as split_rows
from assay.verbs.load import load


def split(real: Any, *, holdout: float = 0.3, entity: str | None = None, seed: int = 0) -> tuple[Dataset, Dataset]:
    """Split real rows into a part to make data from and a sealed holdout to judge it by.

    Parameters
    ----------
    real : path, frame or Dataset
        Real rows.
    holdout : float, default 0.3
        Share of rows, in (0, 1), for the holdout.
    entity : str, optional
        Column whose equal values (all rows of one patient) stay together.
    seed : int, default 0
        Equal seeds give equal splits.

    Returns
    -------
    real, holdout : Dataset
        In the order of the rows given, by class where the target is a class.

    Raises
    ------
    UsageError
        A share outside (0, 1), a seed below 0.
    InputError
        A source that cannot be read, a column that does not exist, too few rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> real, holdout = split(pa.table({"patient": [1, 1, 2, 2, 3, 3], "pulse": [60, 61, 80, 82, 70, 75]}), entity="patient")
    >>> len(real), len(holdout)
    (4, 2)
    """
    require_usable(seed, None, None)
    return split_rows(load(real), holdout=holdout, seed=seed, entity=entity)
