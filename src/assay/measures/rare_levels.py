"""Rare levels: which categories that reality has are missing?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import betaincinv

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.stats.resample import clustering

RARE = 0.02
LEAST = 14


class RareLevels(Measure):
    """Find rare levels of categorical columns that the synthetic rows lack.

    Parameters
    ----------
    levels : mapping of str to ndarray, optional
        Cells of each column's rare levels where they were chosen before on another sample; from `rare_cells`. By default
        they are chosen on the real table.

    Notes
    -----
    Looked at are levels under 2% of the real rows with at least 14 rows expected among the synthetic ones (and 14 real
    rows). Per column: the share of these levels' expected rows that is missing, ``1 - observed / expected``, with Jeffreys
    bounds given the total. A level is gone if it has no synthetic row though chance alone, the noise of both samples
    counted, would hardly leave none: ``(n_real / (n_real + n_synthetic)) ^ k`` must lie under the family's error, shared out
    over all columns and levels looked at, so that a table of 700 levels is refused no more often than one of seven. Where rows
    belong to entities, counts are divided by their clustering first. What it cannot see: levels rarer than 14 rows (than 19
    among 700 levels), and rare combinations of common levels.

    References
    ----------
    Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from Poisson series, Biometrika 31.
    """

    question = "Are the rare categories there?"
    family = "tails"
    reads = "profile"
    cost = 15
    codes = {"RARE01": "Rare levels have lost part of their rows.", "RARE02": "A rare level is gone altogether."}
    mechanism = "rare_level_loss"
    remedy = (
        "Sample conditionally on the lost levels, or add real rows that have them; check for a cap on levels in the generator."
    )
    cannot_see = "Levels with fewer than 14 expected rows; rare combinations of common levels."

    def __init__(self, levels: Mapping[str, np.ndarray] | None = None) -> None:
        self.levels = levels

    def measure(self, context: Context) -> Evidence:
        """Measure every categorical column with rare levels."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        chosen = rare_cells(real, synthetic.total) if self.levels is None else self.levels
        found: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = [
            (name, rare, real.counts(name)[rare], synthetic.counts(name)[rare]) for name, rare in chosen.items()
        ]
        grouped = context.schema.entity is not None
        if not found:
            raise NotApplicable("no categorical column has a level under 2% with at least 14 rows expected")
        tests = sum(1 + len(rare) for _, rare, _, _ in found)
        ratio = real.total / synthetic.total
        items: list[Item] = []
        for name, rare, k_real, k_synthetic in found:
            blocks = real.cells[:, layout.span(name)][:, rare]
            many = clustering(np.column_stack([blocks, blocks.sum(axis=1)])) if grouped else np.ones(len(rare) + 1)

            def judge(level: object, k: int, c: int, rows: float, name: str = name) -> Item:
                return self._item(name, level, k, c, rows, ratio, context.alpha / tests, real.total, synthetic.total)

            items.append(judge(None, int(k_synthetic.sum()), int(k_real.sum()), float(many[-1])))
            chance = k_real / many[:-1] * math.log(real.total / (real.total + synthetic.total))
            levels = layout.by_name[name].levels
            gone = np.flatnonzero((k_synthetic == 0) & (chance < math.log(context.alpha / tests)))
            items += [judge(levels[int(rare[at])].as_py(), 0, int(k_real[at]), float(many[at])) for at in gone]
        return Evidence((Family("rare_levels", tuple(items)),))

    @staticmethod
    def _item(
        name: str, level: object, k: int, c: int, many: float, ratio: float, error: float, n_real: int, n_synthetic: int
    ) -> Item:
        """Judge k synthetic rows where c real ones lead to expect c / ratio; `many` rows go to one independent case."""
        log_ratio = math.log((k + 0.5) / (c + 0.5) * ratio)
        null = 1.96 * math.sqrt((1 + ratio) * many / (c + 0.5))

        def missing(quantile: float) -> float:
            theta = float(betaincinv(k / many + 0.5, c / many + 0.5, quantile))
            return 1.0 - theta / (1.0 - theta) * ratio

        effect = 1.0 - k / c * ratio
        low, high = missing(0.975), missing(0.025)
        estimate = Estimate(
            "rare_levels",
            effect,
            1 - math.exp(null),
            0.0,
            1 - math.exp(-null),
            effect,
            min(low, effect),
            max(high, effect),
            n_real,
            n_synthetic,
            "missing share of expected rows; conditional binomial (Jeffreys)",
            columns=(name,),
            slice=None if level is None else f"{name} = {level}",
        )
        facts = {"synthetic_rows": k, "expected_rows": c / ratio, "code": "RARE01" if level is None else "RARE02"}
        harm_low = missing(1 - (error if level is None else 0.05))
        return Item(estimate, max(harm_low, 0.0), max(missing(0.05), 0.0), max(-log_ratio / null * 1.96, 0.0), facts)

    def describe(self, item: Item) -> str:
        """Say what is missing."""
        e, facts = item.estimate, item.facts
        if e.slice is not None:
            return f"No synthetic row has {e.slice}; {facts['expected_rows']:.0f} should."
        return (
            f"Rare levels of {e.columns[0]} have {facts['synthetic_rows']} synthetic rows where {facts['expected_rows']:.0f} are "
            f"expected: {e.effect:.0%} are missing ({e.low:.0%} to {e.high:.0%})."
        )

    def missed(self, item: Item) -> str:
        """Say how many rare rows could be gone unseen."""
        column = item.estimate.columns[0]
        return f"a loss of up to {item.harm_high:.0%} of the rare rows of {column} would not have been seen at this size"


def rare_cells(real: Any, n_synthetic: int) -> dict[str, np.ndarray]:
    """Choose the cells of rare levels on a profile, for each column that has any."""
    chosen: dict[str, np.ndarray] = {}
    for cells in real.layout.columns:
        if cells.ordered:
            continue
        k = real.counts(cells.name)[: cells.unseen]
        expected = k * (n_synthetic / real.total)
        rare = np.flatnonzero((k < RARE * real.total) & (k >= LEAST) & (expected >= LEAST))
        if len(rare):
            chosen[cells.name] = rare
    return chosen
