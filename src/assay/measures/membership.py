"""Membership inference: who was in the training table, told from the synthetic one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._neighbours import Near, near
from assay.measures._rows import Rows, rows
from assay.stats.attacks import Operating, operating_point

FALSE_POSITIVES = 0.01
FEWEST_FALSE_POSITIVES = 0.001
LEAST_ROWS = 10
ISOLATED = 0.1
LEAST_ISOLATED = 150
SMOOTHING = 1e-3
FARTHEST = 1e6
METHOD = (
    "true-positive rate at {rate:.1%} false positives of {m} training against {n} holdout rows; Clopper-Pearson interval, "
    "the threshold's noise added"
)


class Membership(Measure):
    """True-positive rate of membership inference attacks at a false-positive rate of 1%.

    Notes
    -----
    Each attack gives training rows and holdout rows a score from the synthetic table alone and says 'member' above the
    score that 1% of the holdout rows exceed:

    - *nearest synthetic row*: minus the distance to it;
    - *local density ratio*: log of the distance to the second nearest other real row (training and holdout together, the row
      itself left out) over the distance to the nearest synthetic one: high where synthetic rows are denser than real ones;
    - both after centre and spread of the synthetic numbers are moved onto the real ones, where they are off;
    - all of these on the most isolated tenth of the rows (by the distance to other real rows; more of small tables, so that 150
      holdout rows are among them), the people who stand out.

    With fewer than 99 holdout rows the rate is the smallest there is, 1 / (n + 1); it finds at least as many members as 1% does,
    and the lower bound is taken in proportion.

    Scores and isolation treat training and holdout rows alike, so that without leakage both are exchangeable and the rate is
    1%. The effect is the rate itself, and margins are on that scale. To pass, the upper bound of EVERY attack must lie
    within the margin, so choosing the strongest needs no correction; to fail, the lower bound is corrected for the number of
    attacks. The strongest attack at 0.1% is reported and not judged.

    What it cannot see: stronger attacks (many shadow models, knowledge of the generator), and leaks of single people too few
    to move a rate.

    References
    ----------
    van Breugel, Sun, Qian and van der Schaar (2023), Membership inference attacks against synthetic data through overfitting
    detection (DOMIAS), AISTATS. Carlini et al. (2022), IEEE S&P. Meeus et al. (2023), Achilles' heels: vulnerable record
    identification in synthetic data publishing, ESORICS.
    """

    question: ClassVar[str] = "Can an attacker tell who was in the training table?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    whole: ClassVar[tuple[str, ...]] = ("synthetic",)
    cost: ClassVar[int] = 46
    codes: ClassVar[Mapping[str, str]] = {
        "MIA01": "An attack that sees only the synthetic table tells training rows from other real rows."
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Refit with more regularisation, larger leaves or fewer steps, or with differential privacy; "
        "drop synthetic rows that lie next to isolated training rows."
    )
    cannot_see: ClassVar[str] = "Stronger attacks than these; leaks of single people too few to move a rate."

    def measure(self, context: Context) -> Evidence:
        """Run every attack."""
        if min(len(context.real), len(context.holdout)) < LEAST_ROWS:
            raise NotApplicable(
                f"an attack needs at least {LEAST_ROWS} rows in the real table and in the holdout; "
                f"got {len(context.real)} and {len(context.holdout)}."
            )
        found = near(context)
        scores, isolated = _attacks(found, rows(context))
        points: list[tuple[str, Operating, int, int, dict[str, np.ndarray]]] = []
        for name, pair in scores.items():
            for where, kept in ((name, None), (f"{name}, most isolated rows", isolated)):
                part = pair if kept is None else {side: pair[side][kept[side]] for side in pair}
                # with few holdout rows the smallest rate there is: it finds at least as many members as 1% would
                rate = max(FALSE_POSITIVES, 1.0 / (len(part["holdout"]) + 1))
                point = operating_point(part["real"], part["holdout"], rate, context.rng("membership", where))
                if point is not None:
                    points.append((where, point, len(part["real"]), len(part["holdout"]), part))
        items = tuple(self._item(context, found, *point[:4], context.alpha / len(points)) for point in points)
        return Evidence((Family("membership", items),), reported=_strictest(context, found, points))

    @staticmethod
    def _item(context: Context, found: Near, name: str, point: Operating, m: int, n: int, error: float) -> Item:
        estimate = _estimate(context, found, name, point, m, n)
        wrong = point.false_positives
        score = (point.rate - wrong) / math.sqrt(wrong * (1 - wrong) * (1 / m + 1 / n))
        share = FALSE_POSITIVES / max(wrong, FALSE_POSITIVES)
        return Item(estimate, point.low(error) * share, point.high(0.05), score, {"attack": name, "rows": m, "wrong": wrong})

    def describe(self, item: Item) -> str:
        """Say how many members the attack finds."""
        e, facts = item.estimate, item.facts
        return (
            f"The attack by {facts['attack']} finds {e.value:.1%} ({e.low:.1%} to {e.high:.1%}) of the training rows "
            f"while it wrongly accuses {facts['wrong']:.1%} of the holdout rows; without leakage it would find as many."
        )

    def missed(self, item: Item) -> str:
        """Say how many members an attack could find."""
        return (
            f"an attack by {item.facts['attack']} that finds up to {item.harm_high:.1%} of the training rows at "
            f"{item.facts['wrong']:.1%} false positives would not have been seen at this size"
        )


def _attacks(found: Near, same: Rows) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Score training and holdout queries by each attack, and mark the most isolated ones."""
    times = same.times.copy()
    if len(same.holdout):
        times += np.bincount(same.holdout, minlength=len(times))
    ids = {"real": same.real[found.real_queries], "holdout": same.holdout[found.holdout_queries]}
    others = {
        "real": np.column_stack([found.real_real, found.real_holdout]),  # type: ignore[list-item]
        "holdout": np.column_stack([found.holdout_real, found.holdout_holdout]),  # type: ignore[list-item]
    }
    crowd = {side: np.where(times[ids[side]] > 1, 0.0, np.sort(others[side], axis=1)[:, 1]) for side in ids}
    crowd = {side: np.minimum(crowd[side], FARTHEST) for side in crowd}
    together = np.concatenate([crowd["real"], crowd["holdout"]])
    share = min(max(ISOLATED, LEAST_ISOLATED / len(ids["holdout"])), 0.5)
    edge = np.quantile(together, 1.0 - share)
    isolated = {side: crowd[side] >= edge for side in crowd}
    small = SMOOTHING * max(float(np.median(together)), 1e-9)
    scores: dict[str, dict[str, np.ndarray]] = {}
    for note, real, holdout in (
        ("", found.real_synthetic, found.holdout_synthetic),
        (", numbers aligned", found.real_aligned, found.holdout_aligned),
    ):
        if real is None or holdout is None:
            continue
        nearest = {"real": real[:, 0], "holdout": holdout[:, 0]}
        scores[f"nearest synthetic row{note}"] = {side: -nearest[side] for side in nearest}
        scores[f"local density ratio{note}"] = {
            side: np.log(crowd[side] + small) - np.log(nearest[side] + small) for side in nearest
        }
    return scores, isolated


def _estimate(context: Context, found: Near, name: str, point: Operating, m: int, n: int) -> Estimate:
    rate = point.false_positives
    low, high = point.low(0.025), point.high(0.025)
    spread = 1.96 * math.sqrt(rate * (1 - rate) * (1 / m + 1 / n))
    return Estimate(
        "membership",
        point.rate,
        max(rate - spread, 0.0),
        rate,
        rate + spread,
        point.rate,
        min(low, point.rate),
        max(high, point.rate),
        len(context.real),
        len(context.synthetic),
        f"{name}: {METHOD.format(rate=rate, m=m, n=n)}",
        sampled=found.sampled,
    )


def _strictest(
    context: Context, found: Near, points: list[tuple[str, Operating, int, int, dict[str, np.ndarray]]]
) -> tuple[Estimate, ...]:
    """Report the strongest attack at 0.1% false positives, where the holdout has rows enough to set that threshold."""
    strict: list[Estimate] = []
    for name, _, m, n, part in points:
        rng = context.rng("membership", "strict", name)
        point = operating_point(part["real"], part["holdout"], FEWEST_FALSE_POSITIVES, rng)
        if point is not None:
            strict.append(_estimate(context, found, name, point, m, n))
    return (max(strict, key=lambda estimate: estimate.low),) if strict else ()
