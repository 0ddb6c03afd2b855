"""Likeness of pairs of rows in the real and the synthetic table, column by column: how it is read, and how it is judged."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import NotApplicable
from assay.core.evidence import Family, Item
from assay.core.protocols import Context
from assay.data.dataset import Dataset
from assay.stats.items import signed_family
from assay.stats.likeness import Design, Likeness, errors, level_likeness, rank_likeness

DRAWS = 400
MOST_LEVELS = 30
WIDE = 0.065  # standard error between two real samples from which a likeness is too badly known to be judged


class Side(NamedTuple):
    """One table: how rows are compared where some are left out, who varies together, and how much there is to compare.

    Parameters
    ----------
    table : Dataset
        The rows.
    design : callable
        Gives the design for a mask of rows.
    units : ndarray of int, shape (rows,)
        Blocks' elements, see `assay.stats.likeness.errors`.
    length : int
        Elements in a block.
    cases : ndarray of int, shape (rows,)
        Entity or time of each row: what counts once where likeness is complete.
    pairs : int
        Entities of two rows and more, or steps in time.
    """

    table: Dataset
    design: Callable[[np.ndarray], Design | None]
    units: np.ndarray
    length: int
    cases: np.ndarray
    pairs: int


def codes(column: pa.ChunkedArray) -> np.ndarray:
    """Give every value the number of its place in order, nulls -1: the order of the rows does not matter."""
    encoded = column.combine_chunks()
    encoded = encoded.cast(encoded.type.value_type) if pa.types.is_dictionary(encoded.type) else encoded
    if pa.types.is_boolean(encoded.type):
        encoded = encoded.cast(pa.int8())
    encoded = encoded.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = pa.concat_arrays(encoded.chunks)
    place = np.empty(len(encoded.dictionary), dtype=np.int64)
    place[np.asarray(pc.array_sort_indices(encoded.dictionary))] = np.arange(len(place))
    found = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return np.where(found < 0, -1, place[found]) if len(place) else found


def entities(table: Dataset) -> np.ndarray | None:
    """Give every row the number of its entity in order, one without an entity a number of its own; None without a role."""
    if table.schema.entity is None:
        return None
    found = codes(table.table.column(table.schema.entity))
    alone = found < 0
    found[alone] = found.max(initial=-1) + 1 + np.arange(int(alone.sum()))
    return found


def judged(
    context: Context,
    measure: str,
    names: list[str],
    real: Side,
    synthetic: Side,
    *,
    least: int,
    role: str,
    method: str,
    facts: dict[str, object],
) -> tuple[Family, dict[str, str]]:
    """Compare the likeness of both tables, column by column.

    Parameters
    ----------
    context : Context
        The check.
    measure : str
        Name of the measure.
    names : list of str
        Columns.
    real, synthetic : Side
        Both tables.
    least : int
        Pairs below which a table has no likeness to speak of: the synthetic one's is then taken as nothing, known to half of
        ``1 / sqrt(pairs)``.
    role : str
        Column of the entity or the time, which findings name beside the column.
    method : str
        How the numbers were made.
    facts : dict
        What sentences need besides.

    Returns
    -------
    Family, dict
        What is judged; columns left out, each with the reason.

    Notes
    -----
    A column known to no better than `WIDE` cannot pass, and is left out unless a difference is proven, by bounds that are
    simultaneous over all columns. Where all are, the best known is judged, so that blindness does not read as a pass.
    """
    found: list[tuple[str, tuple[Likeness, float], tuple[Likeness, float]]] = []
    left_out: dict[str, str] = {}
    for name in names:
        both = _both(context, name, real, synthetic, lacking=synthetic.pairs < least)
        if isinstance(both, str):
            left_out[name] = both
        else:
            found.append((name, *both))
    if not found:
        raise NotApplicable(f"no column varies among the rows that {role} brings together")
    own, others = (
        errors(
            np.stack([both[which][0].influence for both in pairs], axis=1),
            side.units,
            side.length,
            np.array([both[which][1] for both in pairs]),
        )
        for pairs in [[one[1:] for one in found]]
        for which, side in enumerate((real, synthetic))
    )
    null = own * (1.0 + len(real.table) / len(synthetic.table))
    spread = np.sqrt(np.diag(null))
    known = spread <= max(WIDE, float(spread.min()))
    value = np.array([theirs.value - ours.value for _, (ours, _), (theirs, _) in found])
    noise, null_noise = _drawn(own + others, context.rng(measure, "noise")), _drawn(null, context.rng(measure, "null"))
    places = [
        {"columns": (name,), "facts": {"columns": (name, role), "real": ours.value, "synthetic": theirs.value, **facts}}
        for name, (ours, _), (theirs, _) in found
    ]
    sizes: dict[str, Any] = {"n_real": len(real.table), "n_synthetic": len(synthetic.table), "method": method}
    family = signed_family(measure, value, noise, null_noise, places, alpha=context.alpha / 2, with_mean=False, **sizes)
    items = tuple(item for at, item in enumerate(family.items) if known[at] or item.harm_low > 0)
    for at, item in enumerate(family.items):
        if item not in items:
            left_out[found[at][0]] = f"known to {1.96 * spread[at]:.2f} only at this size"
    well = np.flatnonzero(known)
    mean = signed_family(
        measure, value[well], noise[:, well], null_noise[:, well], [places[at] for at in well], alpha=context.alpha, **sizes
    ).mean
    assert mean is not None
    whole = Item(mean.estimate, mean.harm_low, mean.harm_high, mean.score, {**mean.facts, **facts, "columns": (role,)})
    return Family(measure, items, whole), left_out


def _both(
    context: Context, name: str, real: Side, synthetic: Side, *, lacking: bool
) -> tuple[tuple[Likeness, float], tuple[Likeness, float]] | str:
    """Give the likeness of one column in both tables, each with the least error it may have, or why there is none."""
    ordered = context.schema.column(name).ordered
    levels = None if ordered else _levels(real.table, name)
    found: list[tuple[Likeness, float]] = []
    for side, role in ((real, "real"), (synthetic, "synthetic")):
        if lacking and role == "synthetic":
            found.append((Likeness(0.0, np.zeros(len(side.table))), 0.5 / float(np.sqrt(side.pairs + 1.0))))
            continue
        values = side.table.numbers(name) if levels is None else side.table.codes(name, levels)
        design = side.design(~np.isnan(values) if levels is None else np.ones(len(values), dtype=bool))
        likeness = None
        if design is not None and levels is None:
            likeness = rank_likeness(design, values)
        elif design is not None and levels is not None:
            likeness = level_likeness(design, np.where(values < 0, len(levels) + 1, values), len(levels) + 2)
        if design is None or likeness is None:
            return f"does not vary where {role} rows are compared"
        found.append((likeness, _least(likeness.value, values[design.kept], side.cases[design.kept])))
    return found[0], found[1]


def _least(value: float, values: np.ndarray, cases: np.ndarray) -> float:
    """Give the standard error that no sample undercuts: two cases more or fewer are always within chance.

    Cases are those with a value other than the commonest: rows where there is no likeness, entities or times where it is
    complete, in proportion between. A column that hardly varies may show no spread at all by luck.
    """
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    varied = place != np.argmax(times)
    alike = min(abs(value), 1.0)
    rows, whole = max(int(varied.sum()), 1), max(len(np.unique(cases[varied])), 1)
    return 2.0 * (alike / whole + (1.0 - alike) / rows)


def _levels(table: Dataset, name: str) -> pa.Array:
    """Give the commonest levels, ties in the order of values; all others are one level together."""
    number = codes(table.table.column(name))
    counts = np.bincount(number[number >= 0], minlength=1)
    chosen = np.sort(np.lexsort((np.arange(len(counts)), -counts))[:MOST_LEVELS])
    first = np.full(len(counts), -1)
    first[number[number >= 0][::-1]] = np.flatnonzero(number >= 0)[::-1]
    rows = first[chosen]
    return table.table.column(name).take(pa.array(rows[rows >= 0])).combine_chunks()


def _drawn(covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw joint normal errors, shape (draws, items), each scaled to have its standard error exactly."""
    size, directions = np.linalg.eigh(covariance)
    drawn = rng.standard_normal((DRAWS, len(size))) @ (directions * np.sqrt(np.maximum(size, 0.0))).T
    return drawn * (np.sqrt(np.diag(covariance)) / np.maximum(drawn.std(axis=0, ddof=1), 1e-300))
