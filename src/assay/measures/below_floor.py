"""Too good to be independent: marginals closer to the real ones than even copying rows at random would make them."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.stats.distances import total_variation


class BelowFloor(Measure):
    """Ask whether the synthetic marginals repeat the real ones more exactly than chance allows.

    Notes
    -----
    The mean total variation over the columns' fine cells is compared with what drawing the real rows WITH replacement
    gives, the lowest noise that any independent sampling can have. The effect is the shortfall ``1 - value / that``: below 0
    for a second real sample (about -0.4 at equal sizes), 0 for a bootstrap of the real rows, 1 for the table itself. What it
    cannot see: copies that are drawn at random (`exact_copies` does).

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.
    """

    question = "Is it too good to be an independent sample?"
    family = "privacy"
    reads = "profile"
    cost = 16
    codes = {"COPY05": "The marginals repeat the real table more exactly than drawing its rows with replacement would."}
    mechanism = "memorisation"
    remedy = "Ask how the table was made: quotas, or the real rows themselves. Fit a generator and sample from it independently."
    cannot_see = "Copies drawn at random; near copies of single rows."

    def measure(self, context: Context) -> Evidence:
        """Measure all columns at once."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        if not layout.columns:
            raise NotApplicable("no column carries a distribution")
        starts = layout.offsets[:-1]
        p = real.cells.sum(axis=0) / real.total
        q = synthetic.cells.sum(axis=0) / synthetic.total
        value = float(total_variation(q - p, starts).mean())
        chance = total_variation(context.draws.own_noise(real.cells), starts).mean(axis=1)
        second = total_variation(context.draws.null_noise(real.cells), starts).mean(axis=1)
        own = total_variation(context.draws.synthetic.errors(synthetic.cells), starts).mean(axis=1)
        centre = float(chance.mean())
        if centre <= 1e-12:
            raise NotApplicable("the real table does not vary")
        spread = float(chance.std(ddof=1)) / centre
        effect = 1.0 - value / centre
        # A table that repeats the real one has no noise of its own; its shortfall is as sure as the chance level is.
        error = float(np.hypot(spread, own.std(ddof=1) / centre * min(value / centre, 1.0)))
        low, median, high = 1.0 - np.quantile(second, (0.975, 0.5, 0.025)) / centre
        estimate = Estimate(
            "below_floor",
            effect,
            float(low),
            float(median),
            float(high),
            effect,
            effect - 1.96 * error,
            effect + 1.96 * error,
            real.total,
            synthetic.total,
            "shortfall of mean total variation below a bootstrap of the real rows; joint block bootstrap",
        )
        z = 3.29
        item = Item(estimate, max(effect - z * error, 0.0), max(effect + 1.645 * error, 0.0), effect / max(error, 1e-9), {})
        return Evidence((Family("below_floor", (item,)),))

    def describe(self, item: Item) -> str:
        """Say how much closer than chance it is."""
        return (
            f"The synthetic columns lie {item.estimate.effect:.0%} closer to the real ones than drawing the real rows with "
            f"replacement would put them: the table repeats the real one."
        )

    def missed(self, item: Item) -> str:
        """Say what repetition could hide."""
        if item.harm_high <= 0:
            return "marginals that repeat the real ones would have been seen at this size"
        return f"marginals repeated up to {item.harm_high:.0%} more exactly than chance would not have been seen at this size"
