"""The share of real rows that keeps an axis inside, from pilots at a few shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from assay.core.forecast import SafeShare, Sharing
from assay.lab.forecast_map import LEAST_SPREAD
from assay.lab.forecast_pilots import Pilot
from assay.lab.forecast_stretch import Stretch

MAPS, EACH = 200, 200
INSIDE, CONFIDENCE = 0.9, 0.9
USELESS = 0.5


def safe_share(
    kind: Literal["mix", "fresh"],
    tried: Mapping[float, Pilot],
    horizon: int,
    stretch: Stretch,
    rng: np.random.Generator,
) -> SafeShare:
    """Find the least share of real rows at which lineages stay inside.

    Parameters
    ----------
    kind : {'mix', 'fresh'}
        The same real rows in every generation, or new ones.
    tried : mapping of float to Pilot
        Pilots by share; 0 for regime ``replace``.
    horizon : int
        Generations that they must stay inside.
    stretch : Stretch
        Of the spread about the median.
    rng : numpy.random.Generator
        Draws.

    Notes
    -----
    For every share, 200 maps are drawn from what its pilots tell, and 200 lineages of each: the 90% quantile over lineages of
    their largest distance beyond the limits says by how much a share suffices. It falls with the share (made to, by the mean of
    running minimum and maximum), and is joined by straight lines, which lie above a curve that flattens out, as the law
    1 / (1 - b (1 - share)) does: the share given is rather too large. Share 1 is known without a pilot: a generation trained on
    real rows alone is generation 1 again, each apart from the others, with at least the variance that a generation has under the
    largest share tried: few first readings that are alike are not sure to stay so. The 95% quantile over maps is the share told.
    'Cannot tell': the 90% interval of the least share is wider than 0.5 or ends beyond 1, or more than a tenth of the lineages
    under a share are unfinished. 'None' needs more: that 95% of maps, without that least variance, put more than 10% of lineages
    outside at a single generation trained on real rows alone.
    """
    first = next(iter(tried.values()))
    floor = tried[max(tried)].map.spread  # first readings that are alike are not sure to stay so
    shares = np.array([*sorted(tried), 1.0])
    excess, alone = np.empty((MAPS, len(shares))), np.empty(MAPS)
    inside: list[tuple[float, float]] = []
    for at, share in enumerate(shares):
        pilot = tried.get(float(share))
        readings = _real_only(tuple(tried.values()), horizon, rng, floor) if pilot is None else _lineages(pilot, horizon, rng)
        middle = np.median(readings, axis=0)
        # real rows alone are generation 1 again, whatever the generation: nothing is carried beyond the pilots
        by = stretch.within if pilot is None else stretch.over(pilot.generations, horizon)
        outside = (first if pilot is None else pilot).outside(middle + by * (readings - middle))
        if pilot is None:
            plain = _real_only(tuple(tried.values()), 1, rng, LEAST_SPREAD)  # widening proves no harm
            plain = first.outside(np.median(plain) + min(stretch.within, 1.0) * (plain - np.median(plain)))
            alone = np.quantile(plain[:, 0].reshape(MAPS, EACH), INSIDE, axis=1)
        farthest = outside.max(axis=1).reshape(MAPS, EACH)
        excess[:, at] = np.quantile(farthest, INSIDE, axis=1)
        inside.append((float(share), round(float((farthest <= 0.0).mean()), 4)))
    least = np.array([_crossing(shares, each) for each in _falling(excess)])
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(least, (tail, 1.0 - tail), method="higher")
    status: Sharing = "share"
    if any(pilot.broken for pilot in tried.values()):
        status = "cannot_tell"
    elif high <= shares[0]:
        status = "any"
    elif np.mean(alone > 0.0) >= CONFIDENCE + tail:
        status = "none"
    elif not np.isfinite(high) or high - low > USELESS:
        status = "cannot_tell"
    told = abs(float(np.ceil(high * 1000.0 - 1e-9) / 1000.0)) if status in ("share", "any") else None
    least_low, least_high = (round(float(each), 4) if np.isfinite(each) else None for each in (low, high))
    return SafeShare(first.generator, first.axis, kind, first.rows, status, told, least_low, least_high, tuple(inside))


def _lineages(pilot: Pilot, horizon: int, rng: np.random.Generator) -> np.ndarray:
    return pilot.map.draw(horizon, MAPS, rng, each=EACH).readings


def _real_only(pilots: tuple[Pilot, ...], horizon: int, rng: np.random.Generator, least: float) -> np.ndarray:
    """Draw lineages whose generations all learned from real rows alone: generation 1 of any regime, again and again.

    Their variance is at least `least`.
    """
    first = max((pilot.scaled[:, 0] for pilot in pilots), key=lambda each: int((~np.isnan(each)).sum()))
    first = first[~np.isnan(first)]
    freedom = max(len(first) - 1, 1)
    variance = max(float(first.var(ddof=1)) if len(first) > 1 else pilots[0].noise, LEAST_SPREAD)
    spread = np.sqrt(np.maximum(variance * freedom / rng.chisquare(freedom, MAPS), least))
    middle = first.mean() + spread / np.sqrt(len(first)) * rng.normal(size=MAPS)
    drawn = middle[:, None, None] + spread[:, None, None] * rng.normal(size=(MAPS, EACH, horizon))
    return drawn.reshape(MAPS * EACH, horizon)


def _falling(excess: np.ndarray) -> np.ndarray:
    """Make curves fall from left to right."""
    from_left = np.minimum.accumulate(excess, axis=1)
    from_right = np.maximum.accumulate(excess[:, ::-1], axis=1)[:, ::-1]
    return (from_left + from_right) / 2.0


def _crossing(shares: np.ndarray, excess: np.ndarray) -> float:
    """Give the least share at which a falling curve is at most 0; infinite where it never is."""
    within = np.flatnonzero(excess <= 0.0)
    if not len(within):
        return np.inf
    at = int(within[0])
    if at == 0:
        return float(shares[0])
    above, below = excess[at - 1], excess[at]
    return float(shares[at - 1] + (shares[at] - shares[at - 1]) * above / (above - below))
