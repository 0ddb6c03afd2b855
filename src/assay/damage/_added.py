"""Columns that a damage needs and a table does not have: made for all three parts alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from assay.damage._columns import codes
from assay.data.dataset import Dataset
from assay.data.ground import Ground
from assay.data.schema import Column, Kind

DIGITS = 3


def fresh_name(ground: Ground, stem: str) -> str:
    """Give a column name that the table does not have yet."""
    taken, at, name = set(ground.schema.names), 1, stem
    while name in taken:
        at += 1
        name = f"{stem}_{at}"
    return name


def with_column(dataset: Dataset, name: str, cells: pa.Array, kind: Kind) -> Dataset:
    """Give a dataset with one more column, in its schema too."""
    schema = dataset.schema
    added = Column(name, kind, str(cells.type))
    return Dataset(
        dataset.table.append_column(name, cells), schema.with_changes(columns=(*schema.columns, added)), name=dataset.name
    )


Split = Callable[[Dataset], np.ndarray]


def split(ground: Ground, name: str) -> tuple[Split, float]:
    """Find a way to part the rows in two by one column, as near to halves as it can be done.

    Parameters
    ----------
    ground : Ground
        The way is found in the real rows.
    name : str
        A column with an order is cut at its median, another one parted by its level of nearest to half of the rows.

    Returns
    -------
    tuple of (callable, float)
        What marks the rows of one side, and the share of the real rows there.
    """
    real = ground.real
    if real.schema.column(name).ordered and not (name == real.schema.target and real.schema.task != "regression"):
        values = real.numbers(name)
        known = values[~np.isnan(values)]
        cut = float(np.median(known)) if len(known) else 0.0

        def above(dataset: Dataset) -> np.ndarray:
            return dataset.numbers(name) > cut

        return above, float(above(real).mean())
    own = codes(real, name)
    counts = np.bincount(own[own >= 0]) if (own >= 0).any() else np.zeros(1, dtype=np.int64)
    level = int(np.argmin(np.abs(counts - len(real) / 2)))
    column = real.table.column(name)
    if not (own == level).any():
        return lambda dataset: np.zeros(len(dataset), dtype=bool), 0.0
    plain = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    value = pa.array([column[int(np.flatnonzero(own == level)[0])].as_py()], plain)

    def equal(dataset: Dataset) -> np.ndarray:
        return dataset.codes(name, value) == 0

    return equal, float((own == level).mean())


def crossed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Give the shares of the four cells of two marks, shape (2, 2)."""
    return np.bincount(2 * first.astype(np.int64) + second, minlength=4).reshape(2, 2) / max(len(first), 1)


def joint_only(
    first: np.ndarray, second: np.ndarray, shares: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Draw standard normal numbers that depend on two marks together and on neither alone.

    Parameters
    ----------
    first, second : numpy.ndarray of bool, shape (rows,)
        The marks.
    shares : numpy.ndarray, shape (2, 2)
        Of their four cells in reality, none of them zero.
    strength : float
        In (0, .5]: how far the chance of a positive sign is from one half in the smallest cell.
    rng : numpy.random.Generator
        Draws the numbers.

    Returns
    -------
    numpy.ndarray of float64, shape (rows,)

    Notes
    -----
    The sign is positive with probability 1/2 + d min(p) / p_ab where both marks agree, and 1/2 - d min(p) / p_ab elsewhere, d
    the strength. Summed over either mark this is 1/2, whatever their own dependence: the sign is independent of each, and as
    the size is independent of both, so is the number.
    """
    sign = (
        np.where(first == second, 1.0, -1.0) * strength * shares.min() / shares[first.astype(np.int64), second.astype(np.int64)]
    )
    positive = rng.random(len(first)) < 0.5 + sign
    size = np.abs(rng.standard_normal(len(first)))
    return np.round(np.where(positive, size, -size), DIGITS)


def lost(shares: np.ndarray, strength: float, severity: float) -> float:
    """Say how far the joint table of two marks and the sign of such numbers moves where a share of the rows loses the dependence.

    Returns
    -------
    float
        Le Cam distance, sqrt(1/2 sum (q - p)^2 / (p + q)).
    """
    away = strength * shares.min() / shares
    before = shares * np.stack([0.5 + away, 0.5 - away])
    after = shares * np.stack([0.5 + (1.0 - severity) * away, 0.5 - (1.0 - severity) * away])
    return float(np.sqrt(0.5 * np.sum((after - before) ** 2 / (after + before))))


def with_joint(
    ground: Ground, name: str, one: Split, other: Split, shares: np.ndarray, strength: float, rng: np.random.Generator
) -> tuple[Dataset, Dataset, Dataset]:
    """Give the real, the sound and the sealed rows with a column that depends on two marks together and on neither alone."""
    real, sound, holdout = (
        with_column(part, name, pa.array(joint_only(one(part), other(part), shares, strength, rng)), "numeric")
        for part in (ground.real, ground.sound, ground.holdout)
    )
    return real, sound, holdout
