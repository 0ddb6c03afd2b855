"""Rows to touch, more of them at higher severity, and cells that change places so that a column's values stay what they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.data.dataset import Dataset
from assay.data.ground import replaced


def first(order: np.ndarray, share: float, rows: int | None = None) -> np.ndarray:
    """Give the first rows of a random order: those touched at one severity are touched at every higher one too.

    Parameters
    ----------
    order : numpy.ndarray of int64
        Rows that can be touched, in random order.
    share : float
        How many of them.
    rows : int, optional
        What `share` is a share of; default all of `order`.
    """
    wanted = round(share * (len(order) if rows is None else rows))
    return order[: min(wanted, len(order))]


def moved(dataset: Dataset, name: str, to: np.ndarray, source: np.ndarray) -> Dataset:
    """Give a dataset in which the cells of one column in the rows `to` are those of the rows `source`."""
    at = np.arange(len(dataset))
    at[to] = source
    return replaced(dataset, name, dataset.table.column(name).combine_chunks().take(pa.array(at)))


def rotated(dataset: Dataset, name: str, rows: np.ndarray) -> Dataset:
    """Give a dataset in which each of some rows has its neighbour's cell of one column, in the order given.

    Notes
    -----
    In random order this is a random permutation without a fixed row: the values stay, what they went with does not.
    """
    return moved(dataset, name, rows, np.roll(rows, 1))


def swaps(values: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pair rows of different values, as many as there can be and every row once at most.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Numbers of classes, or numbers; of numbers the upper half is paired with the lower in order.
    rows : numpy.ndarray of int64
        Rows to pair.
    rng : numpy.random.Generator
        Breaks ties and orders the pairs.

    Returns
    -------
    numpy.ndarray of int64, shape (pairs, 2)
        In random order.

    Notes
    -----
    Rows sorted by value, the class of most rows first, are paired half a length apart: two rows of one class meet only where
    it holds more than half of the rows.
    """
    own = values[rows]
    _, codes, counts = np.unique(own, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable") if values.dtype.kind in "iu" else np.arange(len(counts))] = np.arange(len(counts))
    order = rows[np.lexsort((rng.random(len(rows)), rank[codes]))]
    half = len(order) // 2
    pairs = np.column_stack([order[:half], order[len(order) - half :]])
    pairs = pairs[values[pairs[:, 0]] != values[pairs[:, 1]]]
    return pairs[rng.permutation(len(pairs))]
