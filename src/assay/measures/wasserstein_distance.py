"""Area between the distribution functions of a column, in units of its range."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import distance_curves
from assay.stats.distances import area
from assay.stats.items import distance_family


class WassersteinDistance(Measure):
    """Measure how far mass must be moved along every ordered column.

    Notes
    -----
    ``integral |F_synthetic - F_real| dx / (q99.5 - q0.5)``, both quantiles and the integral's limits from the real column:
    1 would be all rows moved across the whole range. What it cannot see: what happens beyond those limits (`tail_mass`
    does), and dependence.

    References
    ----------
    Vallender (1974), Calculation of the Wasserstein distance between probability distributions on the line, Theory of
    Probability and its Applications 18.
    """

    question = "How far would values have to be moved to look real?"
    family = "marginals"
    reads = "profile"
    cost = 11
    codes = {"DIST02": "The values of a numeric or date column lie too far from where the real ones lie."}
    mechanism = "covariate_shift"
    remedy = (
        "Map the column's quantiles to the real ones, or refit the generator with a transform that keeps this column's shape."
    )
    cannot_see = "Extremes beyond the real 0.5% and 99.5% points; dependence between columns."

    def measure(self, context: Context) -> Evidence:
        """Measure every ordered column that has a range."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        lengths = {name: _lengths(layout.by_name[name].edges, real.counts(name)) for name in layout.ordered}
        names = [name for name, length in lengths.items() if length is not None]
        flat = {name: "constant between its 0.5% and 99.5% points" for name in layout.ordered if lengths[name] is None}
        if not names:
            raise NotApplicable("no numeric or date column with a range")
        cells = np.concatenate([np.arange(layout.span(name).start, layout.span(name).stop) for name in names])
        counts_real, counts_synthetic = real.cells[:, cells], synthetic.cells[:, cells]
        curves = distance_curves(
            counts_synthetic.sum(axis=0) / synthetic.total - counts_real.sum(axis=0) / real.total,
            context.draws.noise(counts_real, counts_synthetic),
            context.draws.null_noise(counts_real),
            area([length for name in names if (length := lengths[name]) is not None]),
            np.repeat(np.arange(len(names)), [layout.by_name[name].count for name in names]),
        )
        family = distance_family(
            "wasserstein_distance",
            [curves],
            [{"columns": (name,)} for name in names],
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="area between distribution functions over the real 99% range; joint block bootstrap, test inversion",
            alpha=context.alpha,
        )
        return Evidence((family,), not_applicable=flat)

    def describe(self, item: Item) -> str:
        """Say how far values lie from where they should."""
        e = item.estimate
        place = e.columns[0] if e.columns else "the average column"
        return (
            f"Values of {place} lie on average {e.effect:.1%} of its range from where they should ({e.low:.1%} to {e.high:.1%}); "
            f"two real samples show {e.floor_median:.1%} by chance."
        )

    def missed(self, item: Item) -> str:
        """Say how large a displacement could hide."""
        where = item.estimate.columns[0] if item.estimate.columns else "the average column"
        return f"values of {where} displaced by up to {item.harm_high:.1%} of its range would not have been seen at this size"


def _lengths(edges: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
    """Give each cell's length of axis over the real 99% range, in units of that range; None where there is none."""
    body = counts[:-1]
    if body.sum() == 0 or len(edges) < 2:
        return None
    cumulative = np.cumsum(body) / body.sum()
    # Edge k closes cell k from above: the distribution function there is cumulative[k].
    inside = (cumulative[:-1] >= 0.004) & (cumulative[:-1] <= 0.996)
    unit = np.abs(edges).max() or 1.0  # differences and sums of the largest doubles would overflow
    steps = np.where(inside[:-1], np.diff(edges / unit), 0.0)
    total = steps.sum()
    if not total > 0:
        return None
    return np.concatenate([steps / total, np.zeros(len(counts) - len(steps))])
