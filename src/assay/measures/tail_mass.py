"""Tails of a column: how many rows lie beyond the real 1% and 99% points?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import betaincinv

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.stats.bands import Z95
from assay.stats.items import signed_family
from assay.stats.resample import clustering, effective_tests

SHARE, FAR = 0.01, 0.001
LEAST, LEAST_INDEX = 14, 30
MOST_REPORTED = 12


class TailMass(Measure):
    """Compare how many rows exceed each ordered column's real 1% and 99% points.

    Parameters
    ----------
    tails : mapping, optional
        Cells of each tail, by column and side, where they were chosen before on another sample; from `tails`. By default
        they are chosen on the real table.

    Notes
    -----
    ``log(exceedances synthetic / exceedances real)`` as shares of rows, 0 = equal, -0.69 = half of the tail is missing.
    Thresholds are cell edges of the real column with at most 1% of the rows beyond; a side whose outermost value alone holds
    more has no tail in this sense. Given the total, the synthetic count is binomial, which gives Jeffreys bounds for the
    ratio; the mean over all tails is resampled jointly.

    Reported beside it and not judged, for the tails that differ most: the same beyond the real .1% and 99.9% points, and the
    difference of tail indices, each the mean of ``log((x - median) / (point - median))`` over the rows beyond the real 1% or
    99% point (Hill 1975), both medians and points the real column's: how far out the extremes lie. What it cannot see: tails of
    combinations of columns.

    References
    ----------
    Hill (1975), A simple general approach to inference about the tail of a distribution, Annals of Statistics 3.
    Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from Poisson series, Biometrika 31. Brown,
    Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16.
    """

    question = "Are the extremes there?"
    family = "tails"
    reads = "profile"
    cost = 14
    codes = {
        "TAIL01": "A tail is cut: too few rows beyond the real 1% or 99% point.",
        "TAIL02": "A tail is too heavy: too many rows beyond the real 1% or 99% point.",
    }
    mechanism = "tail_loss"
    remedy = "Refill the tail: sample conditionally beyond the threshold, or add real rows from there; check what clips."
    cannot_see = "The shape of the tail beyond its threshold (reported, not judged); tails of combinations of columns."

    def __init__(self, tails: Mapping[tuple[str, str], slice] | None = None) -> None:
        self.tails = tails

    def measure(self, context: Context) -> Evidence:
        """Measure both tails of every ordered column."""
        layout, real, synthetic = context.real_profile.layout, context.real_profile, context.synthetic_profile
        chosen = tails(real) if self.tails is None else self.tails
        members: list[np.ndarray] = []
        places: list[dict[str, object]] = []
        for (name, side), cells in chosen.items():
            start = layout.span(name).start
            members.append(np.arange(start + cells.start, start + cells.stop))
            places.append({"columns": (name,), "slice": f"{side} tail", "facts": {"side": side}})
        with_tail = {name for name, _ in chosen}
        bare = {
            name: "no value beyond which between .1% and 1% of the real rows lie"
            for name in layout.ordered
            if name not in with_tail
        }
        if not members:
            raise NotApplicable("no column has a tail: at most 1% and at least 14 of the real rows beyond some value")
        counts_real = np.stack([real.cells[:, cells].sum(axis=1) for cells in members], axis=1)
        counts_synthetic = np.stack([synthetic.cells[:, cells].sum(axis=1) for cells in members], axis=1)
        k_real, k_synthetic = counts_real.sum(axis=0), counts_synthetic.sum(axis=0)
        p, q = (k_real + 0.5) / real.total, (k_synthetic + 0.5) / synthetic.total
        value = np.log(q / p)
        errors_real = context.draws.real.errors(counts_real) / p
        null = context.draws.sizes * context.draws.again.errors(counts_real) / p - errors_real
        own = context.draws.synthetic.errors(counts_synthetic) / q
        # A tail that is empty has no spread between blocks, yet its count is no better known than a small one.
        lacking = np.sqrt(np.maximum(1.0 / (k_synthetic + 0.5) - own.var(axis=0), 0.0))
        noise = own + lacking * context.rng("tails").standard_normal(own.shape) - errors_real
        tests = effective_tests(np.abs(null / np.maximum(null.std(axis=0), 1e-12)).max(axis=1))
        many = clustering(counts_real) if context.schema.entity is not None else np.ones(len(members))
        sizes = (k_real / many, k_synthetic / many, real.total, synthetic.total)
        low, high = _ratio_bounds(*sizes, 0.025)
        strict_low, strict_high = _ratio_bounds(*sizes, context.alpha / 4 / tests)
        loose_low, loose_high = _ratio_bounds(*sizes, 0.05)
        for at, place in enumerate(places):
            place["facts"] = {
                "side": place["facts"]["side"],  # type: ignore[index]
                "share_real": float(k_real[at] / real.total),
                "share_synthetic": float(k_synthetic[at] / synthetic.total),
                "code": "TAIL01" if value[at] < 0 else "TAIL02",
                "mechanism": "tail_loss" if value[at] < 0 else "variance_change",
            }
        family = signed_family(
            "tail_mass",
            value,
            noise,
            null,
            places,
            n_real=real.total,
            n_synthetic=synthetic.total,
            method="log ratio of exceedances; conditional binomial (Jeffreys), mean by joint block bootstrap",
            alpha=context.alpha,
            bounds=(low, high),
            harm_bounds=(
                np.maximum(np.maximum(strict_low, -strict_high), 0.0),
                np.maximum(np.abs(loose_low), np.abs(loose_high)),
            ),
        )
        return Evidence((family,), reported=(*_far(context), *_indices(context)), not_applicable=bare)

    def describe(self, item: Item) -> str:
        """Say how much of the tail is there."""
        e = item.estimate
        if not e.columns:
            factor = f"{math.exp(e.effect):.2f} on average ({math.exp(e.low):.2f} to {math.exp(e.high):.2f})"
            return f"Over all tails, the rows beyond the real 1% and 99% points are off by a factor of {factor}."
        point, verb = ("99th percentile", "exceed") if item.facts["side"] == "upper" else ("1st percentile", "fall below")
        return (
            f"{_percent(item.facts['share_synthetic'])} of synthetic rows {verb} the real {point} of {e.columns[0]}; "
            f"{_percent(item.facts['share_real'])} should."
        )

    def missed(self, item: Item) -> str:
        """Say how much of a tail could be gone unseen."""
        if not item.estimate.columns:
            return (
                f"tails off by a factor of up to {math.exp(item.harm_high):.1f} on average would not have been seen at this size"
            )
        lost = -math.expm1(min(item.estimate.low, 0.0))
        tail = f"{item.facts['side']} tail of {item.estimate.columns[0]}"
        return f"a loss of up to {lost:.0%} of the {tail} would not have been seen at this size"


def tails(profile: Any) -> dict[tuple[str, str], slice]:
    """Choose the cells of each tail on a profile, by column and side ('lower', 'upper')."""
    return {
        (name, side): cells
        for name in profile.layout.ordered
        for side, cells in _sides(profile.counts(name), profile.total).items()
    }


def _sides(counts: np.ndarray, rows: int, share: float = SHARE) -> dict[str, slice]:
    """Find the cells of the lower and the upper tail: the widest with at most 1% of the rows, if enough rows are in it."""
    body = counts[:-1]
    found: dict[str, slice] = {}
    limit = max(share * rows * 1.02, share * rows + 1)  # the edge itself belongs to the upper tail
    least = max(LEAST, 0.1 * share * rows)
    below, above = np.cumsum(body), np.cumsum(body[::-1])
    width = int((below <= limit).sum())
    if width and below[width - 1] >= least:
        found["lower"] = slice(0, width)
    width = int((above <= limit).sum())
    if width and above[width - 1] >= least:
        found["upper"] = slice(len(body) - width, len(body))
    return found


def _far(context: Context) -> list[Estimate]:
    """Report log ratios of the rows beyond the real .1% and 99.9% points."""
    real, synthetic = context.real_profile, context.synthetic_profile
    found: list[Estimate] = []
    for name in real.layout.ordered:
        counts, others = real.counts(name), synthetic.counts(name)
        for side, cells in _sides(counts, real.total, FAR).items():
            k, other = counts[cells].sum(), others[cells].sum()
            value = math.log((other + 0.5) / synthetic.total * real.total / (k + 0.5))
            low, high = _ratio_bounds(k, other, real.total, synthetic.total, 0.025)
            spread = math.sqrt((1 + real.total / synthetic.total) / (k + 0.5))
            found.append(
                Estimate(
                    "tail_mass",
                    value,
                    -1.96 * spread,
                    0.0,
                    1.96 * spread,
                    value,
                    min(float(low), value),
                    max(float(high), value),
                    real.total,
                    synthetic.total,
                    "log ratio of exceedances; conditional binomial (Jeffreys)",
                    columns=(name,),
                    slice=f"{side} .1% tail",
                )
            )
    return sorted(found, key=lambda e: -abs(e.value) / (e.floor_high + 1e-12))[:MOST_REPORTED]


def _indices(context: Context) -> list[Estimate]:
    """Report differences of tail indices (Hill), synthetic minus real."""
    real, synthetic, draws = context.real_profile, context.synthetic_profile, context.draws
    names = [(name, side) for name in real.layout.ordered for side in ("lower", "upper")]
    counts, others = (profile.excesses.reshape(len(profile.rows), -1, 2) for profile in (real, synthetic))
    enough = (counts[..., 0].sum(axis=0) >= LEAST_INDEX) & (others[..., 0].sum(axis=0) >= LEAST_INDEX)
    counts, others = counts[:, enough], others[:, enough]
    if not enough.any():
        return []

    def index(sums: np.ndarray) -> np.ndarray:
        return sums[..., 1] / np.maximum(sums[..., 0], 1.0)

    base, other = index(counts.sum(axis=0)), index(others.sum(axis=0))
    first = index(draws.real.sums(counts)) - base
    again = draws.sizes * (index(draws.again.sums(counts)) - base)
    spread = np.sqrt((index(draws.synthetic.sums(others)) - other).var(axis=0) + first.var(axis=0))
    floors = np.quantile(again - first, (0.025, 0.5, 0.975), axis=0)
    value = other - base
    chosen = np.argsort(-np.abs(value) / np.maximum(spread, 1e-12), kind="stable")[:MOST_REPORTED]
    return [
        Estimate(
            "tail_mass",
            float(value[at]),
            float(floors[0, at]),
            float(floors[1, at]),
            float(floors[2, at]),
            float(value[at]),
            float(value[at] - Z95 * spread[at]),
            float(value[at] + Z95 * spread[at]),
            real.total,
            synthetic.total,
            "difference of Hill's tail indices beyond the real 1% or 99% point, from the real median; block bootstrap",
            columns=(names[np.flatnonzero(enough)[at]][0],),
            slice=f"{names[np.flatnonzero(enough)[at]][1]} tail index",
        )
        for at in chosen
    ]


def _ratio_bounds(
    k_real: np.ndarray, k_synthetic: np.ndarray, n_real: int, n_synthetic: int, error: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bound the log ratio of two rates, each side erring with `error`; the synthetic count given the total is binomial."""
    low = betaincinv(k_synthetic + 0.5, k_real + 0.5, error)
    high = betaincinv(k_synthetic + 0.5, k_real + 0.5, 1 - error)
    factor = math.log(n_real / n_synthetic)
    return np.log(low) - np.log1p(-low) + factor, np.log(high) - np.log1p(-high) + factor


def _percent(share: float) -> str:
    return f"{share:.2%}" if share < 0.1 else f"{share:.1%}"
