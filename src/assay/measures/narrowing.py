"""Narrowing: rows that crowd where reality is dense, leave its edges empty, and vary less than it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

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
SHRUNK = 0.92  # median ratio of the numbers' widths from which their spread has changed
LEVELS_LOST = 0.02  # entropy that levels may lose while it counts as the numbers' loss alone
METHOD = (
    "mean entropy of pairs of columns in cells, Miller-Madow; error from the rows' surprise; counts as proven where coverage has "
    "fallen as well and density has not"
)


class Narrowing(Measure):
    """Coverage down and entropy below its floor while density holds or rises.

    Notes
    -----
    Effect: the share of the mean pair entropy of the real rows that the synthetic rows lack, ``1 - H_S / H_R``. The lower
    bound of the harm is that of the effect where coverage is proven lost too and density is not proven lost (see mode_coverage;
    both against as many real rows, at 5%), else 0: rows that still lie where real rows do, but at fewer places. That entropy is
    lost stands on the first test alone; how it was lost, on the others. Density proven higher says that typical rows were
    preferred (sampling_bias); numbers that drew together while the levels kept their entropy, that spread shrank
    (variance_change).

    What it cannot see: narrowing along columns that are a small part of the table, and in fewer than a few percent of the rows.

    References
    ----------
    Naeem et al. (2020), Reliable fidelity and diversity metrics for generative models, ICML. Sajjadi et al. (2018), Assessing
    generative models via precision and recall, NeurIPS. Miller (1955), Note on the bias of information estimates.
    """

    question: ClassVar[str] = "Do the synthetic rows vary less than the real ones, crowding where those are dense?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    cost: ClassVar[int] = 56
    codes: ClassVar[Mapping[str, str]] = {
        "NARROW01": "Synthetic rows lie near real rows no less often than real rows do, but near fewer of them, and vary less: "
        "fidelity was bought with diversity.",
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
        reach_dense = normal_bound(balls.density.error, SUPPORT)
        joint = covered > normal_bound(balls.coverage.error, SUPPORT) and dense > -reach_dense
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
        facts: dict[str, Any] = {
            "coverage_lost": covered,
            "density_real": balls.density.real,
            "density": balls.density.synthetic,
            "mechanism": "sampling_bias",
        }
        if _by_numbers_alone(context, found):
            facts["mechanism"] = "variance_change"
            facts["remedy"] = "Bring the spread of the numbers back to that of the real rows, then measure again."
        elif dense <= reach_dense:
            facts["mechanism"] = "mode_drop"
            facts["remedy"] = (
                "Train the generator on all real rows again, with more of its draws kept, and look for what it repeats."
            )
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
    """Whether the numbers have drawn together while the levels keep their entropy: their spread has changed, nothing else."""
    real = synthetic = 0.0
    shrunk: list[float] = []
    for at, axis in enumerate(found.cells):
        if context.schema.column(axis.column).ordered:
            wide = [_width(table.numbers(axis.column)) for table in (context.real, context.synthetic)]
            if min(wide) > 0:
                shrunk.append(wide[1] / wide[0])
        else:
            real += _entropy(found, [at], 1).value
            synthetic += _entropy(found, [at], 0).value
    levels_lost = 1.0 - synthetic / real if real > 0 else 0.0
    return bool(shrunk) and float(np.median(shrunk)) < SHRUNK and levels_lost < LEVELS_LOST


def _width(numbers: np.ndarray) -> float:
    """Give the distance between the 10% and the 90% point; 0 where nothing is known."""
    known = numbers[np.isfinite(numbers)]
    return float(np.diff(np.quantile(known, (0.1, 0.9)) / 2.0)[0]) if len(known) else 0.0
