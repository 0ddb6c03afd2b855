"""Distance between the level shares of a categorical column."""

from __future__ import annotations

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import distance_curves
from assay.stats.distances import le_cam, pooled, total_variation
from assay.stats.items import distance_family


class CategoryGap(Measure):
    """Compare the shares of the levels of every categorical column, nulls as a level of their own.

    Notes
    -----
    The Le Cam distance ``sqrt(1/2 sum (p - q)^2 / (p + q))`` over levels, those with fewer than 10 rows in both tables taken
    together; it is never below total variation and equals it when all levels are off in the same proportion, but its square
    can be estimated without bias, so that the effect's interval covers. What it cannot see: which rare level is gone
    (`rare_levels` does), and dependence.

    References
    ----------
    Le Cam (1986), Asymptotic Methods in Statistical Decision Theory, section 4.2.
    """

    question = "Does every category come as often as it should?"
    family = "marginals"
    reads = "profile"
    cost = 12
    codes = {"CAT01": "The shares of a categorical column's levels are wrong."}
    mechanism = "covariate_shift"
    remedy = "Reweight or resample the levels to the real shares, or refit the generator with this column balanced."
    cannot_see = "Levels with fewer than 10 rows in both tables one by one; dependence between columns."

    def measure(self, context: Context) -> Evidence:
        """Measure every categorical and boolean column."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        names = [cells.name for cells in layout.columns if not cells.ordered]
        if not names:
            raise NotApplicable("no categorical column")
        parts_real: list[np.ndarray] = []
        parts_synthetic: list[np.ndarray] = []
        for name in names:
            both = real.counts(name) + synthetic.counts(name) * (real.total / synthetic.total)
            # Levels are listed from the real rows, so only synthetic ones can be unseen: alone, they would bias the gap.
            both[layout.by_name[name].unseen] = 0
            numbers = pooled(both, 10)
            parts_real.append(_gathered(real.cells[:, layout.span(name)], numbers))
            parts_synthetic.append(_gathered(synthetic.cells[:, layout.span(name)], numbers))
        widths = [part.shape[1] for part in parts_real]
        starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
        counts_real, counts_synthetic = np.concatenate(parts_real, axis=1), np.concatenate(parts_synthetic, axis=1)
        p, q = counts_real.sum(axis=0) / real.total, counts_synthetic.sum(axis=0) / synthetic.total
        least = 1.0 / real.total
        curves = distance_curves(
            q - p,
            context.draws.noise(counts_real, counts_synthetic),
            context.draws.null_noise(counts_real),
            le_cam(np.maximum(p + q, least), starts),
            np.repeat(np.arange(len(names)), widths),
            le_cam(np.maximum(2 * p, least), starts),
        )
        variation = total_variation(q - p, starts)
        family = distance_family(
            "category_gap",
            [curves],
            [{"columns": (name,), "facts": {"total_variation": float(tv)}} for name, tv in zip(names, variation, strict=True)],
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="Le Cam distance of level shares; joint block bootstrap, test inversion",
            alpha=context.alpha,
        )
        return Evidence((family,))

    def describe(self, item: Item) -> str:
        """Say how far the shares part."""
        e = item.estimate
        place = f"of {e.columns[0]}" if e.columns else "of the average categorical column"
        moved = (
            f"; {item.facts['total_variation']:.1%} of the rows carry another level" if "total_variation" in item.facts else ""
        )
        return (
            f"Level shares {place} are off by {e.effect:.3f} ({e.low:.3f} to {e.high:.3f}) on a scale from 0 to 1, "
            f"where two real samples show {e.floor_median:.3f} by chance{moved}."
        )

    def missed(self, item: Item) -> str:
        """Say how large a gap could hide."""
        where = item.estimate.columns[0] if item.estimate.columns else "the average categorical column"
        return f"level shares of {where} off by up to {item.harm_high:.1%} in proportion would not have been seen at this size"


def _gathered(counts: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Add up the cells that share a number, per block."""
    out = np.zeros((counts.shape[0], int(numbers.max()) + 1), dtype=np.float64)
    np.add.at(out.T, numbers, counts.T)
    return out
