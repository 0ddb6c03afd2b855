"""Columns in a few bins, to see how much two of them have to do with each other."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from assay.damage._columns import codes
from assay.data.dataset import Dataset
from assay.data.ground import Ground

BINS = 8
LEVELS = 12
USUAL_ERROR = 0.4  # of a normal with standard deviation 1, half the mean of the absolute value


def bins(dataset: Dataset, name: str) -> np.ndarray:
    """Give the bin of each row's value: eighths of a number or date, the eleven commonest levels, the others; nulls their own.

    Returns
    -------
    numpy.ndarray of int64, shape (rows,)
        From 0 to 12.
    """
    if dataset.schema.column(name).ordered:
        values = dataset.numbers(name)
        known = ~np.isnan(values)
        out = np.full(len(values), LEVELS, dtype=np.int64)
        out[known] = np.minimum((rankdata(values[known]) - 0.5) / max(known.sum(), 1) * BINS, BINS - 1).astype(np.int64)
        return out
    own = codes(dataset, name)
    order = np.argsort(-np.bincount(own[own >= 0], minlength=1), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.minimum(np.arange(len(order)), LEVELS - 1)
    return np.append(place, LEVELS)[own]


def apart(other: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Give the total variation between a column's distributions in two sets of rows, less what chance makes of it.

    Parameters
    ----------
    other : numpy.ndarray of int64, shape (rows,)
        From `bins`.
    first, second : numpy.ndarray of bool, shape (rows,)
        The sets, each with a row.

    Notes
    -----
    Chance: ``sum over bins of .4 sqrt(p (1 - p) (1 / n_first + 1 / n_second))``.
    """
    parts = [np.bincount(other[rows], minlength=LEVELS + 1) / rows.sum() for rows in (first, second)]
    p = np.bincount(other[first | second], minlength=LEVELS + 1) / (first | second).sum()
    chance = USUAL_ERROR * np.sqrt(p * (1 - p) * (1 / first.sum() + 1 / second.sum())).sum()
    return float(max(np.abs(parts[0] - parts[1]).sum() / 2 - chance, 0.0))


def dependence(one: np.ndarray, other: np.ndarray) -> float:
    """Give the total variation between the joint table of two columns and the product of their own, less what chance makes of it.

    Notes
    -----
    Chance: ``sum over cells of .4 sqrt(e / n)`` with e the product of the two shares.
    """
    n = len(one)
    joint = np.zeros((LEVELS + 1, LEVELS + 1))
    np.add.at(joint, (one, other), 1.0 / n)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    return float(max(np.abs(joint - product).sum() / 2 - USUAL_ERROR * np.sqrt(product / n).sum(), 0.0))


def partners(ground: Ground, name: str) -> dict[str, np.ndarray]:
    """Give the bins of all other modelled columns, the target among them, on the spare rows."""
    return {other: bins(ground.spare, other) for other in ground.schema.modelled if other != name}
