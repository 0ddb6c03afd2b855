"""Rare levels of a column: under 2% of the rows each, and enough rows that their absence is no chance."""

from __future__ import annotations

import numpy as np

from assay.damage._columns import codes, drawn
from assay.damage._ruled import free
from assay.data.dataset import Dataset
from assay.data.ground import Ground

LARGEST = 0.02
LEAST_EXPECTED = 25


def rare_column(ground: Ground, rng: np.random.Generator, *, bound: bool = True) -> tuple[str, np.ndarray]:
    """Draw a categorical feature that has rare levels.

    Parameters
    ----------
    ground : Ground
        Looked at are the spare rows.
    rng : numpy.random.Generator
        Chooses the column.
    bound : bool
        Whether columns will do that a rule binds to others.

    Returns
    -------
    name : str
        The column.
    rare : numpy.ndarray of bool, shape (len(ground.spare),)
        Spare rows with one of its rare levels.

    Raises
    ------
    NotApplicable
        If no column has any.
    """
    found: dict[str, np.ndarray] = {}
    for name in ground.schema.of_kind("categorical", "boolean"):
        if name in ground.schema.features:
            rare = _rare_rows(ground.spare, name, ground.rows)
            if rare.any():
                found[name] = rare
    names = list(found) if bound else free(ground, list(found))
    name = drawn(names, f"a level under {LARGEST:.0%} of which {LEAST_EXPECTED} rows are expected", rng)
    return name, found[name]


def _rare_rows(spare: Dataset, name: str, rows: int) -> np.ndarray:
    own = codes(spare, name)
    share = np.bincount(own[own >= 0], minlength=1) / max(len(own), 1)
    rare = (share < LARGEST) & (share * rows >= LEAST_EXPECTED)
    return np.append(rare, False)[own]
