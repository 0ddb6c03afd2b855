"""From counts of suspicious rows to the share of rows that were copied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from assay.stats.intervals import difference_bound, difference_interval


class Copied(NamedTuple):
    """Share of copied rows with its 95% interval and the bounds that are judged."""

    effect: float
    low: float
    high: float
    harm_low: float
    harm_high: float
    score: float


def copied(k: float, n: float, control: float, n_control: float, reach: float, error: float) -> Copied:
    """Estimate which share c of the synthetic rows was copied.

    Parameters
    ----------
    k, n : float
        Suspicious synthetic rows, and all.
    control, n_control : float
        Suspicious independent real rows, and all.
    reach : float
        Share of copies that would be suspicious.
    error : float
        Error of the lower bound.

    Notes
    -----
    ``c = (s - h) / (reach - h)`` with s, h the suspicious shares: the mixture of copies and honest rows solved for c. Bounds of
    s - h (MOVER) are divided alike. Where honest rows are as suspicious as copies would be (a holdout that repeats the real
    table), s says nothing of c: any share is possible.
    """
    honest = control / n_control
    if honest >= reach:
        return Copied(0.0, -1.0, 1.0, 0.0, 1.0, 0.0)
    scale = 1.0 / (reach - honest)

    def share(bound: float) -> float:
        return float(np.clip(bound * scale, -1.0, 1.0))

    effect = share(k / n - honest)
    low, high = (share(bound) for bound in difference_interval(k, n, control, n_control))
    harm_low = share(difference_bound(k, n, control, n_control, error=error, upper=False))
    harm_high = share(difference_bound(k, n, control, n_control, error=0.05, upper=True))
    pooled = (k + control + 0.5) / (n + n_control + 1)
    spread = scale * np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_control))
    return Copied(effect, min(low, effect), max(high, effect), max(harm_low, 0.0), max(harm_high, 0.0), effect / spread)
