"""Search the box of one to three columns that synthetic rows leave empty, by counting."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.stats.betting import log_likelihood

CELLS = 12
LEVELS = 12  # levels with a condition of their own
MOST_COLUMNS = 24  # the target among them
PARENTS = 10  # pairs of columns that are looked at with a third
NAMED = 10  # real rows behind every level that is named
RATIO = 0.25  # of the share of real rows that a region may hold of the synthetic ones


class Axis(NamedTuple):
    """A column in cells, shape (rows,), and conditions on it, shape (conditions, cells), each as JSON; None for no condition."""

    cells: np.ndarray
    member: np.ndarray
    conditions: tuple[Mapping[str, Any] | None, ...]


class Found(NamedTuple):
    """A region, and how much likelier the counts are with a share of its own (logarithm)."""

    place: Mapping[str, Any]
    score: float


def axes_of(real: Dataset, synthetic: Dataset, codec: Codec, seen: np.ndarray, named: int) -> list[Axis]:
    """Cut each column: numbers at quantiles of synthetic rows, so that no cut tells of a real one; levels one by one.

    Parameters
    ----------
    real, synthetic : Dataset
        Rows; those of an `Axis` are the real ones, then the synthetic.
    codec : Codec
        Knows the levels.
    seen : numpy.ndarray of bool, shape (real rows,)
        Real rows that decide which conditions there are; none of those that a bet counts.
    named : int
        How many of them a level or null needs: ten where the box is written down, none where it is forgotten.

    Returns
    -------
    list of Axis
        Of the first 24 columns that vary, the target before all; of levels those twelve that most of the rows seen have.
    """
    found: list[Axis] = []
    target = real.schema.target
    for name in sorted(real.schema.modelled, key=lambda name: name != target):
        if real.schema.column(name).ordered:
            axis = _numbers(name, real.numbers(name), synthetic.numbers(name), seen, named)
        else:
            levels = codec.levels_[name]
            texts = [str(level) for level in levels.cast("string").to_pylist()]
            axis = _levels(name, real.codes(name, levels), synthetic.codes(name, levels), texts, seen, named)
        if len(axis.conditions) > 1:
            found.append(axis)
    return found[:MOST_COLUMNS]


def emptiest_box(axes: Sequence[Axis], kept: np.ndarray, rows: int, weights: np.ndarray, least: int) -> Found | None:
    """Find the box whose rows speak most for a loss.

    Parameters
    ----------
    axes : sequence of Axis
        Of real rows, then synthetic.
    kept : numpy.ndarray of bool, shape (real rows,)
        Real rows that take part.
    rows : int
        Synthetic rows, effective.
    weights : numpy.ndarray, shape (synthetic rows,)
        Their weights, summing to `rows`.
    least : int
        Real rows that a box needs.

    Returns
    -------
    Found or None
        The box with the largest likelihood ratio among those in which synthetic rows have less than a quarter of the real share.
    """
    if len(axes) == 0:
        return None
    own = np.flatnonzero(kept)
    first, second = [axis.cells[: len(kept)][own] for axis in axes], [axis.cells[len(kept) :] for axis in axes]
    n = len(own)
    best: Found | None = None
    parents: list[tuple[float, tuple[tuple[int, int], ...]]] = []

    def better(hits: np.ndarray, others: np.ndarray, parts: Any) -> None:
        nonlocal best
        fits = np.flatnonzero((hits >= least) & ((others + 0.5) / rows <= RATIO * hits / n))
        if len(fits) == 0:
            return
        score = log_likelihood(hits.ravel()[fits], others.ravel()[fits], n, rows)
        at = int(np.argmax(score))
        if best is None or score[at] > best.score:
            where = [axes[axis].conditions[condition] for axis, condition in parts(int(fits[at]))]
            best = Found({"where": [condition for condition in where if condition is not None]}, float(score[at]))

    pairs = list(itertools.combinations(range(len(axes)), 2)) or [(0, 0)]
    for a, b in pairs:
        shape = axes[a].member.shape[1], axes[b].member.shape[1]
        real = np.bincount(first[a] * shape[1] + first[b], minlength=shape[0] * shape[1]).reshape(shape)
        made = np.bincount(second[a] * shape[1] + second[b], weights=weights, minlength=shape[0] * shape[1]).reshape(shape)
        hits, others = (axes[a].member @ table @ axes[b].member.T for table in (real, made))
        wide = hits.shape[1]
        better(hits.ravel(), others.ravel(), lambda at, a=a, b=b, wide=wide: ((a, at // wide), (b, at % wide)))
        promise = np.where(hits >= least, (hits / n - others / rows) / np.sqrt(np.maximum(hits, 1.0)), -np.inf)
        at = int(np.argmax(promise))
        if np.isfinite(promise.flat[at]):
            parents.append((float(promise.flat[at]), ((a, at // wide), (b, at % wide))))
    parents.sort(key=lambda entry: -entry[0])
    for _, where in parents[:PARENTS]:
        (a, i), (b, j) = where
        here, there = (
            np.flatnonzero((axes[a].member[i][cells[a]] > 0) & (axes[b].member[j][cells[b]] > 0)) for cells in (first, second)
        )
        for c, axis in enumerate(axes):
            if c in (a, b):
                continue
            size = axis.member.shape[1]
            hits = axis.member @ np.bincount(first[c][here], minlength=size)
            others = axis.member @ np.bincount(second[c][there], weights=weights[there], minlength=size)
            better(hits, others, lambda at, c=c, where=where: (*where, (c, at)))
    return best


def _numbers(name: str, real: np.ndarray, synthetic: np.ndarray, seen: np.ndarray, named: int) -> Axis:
    known = synthetic[np.isfinite(synthetic)]
    cuts = np.unique(known)[1:]
    if len(cuts) >= CELLS:
        cuts = np.unique(np.quantile(known, np.arange(1, CELLS) / CELLS, method="lower"))
    both = np.concatenate([real, synthetic])
    null = np.isnan(both)
    last = len(cuts) + 1
    cells = np.where(null, last, np.searchsorted(cuts, both, side="right"))
    member: list[np.ndarray] = []
    conditions: list[Mapping[str, Any] | None] = []
    for low, high in itertools.combinations(range(last + 1), 2):
        held = np.zeros(last + 1)
        held[low:high] = 1.0
        if high - low == last:
            held[last] = 1.0  # no condition at all
        member.append(held)
        ends = None if low == 0 else float(cuts[low - 1]), None if high == last else float(cuts[high - 1])
        conditions.append(None if high - low == last else {"column": name, "low": ends[0], "high": ends[1]})
    if np.isnan(real[seen]).sum() >= named:
        member.append(np.eye(last + 1)[last])
        conditions.append({"column": name, "null": True})
    return Axis(cells, np.array(member), tuple(conditions))


def _levels(name: str, real: np.ndarray, synthetic: np.ndarray, texts: Sequence[str], seen: np.ndarray, named: int) -> Axis:
    counts = np.bincount(np.where(real[seen] < 0, len(texts), real[seen]), minlength=len(texts) + 1)
    made = np.bincount(np.where(synthetic < 0, len(texts), synthetic), minlength=len(texts) + 1)
    order = sorted(range(len(texts)), key=lambda at: (-counts[at], -made[at], texts[at]))
    kept = min(len(order), LEVELS)
    place = np.full(len(texts) + 1, kept)
    place[order[:kept]] = np.arange(kept)
    place[-1] = kept + 1
    cells = place[np.concatenate([real, synthetic])]  # no level is -1: the last place
    conditions: list[Mapping[str, Any] | None] = [None]
    member = [np.ones(kept + 2)]
    for spot, at in [*enumerate(order[:kept]), (kept + 1, len(texts))]:
        if counts[at] >= named:
            conditions.append({"column": name, "null": True} if at == len(texts) else {"column": name, "level": texts[at]})
            member.append(np.eye(kept + 2)[spot])
    return Axis(cells, np.array(member), tuple(conditions))
