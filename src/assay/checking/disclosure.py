"""What a profile that leaves the house may show: no value, extreme or level of a real row that fewer than ten rows back."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

LEAST = 10
ROWS_PER_BLOCK = 100


def rounded(quantiles: np.ndarray) -> np.ndarray:
    """Round quantiles, which are values of single rows, to the shortest decimals that still tell them apart.

    Parameters
    ----------
    quantiles : ndarray of shape (points,)
        Ascending.

    Returns
    -------
    ndarray of shape (points,)
        Ascending; each point to two digits of its distance to the nearest other one, and never more than three digits of the
        whole range, so that a value that one row holds is not read off an edge.
    """
    if len(quantiles) < 2:
        return quantiles
    distinct = np.unique(quantiles)
    if len(distinct) < 2:
        return quantiles
    gaps = np.diff(distinct)
    near = np.minimum(np.append(gaps, gaps[-1]), np.insert(gaps, 0, gaps[0]))
    near = np.maximum(near, float(distinct[-1] - distinct[0]) / 1000 if np.isfinite(distinct[-1] - distinct[0]) else near)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        step = 10.0 ** np.floor(np.log10(near))
        short = np.round(distinct / step) * step
    short = np.where(np.isfinite(short), short, distinct)
    return np.maximum.accumulate(short)[np.searchsorted(distinct, quantiles)]


def backed_edges(edges: np.ndarray, values: np.ndarray, every: int = 1) -> np.ndarray:
    """Leave edges out until ten rows stand between any two, below the first and above the last.

    Parameters
    ----------
    edges : ndarray of shape (edges,)
        Ascending.
    values : ndarray of shape (rows,)
        The column, ascending; NaN last.
    every : int
        How many rows of the table each of them stands for.
    """
    below = np.searchsorted(values, edges, side="left")
    present = int(np.searchsorted(values, np.inf, side="right"))
    kept: list[int] = []
    last = 0
    for at, rows in enumerate(below):
        if rows - last >= LEAST / every and present - rows >= LEAST / every:
            kept.append(at)
            last = int(rows)
    return edges[kept]


def without_small(profile: Any) -> Any:
    """Blank the crossed counts that fewer than ten rows stand behind, and pool sums of values of fewer than ten rows.

    Parameters
    ----------
    profile : Profile
        Of any table.

    Returns
    -------
    Profile
        In every array whose first axis is the blocks and that crosses columns (all but rows, cells and moments), entries with
        1 to 9 rows over all blocks are 0. The moments of blocks in which fewer than 10 rows take a transform are added to
        another block's, so that no sum is one row's value; totals stay.
    """
    changed: dict[str, np.ndarray] = {}
    for field in fields(profile):
        array = getattr(profile, field.name)
        if not isinstance(array, np.ndarray) or field.name in ("rows", "cells"):
            continue
        changed[field.name] = _pooled(array) if field.name == "moments" else _blanked(array)
    return replace(profile, **changed)


def _blanked(array: np.ndarray) -> np.ndarray:
    total = array.sum(axis=0, dtype=np.float64)
    small = (total > 0) & (total < LEAST)
    return np.where(small[None], np.zeros((), dtype=array.dtype), array) if small.any() else array


def _pooled(moments: np.ndarray) -> np.ndarray:
    out = moments.copy()
    for at in np.ndindex(out.shape[1:-1]):
        part = out[(slice(None), *at)]
        number = part[:, 0]
        small = (number > 0) & (number < LEAST)
        if not small.any():
            continue
        # The largest block takes them; if even together they are too few, nothing is told.
        pool = part[small].sum(axis=0)
        part[small] = 0.0
        part[int(np.argmax(part[:, 0]))] += pool
        if part[:, 0].sum() < LEAST:
            part[:] = 0.0
    return out
