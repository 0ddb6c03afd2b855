"""Density ratios of real to synthetic rows as sums of terms of one or two columns, each a formula or a table of numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._bases import LEAST, Basis, Cells, Levels, Part, Ranges, Score, basis_of, column_basis, part_of

RIDGES = (3.0, 10.0, 30.0, 100.0)  # in real rows
NEWTON = 6
RANGES, COARSE = 8, 4  # of a number alone, and in a pair
RATE, HOLD = 0.3, 10.0  # of a boosting step: how much of it is taken, and how many rows hold it back
FIRST, SECOND = 40, 30  # steps with single columns, then with the best pairs too
PAIRS, COLUMNS = 6, 14


class Linear(NamedTuple):
    """Scores, their squares, indicators of levels and nulls: what a logistic regression sees."""

    terms: tuple[Basis, ...]
    values: np.ndarray


class Binned(NamedTuple):
    """Columns in cells, single and in pairs: what boosting sees.

    Parameters
    ----------
    terms : list of tuple of Part
        Columns.
    codes : list of numpy.ndarray of int, shape (rows,)
        Cell of each row.
    sizes : list of int
        Cells of each.
    single : int
        How many come before the pairs.
    """

    terms: list[tuple[Part, ...]]
    codes: list[np.ndarray]
    sizes: list[int]
    single: int


def linear(scene: Scene, names: Sequence[str], synthetic: np.ndarray) -> Linear:
    """Read columns off the real rows and some synthetic ones, real first, each number standardised."""
    table = scene.synthetic.take(synthetic)
    terms: list[Basis] = []
    for name in names:
        basis = column_basis(scene.real, scene.synthetic, name)
        terms += [] if basis is None else [basis]
        if scene.schema.column(name).ordered and min(scene.real.nulls(name).sum(), scene.synthetic.nulls(name).sum()) >= LEAST:
            terms.append(Cells((Ranges(name, ()),), ((1,),)))
    parts = [_wide(term, part) for term in terms for part in (scene.real, table)]
    values = [np.concatenate(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return Linear(tuple(terms), np.concatenate(values, axis=1) if values else np.zeros((len(scene.real) + len(table), 0)))


def binned(scene: Scene, names: Sequence[str], synthetic: np.ndarray) -> Binned:
    """Read columns in cells off the real rows and some synthetic ones, real first."""
    table = scene.synthetic.take(synthetic)
    fine = [_part(scene, name, RANGES) for name in names]
    fine = [part for part in fine if part.size > 2]
    coarse = [_part(scene, part.column, COARSE) for part in fine[:COLUMNS]]
    read = {part: np.concatenate([part.cells(scene.real), part.cells(table)]) for part in {*fine, *coarse}}
    terms: list[tuple[Part, ...]] = [(part,) for part in fine]
    codes = [read[part] for part in fine]
    for one, other in itertools.combinations(coarse, 2):
        terms.append((one, other))
        codes.append(read[one] * other.size + read[other])
    return Binned(terms, codes, [int(np.prod([part.size for part in term])) for term in terms], len(fine))


def logistic(values: np.ndarray, truth: np.ndarray, counts: np.ndarray, start: np.ndarray, ridge: float) -> np.ndarray:
    """Fit a logistic regression with a ridge, on standardised values, by Newton's steps.

    Parameters
    ----------
    values : numpy.ndarray, shape (rows, d)
        A column of ones last, which is not held back.
    truth, counts : numpy.ndarray, shape (rows,)
        1 for real rows, and how much each row counts.
    start : numpy.ndarray, shape (d,)
        Coefficients to begin with.
    ridge : float
        Penalty ``ridge sum b^2 / 2``.
    """
    stiff = np.full(values.shape[1], ridge)
    stiff[-1] = 1e-6
    found = start
    for _ in range(NEWTON):
        chance = expit(values @ found)
        down = values.T @ (counts * (chance - truth)) + stiff * found
        slope = (values * (counts * np.maximum(chance * (1.0 - chance), 1e-4))[:, None]).T @ values + np.diag(stiff)
        step = np.linalg.solve(slope, down)
        found = found - step * min(1.0, 2.0 / max(float(np.abs(step).max(initial=0.0)), 1e-12))
        if float(np.abs(step).max(initial=0.0)) < 1e-4:
            break
    return found


def boosted(
    cells: Binned, rows: np.ndarray, truth: np.ndarray, counts: np.ndarray, steps: int = FIRST + SECOND
) -> tuple[list[tuple[int, np.ndarray]], np.ndarray]:
    """Boost a sum of tables: each step moves one column, later one pair, where it gains most.

    Parameters
    ----------
    cells : Binned
        All rows.
    rows : numpy.ndarray of bool, shape (rows,)
        Rows to learn from.
    truth, counts : numpy.ndarray, shape (rows,)
        1 for real rows, and how much each row counts; both kinds count alike in all.
    steps : int
        How many.

    Returns
    -------
    list of (term, table), path : numpy.ndarray of shape (steps + 1, rows)
        What each step added, and the log ratio of all rows after each.

    Notes
    -----
    Newton's step for a cell is ``G / (H + 10)``, G and H sums of gradients and curvatures, of which three tenths are taken; cells
    in which fewer than ten real rows are, or would be by their synthetic share, stay where they are.

    References
    ----------
    Friedman (2001), Greedy function approximation, Annals of Statistics 29. Lou, Caruana, Gehrke and Hooker (2013), Accurate
    intelligible models with pairwise interactions, KDD.
    """
    path = np.zeros((steps + 1, len(truth)))
    active = list(range(cells.single))
    found: list[tuple[int, np.ndarray]] = []
    own, kept = counts[rows], truth[rows]
    inner = [code[rows] for code in cells.codes]
    able = [_able(code, size, kept, own) for code, size in zip(inner, cells.sizes, strict=True)]
    power = np.zeros(len(own))
    stacked, starts = _stacked([inner[at] for at in active], [cells.sizes[at] for at in active])
    for step in range(steps):
        chance = expit(power)
        pull, bend = own * (kept - chance), own * chance * (1.0 - chance)
        if step == FIRST and len(cells.codes) > cells.single:
            gains = [_gain(inner[at], cells.sizes[at], pull, bend, able[at]) for at in range(cells.single, len(inner))]
            active += [cells.single + int(at) for at in np.argsort(gains)[::-1][:PAIRS]]
            stacked, starts = _stacked([inner[at] for at in active], [cells.sizes[at] for at in active])
        if not active:
            break
        width = len(active)
        sums = np.bincount(stacked, weights=np.tile(pull, width), minlength=starts[-1])
        bends = np.bincount(stacked, weights=np.tile(bend, width), minlength=starts[-1])
        may = np.concatenate([able[at] for at in active])
        gain = np.add.reduceat(may * sums**2 / (bends + HOLD), starts[:-1])
        best = int(np.argmax(gain))
        part = slice(starts[best], starts[best + 1])
        table = RATE * may[part] * sums[part] / (bends[part] + HOLD)
        found.append((active[best], table))
        power = power + table[inner[active[best]]]
        path[step + 1] = path[step] + table[cells.codes[active[best]]]
    return found, path


def linear_setting(read: Linear, coefficients: np.ndarray) -> list[dict[str, Any]]:
    """Give the terms of a logistic regression as JSON."""
    entries: list[dict[str, Any]] = []
    at = 0
    for term in read.terms:
        width = 2 if isinstance(term, Score) else term.numbers
        entries.append({"basis": term.to_dict(), "coefficients": coefficients[at : at + width].tolist()})
        at += width
    return entries


def binned_setting(read: Binned, steps: Sequence[tuple[int, np.ndarray]]) -> list[dict[str, Any]]:
    """Give the sum of a boosted model's tables as JSON, one entry a column or pair."""
    tables: dict[int, np.ndarray] = {}
    for at, table in steps:
        tables[at] = tables.get(at, 0.0) + table
    return [
        {"parts": [part.to_dict() for part in read.terms[at]], "table": table.tolist()} for at, table in sorted(tables.items())
    ]


def log_ratio(terms: Sequence[Mapping[str, Any]], table: Dataset) -> np.ndarray:
    """Give each row's log ratio, but for a constant."""
    total = np.zeros(len(table))
    for term in terms:
        if "basis" in term:
            total += _wide(basis_of(term["basis"]), table) @ np.asarray(term["coefficients"])
        else:
            parts = [part_of(part) for part in term["parts"]]
            cells = np.ravel_multi_index(tuple(part.cells(table) for part in parts), tuple(part.size for part in parts))
            total += np.asarray(term["table"])[cells]
    return total


def _wide(basis: Basis, table: Dataset) -> np.ndarray:
    """Give a score with its square, or indicators."""
    values = basis.matrix(table)
    return np.concatenate([values, (values**2 - 1.0) / np.sqrt(2.0)], axis=1) if isinstance(basis, Score) else values


def _part(scene: Scene, name: str, ranges: int) -> Part:
    if scene.schema.column(name).ordered:
        return Ranges.of(scene.synthetic, name, ranges)
    return Levels.of(scene.real, name)


def _able(code: np.ndarray, size: int, truth: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mark the cells in which ten real rows are, or would be."""
    real = np.bincount(code, weights=truth * counts, minlength=size)
    synthetic = np.bincount(code, weights=(1.0 - truth) * counts, minlength=size)
    return ((real >= LEAST) | (synthetic >= LEAST)).astype(np.float64)


def _gain(code: np.ndarray, size: int, pull: np.ndarray, bend: np.ndarray, able: np.ndarray) -> float:
    sums, bends = np.bincount(code, weights=pull, minlength=size), np.bincount(code, weights=bend, minlength=size)
    return float(np.sum(able * sums**2 / (bends + HOLD)))


def _stacked(codes: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Put the cells of several columns behind each other."""
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return np.concatenate(
        [code + start for code, start in zip(codes, starts[:-1], strict=True)] or [np.empty(0, np.int64)]
    ), starts
