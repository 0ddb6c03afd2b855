"""A small tree that says on which few columns a target depends, in conditions that a person can read and edit."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assay.data.dataset import Dataset
from assay.scenario.marginals import FEWEST, cut_points
from assay.scenario.toml_text import formula_name, formula_text

MOST_LEAVES = 16
MOST_CUTS = 16
MOST_LEVELS = 40
LEAST_GAIN = 0.002  # of the target's own variance
LEAST_LEAF = 50


@dataclass(frozen=True, slots=True)
class Feature:
    """A column that the tree may ask for: numbers, or codes of its levels."""

    name: str
    values: np.ndarray
    levels: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """Rows that share their conditions."""

    conditions: tuple[str, ...]
    rows: np.ndarray


@dataclass(frozen=True, slots=True)
class _Split:
    gain: float
    left: np.ndarray
    yes: str
    no: str


def features_of(dataset: Dataset, names: list[str]) -> list[Feature]:
    """Give columns as a tree asks for them; those of too many levels, or of dates, are left out."""
    out: list[Feature] = []
    for name in names:
        column = dataset.schema.column(name)
        if column.kind == "numeric":
            out.append(Feature(name, dataset.numbers(name), None))
        elif column.levelled:
            texts = dataset.table.column(name).to_pylist()
            found = sorted({cell for cell in texts if cell is not None}, key=str)
            if not 2 <= len(found) <= MOST_LEVELS:
                continue
            place = {cell: at for at, cell in enumerate(found)}
            codes = np.array([place.get(cell, -1) for cell in texts])
            out.append(Feature(name, codes, tuple(_literal(cell) for cell in found)))
    return out


def grow(features: list[Feature], outputs: np.ndarray) -> list[Leaf]:
    """Split rows where the target differs most.

    Parameters
    ----------
    features : list of Feature
        Columns that may be asked for.
    outputs : numpy.ndarray of float64, shape (rows, outputs)
        Indicators of the target's classes, or its ranks.

    Returns
    -------
    list of Leaf
        One leaf without conditions where nothing helps.

    Notes
    -----
    Greedy: the split of the most gain in the sum of squares comes first, up to 16 leaves of at least 50 rows and 0.5% of all.
    What it cannot see: dependence that shows only in two columns together.
    """
    total = float(((outputs - outputs.mean(axis=0)) ** 2).sum())
    least = max(LEAST_LEAF, int(0.005 * len(outputs)))
    leaves = [Leaf((), np.arange(len(outputs)))]
    splits: list[_Split | None] = [_best(features, outputs, leaves[0].rows, least)]
    while len(leaves) < MOST_LEAVES and total > 0:
        gains = [-1.0 if split is None else split.gain for split in splits]
        at = int(np.argmax(gains))
        split = splits[at]
        if split is None or gains[at] < LEAST_GAIN * total:
            break
        leaf = leaves[at]
        parts = [
            Leaf((*leaf.conditions, split.yes), leaf.rows[split.left]),
            Leaf((*leaf.conditions, split.no), leaf.rows[~split.left]),
        ]
        leaves[at : at + 1] = parts
        splits[at : at + 1] = [_best(features, outputs, part.rows, least) for part in parts]
    return leaves


def _best(features: list[Feature], outputs: np.ndarray, rows: np.ndarray, least: int) -> _Split | None:
    best: _Split | None = None
    if len(rows) < 2 * least:
        return None
    here = outputs[rows]
    for feature in features:
        found = (_by_level if feature.levels is not None else _by_number)(feature, here, feature.values[rows], least)
        if found is not None and (best is None or found.gain > best.gain):
            best = found
    return best


def _gain(here: np.ndarray, left: np.ndarray) -> float:
    n, inside = len(here), int(left.sum())
    total, part = here.sum(axis=0), here[left].sum(axis=0)
    rest = total - part
    return float((part**2).sum() / inside + (rest**2).sum() / (n - inside) - (total**2).sum() / n)


def _by_number(feature: Feature, here: np.ndarray, values: np.ndarray, least: int) -> _Split | None:
    known = values[np.isfinite(values)]
    if len(known) < 2 * least:
        return None
    best: _Split | None = None
    for cut in np.unique([float(f"{cut:.4g}") for cut in cut_points(known, MOST_CUTS)]):
        left = values < cut
        if least <= left.sum() <= len(values) - least:
            gain = _gain(here, left)
            if best is None or gain > best.gain:
                name = formula_name(feature.name)
                best = _Split(gain, left, f"{name} < {cut:.15g}", f"{name} >= {cut:.15g}")
    return best


def _by_level(feature: Feature, here: np.ndarray, codes: np.ndarray, least: int) -> _Split | None:
    assert feature.levels is not None
    counts = np.bincount(codes[codes >= 0], minlength=len(feature.levels))
    backed = np.flatnonzero(counts >= FEWEST)
    if len(backed) < 2:
        return None
    main = here[:, int(np.argmax(here.var(axis=0)))]
    means = np.array([main[codes == level].mean() for level in backed])
    order = backed[np.argsort(means, kind="stable")]
    best: _Split | None = None
    for end in range(1, len(order)):
        few = order[:end] if end <= len(order) - end else order[end:]  # the shorter list is named
        inside = np.isin(codes, few)
        if least <= inside.sum() <= len(codes) - least:
            gain = _gain(here, inside)
            if best is None or gain > best.gain:
                words = ", ".join(feature.levels[level] for level in sorted(few))
                name = formula_name(feature.name)
                asked = f"{name} = {words}" if len(few) == 1 else f"{name} in ({words})"
                no = f"{name} != {words}" if len(few) == 1 else f"{name} not in ({words})"
                best = _Split(gain, inside, asked, no)
    return best


def _literal(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return formula_text(cell) if isinstance(cell, str) else f"{cell}"
