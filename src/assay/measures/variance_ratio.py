"""Scale of a column: is the spread of the synthetic values the real one?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.items import signed_family

TRANSFORMS = ("trimmed", "log", "non-zero part", "logs of the positive part")
PLAIN_UNLESS = 0.7


class VarianceRatio(Measure):
    """Compare the variance of every ordered column, on the scale where it is best known.

    Parameters
    ----------
    scales : mapping of str to str, optional
        Scale of each column (`TRANSFORMS` or ``'interquartile range'``) where it was chosen before on another sample. By
        default it is chosen on the real table.

    Notes
    -----
    ``log(variance synthetic / variance real)``, 0 = equal, -0.105 = shrunk by a tenth. One estimator per column: the variance
    between the real 0.5% and 99.5% points (values beyond set to them), unless the same of logarithms, of the non-zero part (or
    its logarithms), or the squared interquartile range has less than 0.7 of its error between two real samples. (Taking the
    smallest error outright would pick the estimator by its luck: 77% coverage where two are alike.) What it cannot see: tails
    (`tail_mass` does) and shape.

    References
    ----------
    Wilcox (2012), Introduction to Robust Estimation and Hypothesis Testing, chapter 3.
    """

    question = "Is the spread of every number the real one?"
    family = "marginals"
    reads = "profile"
    cost = 13
    codes = {"VAR01": "The spread of a column is too small (shrunk towards the middle) or too large."}
    mechanism = "variance_change"
    remedy = "Rescale the column about its centre to the real spread, and draw at temperature 1 instead of below."
    cannot_see = "Extremes beyond the real 0.5% and 99.5% points; changes of shape that keep the spread."

    def __init__(self, scales: Mapping[str, str] | None = None) -> None:
        self.scales = scales

    def measure(self, context: Context) -> Evidence:
        """Measure every ordered column that has a spread."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        draws = context.draws
        moments = np.stack([p.moments.sum(axis=0) for p in (real, synthetic)])
        resampled = [
            weights.sums(profile.moments)
            for weights, profile in ((draws.real, real), (draws.again, real), (draws.synthetic, synthetic))
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            base = _log_variance(moments)
            first, again, other = (_log_variance(sums) for sums in resampled)
            null = draws.sizes * (again - base[0]) - (first - base[0])
            noise = (other - base[1]) - (first - base[0])
            value = base[1] - base[0]
        values, noises, nulls, places, flat = [], [], [], [], {}
        for at, name in enumerate(layout.ordered):
            choices = [(name_of, value[at, t], noise[:, at, t], null[:, at, t]) for t, name_of in enumerate(TRANSFORMS)]
            choices.append(("interquartile range", *_quartiles(context, name)))
            if self.scales is not None:
                choices = [choice for choice in choices if choice[0] == self.scales.get(name)]
            usable = [c for c in choices if np.isfinite(c[1]) and np.isfinite(c[2]).all() and np.isfinite(c[3]).all()]
            real_only = [c for c in choices if np.isfinite(c[3]).all()]
            if not real_only:
                flat[name] = "no spread in the real column"
                continue
            best = min(real_only, key=lambda c: float(c[3].std()) * (PLAIN_UNLESS if c[0] == TRANSFORMS[0] else 1.0))
            if not any(best is c for c in usable):
                # The synthetic column has no spread at all on the scale chosen.
                best = (best[0], math.log(1e-3), best[3], best[3])
            values.append(best[1])
            noises.append(best[2])
            nulls.append(best[3])
            places.append({"columns": (name,), "facts": {"scale": best[0]}})
        if not values:
            raise NotApplicable("no numeric or date column with a spread")
        family = signed_family(
            "variance_ratio",
            np.array(values),
            np.stack(noises, axis=1),
            np.stack(nulls, axis=1),
            places,
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="log ratio of variances on each column's best known scale; joint block bootstrap",
            alpha=context.alpha,
        )
        return Evidence((family,), not_applicable=flat)

    def describe(self, item: Item) -> str:
        """Say by which share the variance is off."""
        e = item.estimate
        if not e.columns:
            size = f"{math.expm1(e.effect):.0%} on average ({math.expm1(e.low):.0%} to {math.expm1(e.high):.0%})"
            return f"Over all columns the variance is off by {size}."
        word = "smaller" if e.effect < 0 else "larger"
        return (
            f"The variance of {e.columns[0]} ({item.facts['scale']}) is {abs(math.expm1(e.effect)):.0%} {word} than the real one "
            f"(ratio {math.exp(e.effect):.2f}, {math.exp(e.low):.2f} to {math.exp(e.high):.2f})."
        )

    def missed(self, item: Item) -> str:
        """Say how large a change of scale could hide."""
        where = item.estimate.columns[0] if item.estimate.columns else "the average column"
        return (
            f"a variance of {where} off by a factor of up to {math.exp(item.harm_high):.2f} would not have been seen at this size"
        )


def _log_variance(sums: np.ndarray) -> np.ndarray:
    """Give the log variance from (number, sum, sum of squares) in the last axis."""
    number = np.where(sums[..., 0] > 0, sums[..., 0], np.nan)
    mean = sums[..., 1] / number
    return np.log(np.maximum(sums[..., 2] / number - mean * mean, 1e-12))


def _quartiles(context: Context, name: str) -> tuple[float, np.ndarray, np.ndarray]:
    """Give the log ratio of squared interquartile ranges, with its joint errors; NaN where the real one is zero."""
    layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
    span, edges = layout.span(name), layout.by_name[name].edges
    if edges is None or len(edges) < 12:
        nothing = np.full(context.draws.real.weights.shape[0], np.nan)
        return math.nan, nothing, nothing
    body = slice(span.start, span.stop - 1)
    base = [_log_range(profile.cells[:, body].sum(axis=0)[None].astype(float), edges)[0] for profile in (real, synthetic)]
    draws = context.draws
    first = _log_range(draws.real.sums(real.cells[:, body]), edges) - base[0]
    again = _log_range(draws.again.sums(real.cells[:, body]), edges) - base[0]
    other = _log_range(draws.synthetic.sums(synthetic.cells[:, body]), edges) - base[1]
    return float(base[1] - base[0]), other - first, draws.sizes * again - first


def _log_range(counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Give the log of the squared interquartile range of cell counts of shape (draws, cells), by linear interpolation."""
    cumulative = np.cumsum(counts, axis=1)
    total = np.maximum(cumulative[:, -1:], 1e-12)
    cumulative = cumulative / total
    points = []
    edges = edges / max(float(np.abs(edges).max()), 1e-300)  # of the largest doubles not even a difference can be taken
    for p in (0.25, 0.75):
        right = np.clip((cumulative < p).sum(axis=1), 1, len(edges) - 1)
        rows = np.arange(len(counts))
        below, above = cumulative[rows, right - 1], cumulative[rows, right]
        share = np.clip((p - below) / np.maximum(above - below, 1e-12), 0.0, 1.0)
        points.append(edges[right - 1] + share * (edges[right] - edges[right - 1]))
    width = points[1] - points[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(width > 1e-9 * (edges[-1] - edges[0]), 2 * np.log(width), np.nan)
