"""Rows with levels that the synthetic ones lack are made from the real ones that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._anchors import apart, kept_share, refilled
from assay.stats.betting import log_wealth

RATIO = 0.25
LEAST_ROWS = 4
LEAST_LEARNED = 3
LEAST_SYNTHETIC = 100
LOST = (0.1, 0.4)  # shares of the levels on whose loss is bet


class _Scarce(NamedTuple):
    """Levels that synthetic rows lack: marks of real and of synthetic rows, and the counts of every level."""

    real: np.ndarray
    synthetic: np.ndarray
    own: np.ndarray
    other: np.ndarray
    size: int


class RefillLevels(Remedy):
    """Find levels that real rows have and synthetic ones lack, and make rows with them from the real ones.

    Notes
    -----
    A level is scarce if its share of the synthetic rows is a quarter of that of the real ones or less. The test is for all of a
    column's levels together, as each alone may have a handful of rows: on each a share of what there is to bet (one part in as
    many as there are levels, .1 or .4; the mean of the three) is bet on its loss, see `assay.stats.betting`, and what is won
    multiplied. Given how many rows of both tables have each level, its rows among the real ones are hypergeometric, and
    negatively associated between levels; as each bet rises with them, the expected product is one at most. p = 1 / e, by
    Bonferroni over columns. With weights the synthetic counts are effective ones. Of an entity one row takes part.

    What is learned: the column, and the share of the real rows with scarce levels, less one standard error. Which levels those
    are is looked up again in the tables at hand, so that no level is written down.

    References
    ----------
    Joag-Dev and Proschan (1983), Negative association of random variables with applications, Annals of Statistics 11.
    Good (1953), The population frequencies of species, Biometrika 40.
    """

    question = "Does reality have levels that the synthetic rows lack?"
    mends = frozenset({"rare_level_loss"})
    changes = "rows"
    anchors = True
    cannot_see = "Columns in which fewer than four real rows have a lost level; levels that no real row has."

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """Test every column of levels."""
        lone = apart(scene)
        if len(lone.real) == 0 or lone.rows.effective < LEAST_SYNTHETIC:
            return ()
        found: list[tuple[float, str, int, float]] = []
        for name in scene.levelled:
            scarce = _scarce(lone.real, lone.rows, name)
            hits = int(scarce.real.sum())
            if hits >= LEAST_ROWS:
                p_value = _p_value(lone.real, lone.rows, name, scene.rng("refill levels", name)) * len(scene.levelled)
                weight = lone.rows.weights[scarce.synthetic].sum() / lone.rows.weights.sum()
                if p_value < scene.error:
                    found.append((p_value, name, hits, float(weight)))
        found.sort()
        plans: list[Plan] = []
        for number in dict.fromkeys((1, len(found))) if found else ():
            chosen = found[:number]
            words = [
                f"{hits:,} of {len(lone.real):,} real rows have a level of {name!r} that {share:.2%} of the synthetic rows have, "
                f"{share * len(lone.real):.1f} expected."
                for _, name, hits, share in chosen[:3]
            ]
            plans.append(
                Plan(
                    remedy="refill_levels",
                    mechanism="rare_level_loss",
                    p_value=max(entry[0] for entry in chosen),
                    numbers=float(number),
                    sign=" ".join(words),
                    columns=tuple(entry[1] for entry in chosen),
                    options={"columns": [entry[1] for entry in chosen]},
                )
            )
        return tuple(plans)

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """Count the real rows with scarce levels."""
        columns: list[dict[str, Any]] = []
        for name in plan.options["columns"]:
            hits = int(_scarce(scene.real, scene.rows, str(name)).real.sum())
            if hits >= LEAST_LEARNED:
                columns.append({"column": str(name), "share": kept_share(hits, len(scene.real))})
        if not columns:
            raise NotApplicable("fewer than three of these real rows have a level that the synthetic ones lack")
        return {"columns": columns}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """Append rows with scarce levels, column by column."""
        for entry in setting["columns"]:
            scarce = _scarce(real, rows, str(entry["column"]))
            rows = refilled(rows, real, scarce.real, scarce.synthetic, float(entry["share"]), rng)
        return rows


def _scarce(real: Dataset, rows: Amended, name: str) -> _Scarce:
    """Look up the scarce levels of a column."""
    levels = Codec(real.schema).fit(real).levels_[name]
    first, second = real.codes(name, levels), rows.table.codes(name, levels)
    size = int(rows.effective)
    last = len(levels)  # levels that no real row has
    own = np.bincount(first[first >= 0], minlength=last + 1).astype(np.float64)
    weights = rows.weights * (size / max(float(rows.weights.sum()), 1e-300))
    other = np.bincount(second[second >= 0], weights=weights[second >= 0], minlength=last + 1)
    lost = (own > 0) & (other * len(real) <= RATIO * own * size)
    marks = np.append(lost, False)  # null, at -1, is no level
    return _Scarce(marks[first], marks[second], own, other, size)


def _p_value(real: Dataset, rows: Amended, name: str, rng: np.random.Generator) -> float:
    """Bet that some of the levels are lost, a few or many: levels that half of the real rows have, counted in the other half.

    Levels of the very rows that are counted are there for certain, and in a column of many levels that alone looks like loss.
    """
    order = rng.permutation(len(real))
    halves = [real.take(np.sort(part)) for part in np.array_split(order, 2)]
    return min(1.0, 2.0 * min(_bet(halves[at], halves[1 - at], rows, name) for at in (0, 1)))


def _bet(naming: Dataset, counted: Dataset, rows: Amended, name: str) -> float:
    levels = Codec(naming.schema).fit(naming).levels_[name]
    if len(levels) == 0:
        return 1.0
    first, second = counted.codes(name, levels), rows.table.codes(name, levels)
    own = np.bincount(first[first >= 0], minlength=len(levels) + 1).astype(np.float64)
    weights = rows.weights * (int(rows.effective) / max(float(rows.weights.sum()), 1e-300))
    other = np.bincount(second[second >= 0], weights=weights[second >= 0], minlength=len(levels) + 1)
    if not own.sum() or not other.sum():
        return 1.0
    wealth = log_wealth(own, other, float(own.sum()), float(other.sum()))
    bets = [np.logaddexp(np.log1p(-part), np.log(part) + wealth).sum() for part in (1.0 / len(wealth), *LOST) if part < 1]
    return float(np.exp(min(np.log(len(bets)) - np.logaddexp.reduce(bets), 0.0)))
