"""Groups of people or things that synthetic rows must not wrong: levels and ranges of columns, chosen by their size alone."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from assay.core.protocols import Context
from assay.data.codec import Codec
from assay.data.dataset import Dataset

LEAST_ROWS = 100  # real rows of a group, and of the rest of the table
LEAST_SHARE = 0.04  # of the real rows, where no column is declared sensitive
MOST_GROUPS = 80  # the largest, where no column is declared sensitive
PARTS = 4  # ranges of equal count of a number
FEW = 20  # different numbers up to which each is a group of its own: codes, and no quantity


class Groups(NamedTuple):
    """The groups of one column: their names, and each row's group in the real, the synthetic and the holdout rows.

    ``real``, ``synthetic`` and ``holdout`` have shape (rows,) and hold the position in ``names``, -1 for no group.
    """

    column: str
    names: list[str]
    real: np.ndarray
    synthetic: np.ndarray
    holdout: np.ndarray | None


def find_groups(context: Context) -> tuple[list[Groups], dict[str, str]]:
    """Find the groups of the sensitive columns, or of all categorical ones where none is declared.

    Returns
    -------
    found : list of Groups
        Chosen by the number of real rows only: a choice by what the synthetic rows do would bias every bound.
    left_out : dict of str to str
        Declared columns with groups that are too small, or that cannot be cut, with the reason.
    """
    schema = context.schema
    declared = [name for name in schema.sensitive if name in schema.names]
    columns = declared or [name for name in schema.features if schema.column(name).levelled]
    codec: Codec = context.share("codec", lambda: Codec(schema).fit(context.real))
    found: list[Groups] = []
    left_out: dict[str, str] = {}
    for name in columns:
        if name not in schema.modelled or name == schema.target:
            left_out[name] = "an id, free text, the entity or the target: its values are no groups"
            continue
        groups, small = _cut(context, codec, name, LEAST_ROWS if declared else LEAST_SHARE * len(context.real))
        if groups.names:
            found.append(groups)
        if declared and (small or not groups.names):
            left_out[name] = f"groups with fewer than {LEAST_ROWS} real rows, inside or outside, were not looked at"
    return (found if declared else _largest(found)), left_out


def _cut(context: Context, codec: Codec, name: str, least: float) -> tuple[Groups, bool]:
    least = max(least, LEAST_ROWS)
    if context.schema.column(name).ordered:
        known = context.real.numbers(name)
        known = known[~np.isnan(known)]
        numeric = context.schema.column(name).kind == "numeric"
        values = np.unique(known)
        if numeric and len(values) <= FEW:
            names = [f"{name} = {value:g}" for value in values]
            cuts, other = values, len(names) + 1
        else:
            cuts = np.quantile(known, np.arange(1, PARTS) / PARTS) if known.size else np.array([])
            # rounded to three digits, so that a name discloses nobody
            cuts = np.unique([float(f"{cut:.3g}") for cut in cuts]) if numeric else np.unique(cuts)
            names, other = _ranges(name, cuts, numeric), None

        def codes_of(dataset: Dataset) -> np.ndarray:
            numbers = dataset.numbers(name)
            place = np.searchsorted(cuts, numbers, side="right")
            if other is not None:  # values that the real table does not have are no group
                place = np.where(np.isin(numbers, cuts), place - 1, other)
            return np.where(np.isnan(numbers), len(names), place)
    else:
        levels = codec.levels_[name]
        names = [f"{name} = {level}" for level in levels.slice(0, 1000).to_pylist()]

        def codes_of(dataset: Dataset) -> np.ndarray:
            codes = dataset.codes(name, levels)
            # levels the real table does not have, or beyond the thousandth, are no group; null is one, the last
            return np.where(codes < 0, len(names), np.where(codes >= len(names), len(names) + 1, codes))

    real = codes_of(context.real)
    titles = [*names, f"{name} is null"]
    counts = np.bincount(real, minlength=len(titles) + 1)[: len(titles)]
    kept = np.flatnonzero((counts >= least) & (len(real) - counts >= LEAST_ROWS))
    small = bool(np.any((counts > 0) & ~np.isin(np.arange(len(titles)), kept)))
    place = np.full(len(titles) + 1, -1)
    place[kept] = np.arange(len(kept))
    synthetic = place[codes_of(context.synthetic)]
    holdout = None if context.holdout is None else place[codes_of(context.holdout)]
    return Groups(name, [titles[at] for at in kept], place[real], synthetic, holdout), small


def _ranges(name: str, cuts: np.ndarray, numeric: bool) -> list[str]:
    if not numeric:
        return [f"{name} in part {at + 1} of {len(cuts) + 1}" for at in range(len(cuts) + 1)]
    if not len(cuts):
        return [f"{name} is given"]
    inner = [f"{low:g} <= {name} < {high:g}" for low, high in itertools.pairwise(cuts)]
    return [f"{name} < {cuts[0]:g}", *inner, f"{name} >= {cuts[-1]:g}"]


def _largest(found: list[Groups]) -> list[Groups]:
    """Keep the largest groups of all columns together, columns in order."""
    sizes = [
        (int(np.sum(groups.real == at)), -place, -at) for place, groups in enumerate(found) for at in range(len(groups.names))
    ]
    chosen = {(-place, -at) for _, place, at in sorted(sizes, reverse=True)[:MOST_GROUPS]}
    kept: list[Groups] = []
    for place, groups in enumerate(found):
        own = [at for at in range(len(groups.names)) if (place, at) in chosen]
        if not own:
            continue
        renumber = np.full(len(groups.names) + 1, -1)
        renumber[own] = np.arange(len(own))
        holdout = None if groups.holdout is None else renumber[groups.holdout]
        names = [groups.names[at] for at in own]
        kept.append(Groups(groups.column, names, renumber[groups.real], renumber[groups.synthetic], holdout))
    return kept
