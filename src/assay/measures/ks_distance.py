"""Largest gap between the distribution functions of a column."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import distance_curves
from assay.stats.distances import kolmogorov
from assay.stats.items import distance_family


class KsDistance(Measure):
    """Compare the distribution functions of every ordered column.

    Notes
    -----
    ``sup |F_synthetic - F_real|`` on the profile's fine cells: percentiles of the real column out to the .1% tails, heavy
    values alone, nulls last, so that a change in nulls moves it too. What it cannot see: differences inside one percentile,
    and anything about two columns at once.

    References
    ----------
    Massart (1990), The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality, Annals of Probability 18.
    """

    question = "Does every number and date follow the real distribution?"
    family = "marginals"
    reads = "profile"
    cost = 10
    codes = {"DIST01": "The distribution of a numeric or date column is shifted or reshaped."}
    mechanism = "covariate_shift"
    remedy = (
        "Map the column's quantiles to the real ones, or refit the generator with a transform that keeps this column's shape."
    )
    cannot_see = "Differences inside one percentile of the real column; dependence between columns."

    def measure(self, context: Context) -> Evidence:
        """Measure every ordered column."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        names = layout.ordered
        if not names:
            raise NotApplicable("no numeric or date column")
        cells = np.concatenate([np.arange(layout.span(name).start, layout.span(name).stop) for name in names])
        widths = [layout.by_name[name].count for name in names]
        counts_real, counts_synthetic = real.cells[:, cells], synthetic.cells[:, cells]
        curves = distance_curves(
            counts_synthetic.sum(axis=0) / synthetic.total - counts_real.sum(axis=0) / real.total,
            context.draws.noise(counts_real, counts_synthetic),
            context.draws.null_noise(counts_real),
            kolmogorov(widths),
            np.repeat(np.arange(len(names)), widths),
        )
        family = distance_family(
            "ks_distance",
            [curves],
            [{"columns": (name,)} for name in names],
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="sup distance on fine cells; joint block bootstrap, test inversion",
            alpha=context.alpha,
        )
        return Evidence((family,))

    def describe(self, item: Item) -> str:
        """Say how far the distribution functions part."""
        e = item.estimate
        place = f"of {e.columns[0]}" if e.columns else "of the average column"
        return (
            f"The distribution {place} is off by up to {e.effect:.1%} of the rows ({e.low:.1%} to {e.high:.1%}); "
            f"two real samples show {e.floor_median:.1%} by chance."
        )

    def missed(self, item: Item) -> str:
        """Say how large a shift could hide."""
        where = item.estimate.columns[0] if item.estimate.columns else "the average column"
        return f"a shift of up to {item.harm_high:.1%} of the rows in {where} would not have been seen at this size"
