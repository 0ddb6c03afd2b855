"""The scale on which an axis is forecast: unbounded, with steps that add up and noise of about the same size everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.core.trajectory import Reading
from assay.stats.bands import Z95

Kind = Literal["logit", "log", "identity"]
LEAST, MOST = 1e-4, 0.05


@dataclass(frozen=True)
class Scale:
    """A rising function of an axis' value, and back.

    Parameters
    ----------
    kind : {'logit', 'log', 'identity'}
        Bounded on both sides, positive, or neither.
    low, high : float
        Bounds of the axis.
    offset : float
        What keeps values at a bound finite, in the axis' unit: about the error of one reading.

    Notes
    -----
    ``logit``: log((v - low + o) / (high + o - v)). ``log``: log(v - low + o). Values beyond a bound are taken as at the bound.
    """

    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    offset: float = 0.0

    @classmethod
    def of(cls, bounds: tuple[float, float], readings: Iterable[Reading]) -> Scale:
        """Choose the scale of an axis by its bounds and the errors of its readings.

        Parameters
        ----------
        bounds : tuple of float
            Least and largest value possible.
        readings : iterable of Reading
            At least one.

        Examples
        --------
        >>> scale = Scale.of((0.0, 1.0), [Reading("auc", 0.7, 0.69, 0.71, 0.48, 0.5, 0.52)])
        >>> scale.kind, round(float(scale.back(scale.to(0.7))), 6)
        ('logit', 0.7)
        """
        found = list(readings)
        low, high = bounds
        error = float(np.median([(each.high - each.low) / (2.0 * Z95) for each in found]))
        if math.isfinite(low) and math.isfinite(high):
            span = high - low
            return cls("logit", low, high, min(max(error, LEAST * span), MOST * span))
        if math.isfinite(low):
            floor = float(np.median([each.floor_high for each in found])) - low
            return cls("log", low, high, max(floor, error, 1e-9))
        return cls("identity")

    def to(self, value: float | np.ndarray) -> np.ndarray:
        """Give the forecast scale's value of an axis' value."""
        value = np.clip(np.asarray(value, dtype=float), self.low, self.high)
        if self.kind == "identity":
            return value
        if self.kind == "log":
            return np.log(value - self.low + self.offset)
        return np.log((value - self.low + self.offset) / (self.high + self.offset - value))

    def back(self, z: float | np.ndarray) -> np.ndarray:
        """Give the axis' value of a value on the forecast scale, within the bounds."""
        z = np.asarray(z, dtype=float)
        if self.kind == "identity":
            return z
        if self.kind == "log":
            return np.maximum(np.exp(np.minimum(z, 700.0)) - self.offset + self.low, self.low)
        share = 1.0 / (1.0 + np.exp(-np.clip(z, -700.0, 700.0)))
        value = self.low - self.offset + share * (self.high - self.low + 2.0 * self.offset)
        return np.clip(value, self.low, self.high)

    def variance(self, reading: Reading) -> float:
        """Give the variance of one reading on the forecast scale, from its interval."""
        low, high = self.to(reading.low), self.to(reading.high)
        return float(((high - low) / (2.0 * Z95)) ** 2)
