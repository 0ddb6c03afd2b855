"""What a profile that leaves the house may show: no value, extreme or level of a real row that fewer than ten rows back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from assay.checking.digits import CLASSES

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


def targets(profile: Any) -> dict[str, np.ndarray]:
    """Give, for every crossed cell, the most frequent cell of the same columns, to which small cells are added.

    Parameters
    ----------
    profile : Profile
        The one that fixed the layout.

    Returns
    -------
    dict of str to ndarray of int32
        By name of the array, of its shape without the blocks, positions in the flattened array.
    """
    out: dict[str, np.ndarray] = {}
    for name, owner in _owners(profile).items():
        total = _total(profile, name)
        order = np.lexsort((-total, owner))
        first = np.flatnonzero(np.append(True, owner[order][1:] != owner[order][:-1])) if len(order) else order
        best = np.zeros(int(owner.max(initial=-1)) + 1, dtype=np.int32)
        best[owner[order][first]] = order[first]
        out[name] = best[owner]
    return out


def small(profile: Any) -> dict[str, np.ndarray]:
    """Mark the crossed cells that 1 to 9 rows stand behind, flattened, by name of the array."""
    return {name: (_total(profile, name) > 0) & (_total(profile, name) < LEAST) for name in _owners(profile)}


def without_small(profile: Any, masks: Mapping[str, np.ndarray], goals: Mapping[str, np.ndarray]) -> Any:
    """Add crossed counts of few rows to the most frequent cell of the same columns, and sums of few values to another block's.

    Parameters
    ----------
    profile : Profile
        Of any table.
    masks : mapping of str to ndarray of bool
        Cells to be pooled, as `small` gives them. Tables that are compared must be pooled alike, or what is blank in one and
        not in the other would pass for a difference.
    goals : mapping of str to ndarray of int
        Where to, as `targets` gives it.

    Returns
    -------
    Profile
        Of the same layout; row counts, cells of single columns and totals of moments stay.
    """
    changed: dict[str, np.ndarray] = {"moments": _pooled(profile.moments), "excesses": _pooled(profile.excesses)}
    for name, mask in masks.items():
        array = getattr(profile, name)
        flat = array.reshape(len(array), -1).copy()
        at = np.flatnonzero(mask & (goals[name] != np.arange(flat.shape[1])))
        moved = flat[:, at]
        flat[:, at] = 0
        np.add.at(flat.T, goals[name][at], moved.T)
        changed[name] = flat.reshape(array.shape)
    return replace(profile, **changed)


def _owners(profile: Any) -> dict[str, np.ndarray]:
    """Give the number of the columns crossed in each cell of the flattened arrays of crossed counts."""
    layout = profile.layout
    column = np.repeat(np.arange(len(layout.columns)), np.diff(layout.group_offsets))
    triples = layout.triples.offsets
    digits = np.arange(int(layout.digit_offsets[-1])) // CLASSES  # of one group of one column
    return {
        "digits": digits,
        "pairs": (column[:, None] * max(len(layout.columns), 1) + column).ravel(),
        "triples": np.repeat(np.arange(max(len(triples) - 1, 0)), np.diff(triples)),
    }


def _total(profile: Any, name: str) -> np.ndarray:
    return getattr(profile, name).sum(axis=0, dtype=np.float64).ravel()


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
