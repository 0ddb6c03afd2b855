"""Narrowing: rows that crowd where reality is dense, leave its edges empty, and vary less than it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._balls import spread
from assay.measures._regions import Regions, regions
from assay.stats.classifier import normal_bound, normal_tail
from assay.stats.entropy import Entropy, pair_entropy
from assay.stats.scores import standard_error

SUPPORT = 0.05  # error of each of the two tests that tell narrowing from other ways to lose entropy
METHOD = (
    "mean entropy of pairs of columns in cells, Miller-Madow; error from the rows' surprise; counts as proven where coverage has "
    "fallen and density has risen as well"
)


class Narrowing(Measure):
    """Density up, coverage down and entropy below its floor, all three.

    Notes
    -----
    Effect: the share of the mean pair entropy of the real rows that the synthetic rows lack, ``1 - H_S / H_R``. The lower
    bound of the harm is that of the effect where the lower bounds of two other differences are above nothing too, else 0: the
    coverage that is lost and the density that is gained (see mode_coverage), both against as many real rows and at 5%: that
    entropy is lost stands on the first test alone, how it was lost on the other two. A claim that needs three tests to hold
    needs no correction for there being three (Berger 1982).

    What it cannot see: narrowing along columns that are a small part of the table, and in fewer than a few percent of the rows.

    References
    ----------
    Berger (1982), Multiparameter hypothesis testing and acceptance sampling, Technometrics 24. Naeem et al. (2020), Reliable
    fidelity and diversity metrics for generative models, ICML. Miller (1955), Note on the bias of information estimates.
    """

    question: ClassVar[str] = "Do the synthetic rows vary less than the real ones, crowding where those are dense?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    cost: ClassVar[int] = 56
    codes: ClassVar[Mapping[str, str]] = {
        "NARROW01": "Synthetic rows lie where real rows are dense more often than real rows do, cover fewer of the real rows, "
        "and vary less: fidelity was bought with diversity.",
    }
    mechanism: ClassVar[str] = "sampling_bias"
    remedy: ClassVar[str] = (
        "Sample at temperature 1, without truncation or guidance, and do not select rows by how typical they look."
    )
    cannot_see: ClassVar[str] = "Narrowing in a few columns of many, or in a few percent of the rows."

    def measure(self, context: Context) -> Evidence:
        """Compare entropies, and ask coverage and density."""
        found, balls = regions(context), spread(context)
        pairs = [_entropy(found, list(range(len(found.cells))), role) for role in (1, 0)]
        error = _error(found, pairs)
        real, synthetic = (pair.value for pair in pairs)
        effect = 1.0 - synthetic / max(real, 1e-9) if real > 0 else 0.0
        covered = balls.coverage.real - balls.coverage.synthetic
        dense = balls.density.synthetic - balls.density.real
        joint = covered > normal_bound(balls.coverage.error, SUPPORT) and dense > normal_bound(balls.density.error, SUPPORT)
        reach = 1.96 * error
        estimate = Estimate(
            "narrowing",
            synthetic,
            real * (1.0 - reach),
            real,
            real * (1.0 + reach),
            effect,
            effect - reach,
            effect + reach,
            int((found.role == 1).sum()),
            int((found.role == 0).sum()),
            METHOD,
            p_value=normal_tail(effect / max(error, 1e-12)),
            sampled=found.sampled or balls.sampled,
        )
        facts = {
            "coverage_lost": covered,
            "density_real": balls.density.real,
            "density": balls.density.synthetic,
            "mechanism": "sampling_bias",
        }
        if _by_numbers_alone(context, found):
            facts["mechanism"] = "variance_change"
            facts["remedy"] = "Bring the spread of the numbers back to that of the real rows, then measure again."
        low = max(effect - normal_bound(error, context.alpha), 0.0) if joint else 0.0
        high = max(effect + normal_bound(error, 0.05), 0.0)
        return Evidence((Family("narrowing", (Item(estimate, low, high, effect / max(error, 1e-12), facts),)),))

    def describe(self, item: Item) -> str:
        """Say how much narrower the rows are."""
        e, facts = item.estimate, item.facts
        return (
            f"The synthetic rows lack {e.effect:.1%} ({e.low:.1%} to {e.high:.1%}) of the entropy of pairs of columns, their "
            f"density around real rows is {facts['density']:.2f} where real rows have {facts['density_real']:.2f}, and they "
            f"leave {facts['coverage_lost']:.1%} more of the real rows without a neighbour."
        )

    def missed(self, item: Item) -> str:
        """Say how much narrowing could be there."""
        return f"a loss of up to {item.harm_high:.1%} of the entropy of pairs of columns would not have been seen at this size"


def _entropy(found: Regions, columns: list[int], role: int) -> Entropy:
    return pair_entropy(
        [found.cells[at].cells for at in columns],
        [found.cells[at].member.shape[1] for at in columns],
        np.flatnonzero(found.role == role),
    )


def _error(found: Regions, pairs: list[Entropy]) -> float:
    """Give the standard error of one minus the ratio of the entropies."""
    real, synthetic = pairs
    variance = 0.0
    for role, entropy in ((1, real), (0, synthetic)):
        groups = None if found.groups is None else found.groups[found.role == role]
        variance += standard_error(entropy.surprise - entropy.surprise.mean(), groups) ** 2
    return float(np.sqrt(variance)) / max(real.value, 1e-9)


def _by_numbers_alone(context: Context, found: Regions) -> bool:
    """Whether the numbers lose entropy one by one while the levels keep theirs: their spread has changed, nothing else."""
    lost = {True: 0.0, False: 0.0}
    kept = {True: 0.0, False: 0.0}
    for at, axis in enumerate(found.cells):
        ordered = context.schema.column(axis.column).ordered
        real, synthetic = (_entropy(found, [at], role).value for role in (1, 0))
        lost[ordered] += real - synthetic
        kept[ordered] += real
    share = {side: lost[side] / max(kept[side], 1e-9) for side in lost}
    return share[True] > 0.02 and share[True] > 4.0 * max(share[False], 0.0)
