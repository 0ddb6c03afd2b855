"""What a scenario of a shared corpus gives: every axis over the calendar, and what each assumption does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

ECOSYSTEM = "assay.ecosystem-result/1"


@dataclass(frozen=True, slots=True)
class Band:
    """One axis over the calendar.

    Parameters
    ----------
    axis : str
        Name, such as ``"log_variance"``.
    middle : tuple of float
        Median at every time.
    low, high : tuple of float
        2.5% and 97.5% points over the scenario's ranges and over seeds.
    seeds_low, seeds_high : tuple of float
        The same over seeds alone, with every quantity in the middle of its range.
    from_ranges : tuple of float, None where nothing varies
        Share of the variance that comes from the ranges; the rest comes from seeds.
    """

    axis: str
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    seeds_low: tuple[float, ...]
    seeds_high: tuple[float, ...]
    from_ranges: tuple[float | None, ...]

    def __post_init__(self) -> None:
        if not all(low <= middle <= high for low, middle, high in zip(self.low, self.middle, self.high, strict=True)):
            raise ValueError(f"Band of {self.axis} needs low <= middle <= high at every time.")


@dataclass(frozen=True, slots=True)
class Effect:
    """What one quantity of a scenario does to one axis in one year.

    Parameters
    ----------
    axis, quantity : str
        Which.
    year : float
        When.
    at_low, at_high : float
        Mean of the axis with this quantity at either end of its range and all others in the middle of theirs.
    error : float
        Standard error of the difference of the two, from seeds.
    variance_share : float
        First-order share of the variance over the ranges, all quantities varying together, from 0 to 1; estimated.
    """

    axis: str
    quantity: str
    year: float
    at_low: float
    at_high: float
    error: float
    variance_share: float

    @property
    def swing(self) -> float:
        """Size of the difference between the two ends."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Ecosystem:
    """A scenario of a shared corpus, run.

    Parameters
    ----------
    name, title : str
        Of the scenario.
    times : tuple of float
        Years, one a step.
    bands : tuple of Band
        One an axis.
    effects : tuple of Effect
        For each axis and year of the outlook, the quantities with the largest swing first.
    assumptions : tuple of mapping
        Every quantity: ``name``, ``low``, ``high``, ``source``, ``assumption``.
    left_out : tuple of str
        What the model does not know of.
    settings : mapping
        What was asked: draws, seeds, seed, years, readers.
    """

    name: str
    title: str
    times: tuple[float, ...]
    bands: tuple[Band, ...]
    effects: tuple[Effect, ...]
    assumptions: tuple[Mapping[str, Any], ...] = ()
    left_out: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(band.axis for band in self.bands)

    @property
    def years(self) -> tuple[float, ...]:
        """Years of the outlook."""
        return tuple(self.settings.get("years", ()))

    def __getitem__(self, axis: str) -> Band:
        """Give one axis."""
        for band in self.bands:
            if band.axis == axis:
                return band
        raise KeyError(axis)

    def at(self, axis: str, year: float) -> dict[str, float | None]:
        """Give an axis in a year: ``middle``, ``low``, ``high``, ``seeds_low``, ``seeds_high`` and ``from_ranges``.

        Parameters
        ----------
        axis : str
            Which.
        year : float
            The nearest time is taken.
        """
        step = min(range(len(self.times)), key=lambda at: abs(self.times[at] - year))
        return {name: part[step] for name, part in asdict(self[axis]).items() if name != "axis"}

    def matters(self, axis: str, year: float) -> tuple[Effect, ...]:
        """Give what each quantity does to an axis in a year, the largest swing first."""
        return tuple(each for each in self.effects if each.axis == axis and each.year == year)

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return {
            "schema": ECOSYSTEM,
            "name": self.name,
            "title": self.title,
            "times": list(self.times),
            "bands": [{key: list(part) if key != "axis" else part for key, part in asdict(each).items()} for each in self.bands],
            "effects": [asdict(each) for each in self.effects],
            "assumptions": [dict(each) for each in self.assumptions],
            "left_out": list(self.left_out),
            "settings": dict(self.settings),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Ecosystem:
        """Read what `to_dict` gave.

        Raises
        ------
        ValueError
            If the document is of another kind or version.
        """
        if document.get("schema") != ECOSYSTEM:
            raise ValueError(f"Ecosystem.from_dict needs a document with schema {ECOSYSTEM!r}. Got {document.get('schema')!r}.")
        return cls(
            document["name"],
            document["title"],
            tuple(document["times"]),
            tuple(
                Band(entry["axis"], **{key: tuple(part) for key, part in entry.items() if key != "axis"})
                for entry in document["bands"]
            ),
            tuple(Effect(**entry) for entry in document["effects"]),
            tuple(dict(entry) for entry in document["assumptions"]),
            tuple(document["left_out"]),
            dict(document["settings"]),
        )
