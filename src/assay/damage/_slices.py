"""Slices of the rows that one or two conditions on the columns define, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.damage._columns import codes
from assay.data.dataset import Dataset

TRIES = 3_000
LEVELS = 100


@dataclass(frozen=True)
class Slice:
    """Rows in which one or two columns have a certain level or lie in a certain range.

    Parameters
    ----------
    columns : tuple of str
        One or two features.
    rows : numpy.ndarray of int64
        Positions, rising.
    """

    columns: tuple[str, ...]
    rows: np.ndarray


def slices(dataset: Dataset, rng: np.random.Generator, *, least: float, most: float) -> list[Slice]:
    """Draw slices that hold between `least` and `most` of the rows.

    Parameters
    ----------
    dataset : Dataset
        Rows.
    rng : numpy.random.Generator
        Draws features, levels and ranges.
    least, most : float
        Shares of the rows.

    Returns
    -------
    list of Slice
        A level, a range, or two of these together; empty where no features lend themselves to it.
    """
    axes: dict[str, np.ndarray] = {}
    for name in dataset.schema.features:
        if dataset.schema.column(name).ordered:
            axes[name] = dataset.numbers(name)
        elif len(dataset.table.column(name).unique()) <= LEVELS:
            axes[name] = codes(dataset, name)
    names = list(axes)
    whole = {name: _known(values) for name, values in axes.items()}  # sorted once: every slice begins with all rows
    found: dict[bytes, Slice] = {}  # a level is drawn again and again, and counts once
    for _ in range(TRIES if names else 0):
        wanted = rng.uniform(least, most) * len(dataset)
        chosen = rng.permutation(len(names))[: int(rng.integers(1, 3))]
        rows = np.arange(len(dataset))
        for at, column in enumerate(chosen):
            share = 1.0 if at + 1 == len(chosen) else rng.uniform(2.0, 12.0)
            values = axes[names[column]][rows]
            rows = rows[_inside(values, whole[names[column]] if at == 0 else _known(values), share * wanted, rng)]
        if least * len(dataset) <= len(rows) <= most * len(dataset):
            found.setdefault(rows.tobytes(), Slice(tuple(names[column] for column in chosen), rows))
    return list(found.values())


def _known(values: np.ndarray) -> np.ndarray:
    """Give the levels that occur, or all numbers in order."""
    return np.unique(values[values >= 0]) if values.dtype.kind == "i" else np.sort(values[~np.isnan(values)])


def _inside(values: np.ndarray, known: np.ndarray, wanted: float, rng: np.random.Generator) -> np.ndarray:
    """Mark the values of a random level, or in a random range that holds about so many."""
    if values.dtype.kind == "i":
        return values == rng.choice(known) if len(known) else np.zeros(len(values), dtype=bool)
    width = round(wanted)
    if not 0 < width <= len(known):
        return np.zeros(len(values), dtype=bool)
    start = int(rng.integers(0, len(known) - width + 1))
    return (values >= known[start]) & (values <= known[start + width - 1])
