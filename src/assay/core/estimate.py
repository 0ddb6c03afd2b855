"""A number that carries its noise: interval, floor, sizes and method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Estimate:
    """One measured number with its 95% interval and what two real samples of the same sizes would score.

    Parameters
    ----------
    measure : str
        Name of the measure.
    value : float
        The statistic as computed, in the measure's own unit.
    floor_low, floor_median, floor_high : float
        2.5%, 50% and 97.5% points of the statistic between two REAL samples of these sizes.
    effect : float
        The statistic with the noise of sampling taken out; margins are on this scale.
    low, high : float
        95% interval of the effect. The effect may lie outside only by rounding.
    n_real, n_synthetic : int
        Rows behind the number.
    method : str
        How value, floor and interval were made.
    columns : tuple of str
        Where: the columns concerned, empty for the whole table.
    slice : str, optional
        Where: the slice of rows concerned.
    p_value : float, optional
        Where a test exists.
    sampled : bool
        Whether the rows behind it are a sample of those given.

    Raises
    ------
    ValueError
        If any number is not finite or the interval or floor is out of order: a number without its noise is not an estimate.
    """

    measure: str
    value: float
    floor_low: float
    floor_median: float
    floor_high: float
    effect: float
    low: float
    high: float
    n_real: int
    n_synthetic: int
    method: str
    columns: tuple[str, ...] = ()
    slice: str | None = None
    p_value: float | None = None
    sampled: bool = False

    def __post_init__(self) -> None:
        for name in ("value", "floor_low", "floor_median", "floor_high", "effect", "low", "high"):
            number = float(getattr(self, name))
            if not math.isfinite(number):
                raise ValueError(f"Estimate.{name} of {self.measure} must be a finite number. Got {number}.")
            object.__setattr__(self, name, number)
        if not self.low <= self.high:
            raise ValueError(f"Estimate of {self.measure} needs low <= high. Got {self.low} and {self.high}.")
        if not self.floor_low <= self.floor_median <= self.floor_high:
            raise ValueError(
                f"Estimate of {self.measure} needs an ordered floor. "
                f"Got {self.floor_low}, {self.floor_median}, {self.floor_high}."
            )
        object.__setattr__(self, "n_real", int(self.n_real))
        object.__setattr__(self, "n_synthetic", int(self.n_synthetic))
        object.__setattr__(self, "columns", tuple(self.columns))

    def to_dict(self) -> dict[str, Any]:
        """Give the entry of an `assay.report/1` document; numbers keep ten significant digits."""
        return {
            "measure": self.measure,
            "where": {"columns": list(self.columns), "slice": self.slice},
            "value": rounded(self.value),
            "floor_low": rounded(self.floor_low),
            "floor_median": rounded(self.floor_median),
            "floor_high": rounded(self.floor_high),
            "effect": rounded(self.effect),
            "low": rounded(self.low),
            "high": rounded(self.high),
            "p_value": None if self.p_value is None else rounded(self.p_value),
            "n_real": self.n_real,
            "n_synthetic": self.n_synthetic,
            "method": self.method,
            "sampled": self.sampled,
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Estimate:
        """Read what `to_dict` gave."""
        fields = {key: entry[key] for key in entry if key != "where"}
        return cls(**fields, columns=tuple(entry["where"]["columns"]), slice=entry["where"]["slice"])

    def _repr_html_(self) -> str:
        return f"<code>{self.measure}</code> {self.effect:.3g} [{self.low:.3g}, {self.high:.3g}]"


def rounded(number: float, digits: int = 10) -> float:
    """Round to significant digits, so that the last bits of a float never make two equal runs differ.

    Examples
    --------
    >>> rounded(1 / 3, 3)
    0.333
    """
    return float(f"{number:.{digits}g}") + 0.0
