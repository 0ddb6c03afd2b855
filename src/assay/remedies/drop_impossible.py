"""Rows with cells that no real row can have are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._dropped import better_restored, without
from assay.remedies._fits import fits
from assay.remedies._impossible import Suspect, Tests, marked, suspects

LEAST_REAL = 50
LEAST_ROWS = 50
MOST = 0.3
UNFIT = 0.01


class DropImpossible(Remedy):
    """Leave out rows with levels, numbers or gaps that the real rows would have shown if there were any.

    Notes
    -----
    Looked for are, in each column: levels that no real row has; rare levels together (at most 2, 10 or 50 rows of both tables),
    of which no real row has any; nulls where real rows have none; infinite values; numbers below zero where real ones never are,
    or beyond an end on which 3% of the real rows lie; numbers further out than the mean of the ten outermost real ones by the
    distance of that from the median, with hardly any in between.

    Test: of q the share in synthetic rows, none of n real rows has it with the chance ``(1 - q)^n``, exactly Fisher's; corrected
    for all that could have been missing (`assay.remedies._impossible.Tests`). At 300 real rows 3% suffice, at 1,000 one
    percent.

    A column of which more than 30% of the rows would go is left to remedies that change values: it was moved, not spoilt. Where
    the column's other values fit the real ones, the rows are wrong whatever the distribution, and the plan is a fact. Where
    they do not (all values were shifted, and some came to lie below zero), it is a plan to be judged.

    What it cannot see: values that are impossible in their row alone, and shares below about 5 / n.

    References
    ----------
    Hanley and Lippman-Hand (1983), If nothing goes wrong, is everything all right?, JAMA 249. Tarone (1990), A modified
    Bonferroni method for discrete data, Biometrics 46.
    """

    question = "Do synthetic rows have values that no real row can have?"
    mends = frozenset({"artefact", "constraint_violation", "missingness_change"})
    changes = "rows"
    also = frozenset({"weights"})
    cannot_see = "Values that are impossible in their row alone, and shares below about 5 in the number of real rows."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test what synthetic rows have and real ones lack."""
        scene = scene.made
        if len(scene.real) < LEAST_REAL or len(scene.rows) < LEAST_ROWS:
            return ()
        tests = Tests(scene)
        found = [suspect for suspect in suspects(scene, tests) if _share(scene, suspect) <= MOST]
        found = [suspect for suspect in found if tests.corrected(suspect.p_value) < scene.error]
        facts: list[Suspect] = []
        doubts: list[Suspect] = []
        for suspect in _different(found):
            name = str(suspect.item["column"])
            kept = ~np.logical_or.reduce([other.hit for other in found if other.item["column"] == name])
            (facts if fits(scene, name, kept, UNFIT) else doubts).append(suspect)
        return [_plan(scene, tests, part, part is facts) for part in (facts, doubts) if part]

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Note what is impossible, and whether classes get their shares back."""
        items = [dict(item) for item in plan.options["items"]]
        gone = _gone(items, scene.rows, scene.real)
        if not gone.any():
            raise NotApplicable("no row has such a cell")
        return {"items": items, "restored": better_restored(scene, gone)}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Leave out rows with such cells."""
        return without(rows, _gone(setting["items"], rows, real), bool(setting["restored"]))


def _share(scene: Scene, suspect: Suspect) -> float:
    return float(scene.rows.weights[suspect.hit].sum() / max(float(scene.rows.weights.sum()), 1e-300))


def _different(found: list[Suspect]) -> list[Suspect]:
    """Leave out suspects whose rows others mark already, the surest first."""
    kept: list[Suspect] = []
    for suspect in sorted(found, key=lambda suspect: suspect.p_value):
        same = [other.hit for other in kept if other.item["column"] == suspect.item["column"]]
        if not same or (suspect.hit & ~np.logical_or.reduce(same)).any():
            kept.append(suspect)
    return kept


def _plan(scene: Scene, tests: Tests, part: list[Suspect], fact: bool) -> Plan:
    first = part[0]
    hit = np.logical_or.reduce([suspect.hit for suspect in part])
    more = "" if len(part) == 1 else f"; with {len(part) - 1} more such signs {hit.mean():.1%} of the rows"
    return Plan(
        "drop_impossible",
        "missingness_change" if first.item["what"] == "null" else "artefact",
        tests.corrected(first.p_value),
        float(len(part)),
        f"{_share(scene, first):.1%} of the synthetic rows have {first.words}{more}.",
        tuple(dict.fromkeys(str(suspect.item["column"]) for suspect in part)),
        {"items": [suspect.item for suspect in part]},
        fact=fact,
    )


def _gone(items: Sequence[Mapping[str, Any]], rows: Amended, real: Dataset) -> np.ndarray:
    gone = np.zeros(len(rows), dtype=bool)
    for item in items:
        gone |= marked(item, rows.table, real)
    return gone & ~rows.anchored
