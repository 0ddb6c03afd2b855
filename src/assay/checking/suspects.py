"""Rows of the synthetic table that a finding names: copies, repeats, near ones of both, and rows that break a rule."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.evidence import Item
from assay.data.constraints import violations


class Suspects(NamedTuple):
    """Rows a finding names.

    Parameters
    ----------
    named : ndarray of bool, shape (synthetic rows,)
        Rows that go when the finding is repaired.
    alike : ndarray of bool, shape (synthetic rows,)
        These and the rows that they look like within the table: to a classifier each taught the other.
    asked : ndarray of bool, shape (synthetic rows,), optional
        Rows that were looked at, where not all were.
    """

    named: np.ndarray
    alike: np.ndarray
    asked: np.ndarray | None = None


def suspects(context: Any, measure: str, item: Item) -> Suspects | None:
    """Find the rows that an item counts, from what its measure left for others; None where it counts no rows."""
    if measure == "duplicate_rows":
        return _repeats(context, item)
    if measure == "exact_copies":
        same = context.share("rows", lambda: None)
        return None if same is None else _alone(np.isin(same.synthetic, same.real))
    if measure == "near_copies":
        return _near_copies(context, item)
    if measure == "near_repeats":
        found = context.share("near_repeats rows", lambda: None)
        return None if found is None else _among(len(context.synthetic), *found)
    if measure == "constraint_violations":
        rules = [*context.schema.constraints, *(context.share("constraints", lambda: None) or [])]
        for rule in rules:
            if rule.columns == item.estimate.columns and rule.kind == item.facts.get("kind"):
                return _alone(np.asarray(violations(rule, context.synthetic), dtype=bool))
    return None


def of_class(context: Any, item: Item) -> np.ndarray:
    """Tell which synthetic rows are of the class an item is about; all, where it is about none."""
    if "target" not in item.facts:
        return np.ones(len(context.synthetic), dtype=bool)
    column = context.synthetic.table.column(str(item.facts["target"]))
    return np.asarray(pc.fill_null(pc.equal(column, pa.scalar(item.facts["class"]).cast(column.type)), False))


def _repeats(context: Any, item: Item) -> Suspects | None:
    """Name all but the first of equal rows."""
    same = context.share("rows", lambda: None)
    if same is None:
        return None
    _, first, inverse, counts = np.unique(same.synthetic, return_index=True, return_inverse=True, return_counts=True)
    within = of_class(context, item)
    later = within.copy()
    later[first] = False
    return Suspects(later, (counts[inverse] > 1) & within)


def _near_copies(context: Any, item: Item) -> Suspects | None:
    """Name the rows under the item's ratio of distances to the nearest and the second nearest real row."""
    found = context.share("near", lambda: None)
    if found is None or "threshold" not in item.facts:
        return None
    distances, once = found.synthetic_real, found.synthetic_once
    if item.facts.get("aligned"):
        distances, once = found.aligned_real, found.aligned_once
    with np.errstate(invalid="ignore"):
        near = once & (distances[:, 1] > 0) & (distances[:, 0] <= float(item.facts["threshold"]) * distances[:, 1])
    return _among(len(context.synthetic), found.synthetic_queries, near)


def _alone(named: np.ndarray) -> Suspects:
    return Suspects(named, named)


def _among(rows: int, asked: np.ndarray, near: np.ndarray) -> Suspects | None:
    if not near.any() or near.all():
        return None
    named, seen = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    named[asked[near]] = True
    seen[asked] = True
    return Suspects(named, named, None if seen.all() else seen)
