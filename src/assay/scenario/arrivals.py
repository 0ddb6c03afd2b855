"""Moments of arrival: a rate with profiles of the hour, the weekday and the month, turned into times by its inverse."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from assay.scenario.model import Arrivals

HOUR = 3_600_000_000
YEAR_HOURS = 8_766.0


def arrival_times(rule: Arrivals, u: np.ndarray, after: np.ndarray | None = None, before: np.ndarray | None = None) -> np.ndarray:
    """Give moments of arrival.

    Parameters
    ----------
    rule : Arrivals
        Span, profiles and growth.
    u : numpy.ndarray of float64, shape (rows,)
        Uniform in (0, 1).
    after, before : numpy.ndarray of datetime64[us], shape (rows,) or (1,), optional
        No moment lies outside of these.

    Returns
    -------
    numpy.ndarray of datetime64[us], shape (rows,)
        NaT where nothing can arrive between `after` and `before`.

    Notes
    -----
    The rate of hour h is hours[h of day] weekdays[h of week] months[h of year] (1 + growth)^(years since start), constant within
    the hour. With R the cumulative rate, moments are R^-1(R(after) + u (R(before) - R(after))): a Poisson process given its
    number of events.

    Examples
    --------
    >>> night = Arrivals(np.datetime64("2024-01-01", "us"), np.datetime64("2024-01-03", "us"), hours=(1.0,) + (0.0,) * 23)
    >>> arrival_times(night, np.array([0.25, 0.75])).astype("datetime64[m]").tolist()
    [datetime.datetime(2024, 1, 1, 0, 30), datetime.datetime(2024, 1, 2, 0, 30)]
    """
    edges, reached = _cumulative(rule)
    low, high = reached[:1], reached[-1:]
    if after is not None:
        low = np.interp(after.astype(np.int64).astype(float), edges, reached)
    if before is not None:
        high = np.interp(before.astype(np.int64).astype(float), edges, reached)
    found = np.interp(low + u * (high - low), reached, edges)
    found = np.minimum(found, edges[-1] - 1.0)
    if after is not None:
        found = np.maximum(found, after.astype(np.int64))
    if before is not None:
        found = np.minimum(found, before.astype(np.int64))
    out = found.astype(np.int64).astype("datetime64[us]")
    impossible = np.broadcast_to(high - low <= 0, out.shape)
    return np.where(impossible, np.datetime64("NaT"), out) if impossible.any() else out


@lru_cache(maxsize=16)
def _cumulative(rule: Arrivals) -> tuple[np.ndarray, np.ndarray]:
    """Give the edges of the hours in microseconds and the share of the rate up to each."""
    start, end = int(rule.start.astype(np.int64)), int(rule.end.astype(np.int64))
    first = start - start % HOUR
    edges = np.arange(first, end + HOUR, HOUR, dtype=np.int64)
    edges = np.unique(np.clip(edges, start, end))
    middle = edges[:-1]
    hours = middle // HOUR
    moments = middle.astype("datetime64[us]")
    rate = (1.0 + rule.growth) ** ((hours - hours[0]) / YEAR_HOURS)
    if rule.hours:
        rate = rate * np.array(rule.hours)[hours % 24]
    if rule.weekdays:
        rate = rate * np.array(rule.weekdays)[(hours // 24 + 3) % 7]
    if rule.months:
        rate = rate * np.array(rule.months)[moments.astype("datetime64[M]").astype(np.int64) % 12]
    reached = np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])
    if not reached[-1] > 0:
        return edges.astype(float), np.zeros(len(edges))
    return edges.astype(float), reached / reached[-1]
