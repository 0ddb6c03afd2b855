"""From counts of suspicious rows to the share of rows that were copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Item
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


def share_item(
    measure: str,
    found: Copied,
    *,
    seen: float,
    honest: float,
    n: float,
    n_control: float,
    rows: tuple[int, int],
    method: str,
    facts: Mapping[str, Any],
    least: float | None = None,
    columns: tuple[str, ...] = (),
    sampled: bool = False,
) -> Item:
    """Give the item of a share of copies: the suspicious share seen, what honest rows show as its floor, and the bounds.

    Parameters
    ----------
    measure : str
        Name of the measure.
    found : Copied
        Effect and bounds.
    seen, honest : float
        Suspicious shares of the synthetic rows and of independent real ones.
    n, n_control : float
        Rows behind the two.
    rows : (int, int)
        Real and synthetic rows given.
    method : str
        How the numbers were made.
    facts : mapping
        What the measure's sentences need.
    least : float, optional
        Rows of which one half could have been suspicious unseen; `n_control` by default.
    columns, sampled
        As in `Estimate`.
    """
    spread = 1.96 * float(np.sqrt(max(honest * (1 - honest), 0.25 / (least or n_control)) * (1 / n + 1 / n_control)))
    low, high = max(honest - spread, 0.0), min(honest + spread, 1.0)
    effect = found.effect, found.low, found.high
    estimate = Estimate(measure, seen, low, honest, high, *effect, *rows, method, columns=columns, sampled=sampled)
    return Item(estimate, found.harm_low, found.harm_high, found.score, facts)
