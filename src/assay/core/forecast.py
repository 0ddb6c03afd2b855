"""What a forecast says: where every axis will be, when it leaves, what share, rows or generator keep it, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Departs = Literal["leaves", "stays", "some", "outside", "cannot_tell"]
Sharing = Literal["share", "any", "none", "cannot_tell"]
Sizing = Literal["inside", "more_rows", "another_generator", "both", "cannot_tell"]
Narrowing = Literal["more seeds", "more generations", "more rows", ""]


@dataclass(frozen=True, slots=True)
class Band:
    """Where one axis of a new lineage will be at one generation.

    Parameters
    ----------
    generation : int
        From 1.
    middle : float
        Median, in the axis' unit.
    low, high : float
        90% interval of this generation.
    low_all, high_all : float
        Bounds that hold a whole lineage, at all generations forecast, with 90%.
    """

    generation: int
    middle: float
    low: float
    high: float
    low_all: float
    high_all: float


@dataclass(frozen=True, slots=True)
class Leaving:
    """When a new lineage leaves its margin for the first time.

    Parameters
    ----------
    status : {'leaves', 'stays', 'some', 'outside', 'cannot_tell'}
        ``leaves`` if at least 90% do within the horizon, ``stays`` if at most 10% do, ``some`` between, ``outside`` if at least
        90% are outside at generation 1, before any loop; ``cannot_tell`` if the interval is too wide to be of use, or more
        than a tenth of the pilots are unfinished.
    generation, low, high : int or None
        Median and 90% interval; None: not within the horizon.
    probability : float
        Share of lineages that leave within the horizon.
    narrows : {'more seeds', 'more generations', 'more rows', ''}
        What would narrow the forecast most.
    """

    status: Departs
    generation: int | None
    low: int | None
    high: int | None
    probability: float
    narrows: Narrowing


@dataclass(frozen=True, slots=True)
class Outlook:
    """One axis under one generator and regime.

    Parameters
    ----------
    generator, regime, axis : str
        Which.
    rows : int
        Rows of a generation.
    lineages, generations : int
        Pilots that were learned from, and their length.
    limit_low, limit_high : float or None
        Where the axis is left; None where that direction is no harm, or no value can lie beyond.
    stretch : float
        By how much the map's own intervals were stretched (or shrunk), by lineages left out and what other tables have shown, up
        to generation `reach`.
    stretch_beyond : float
        And after it, where no lineage left out bears them out: there is no guarantee.
    reach : int
        The last generation as far ahead of the pilots as lineages left out were scored.
    unfinished : int
        Lineages begun that failed, or lack a generation that others have. Of more than a tenth, nothing can be told.
    bands : tuple of Band
        Generations 1 to the horizon.
    leaving : Leaving
        When it is left.
    """

    generator: str
    regime: str
    axis: str
    rows: int
    lineages: int
    generations: int
    limit_low: float | None
    limit_high: float | None
    stretch: float
    stretch_beyond: float
    reach: int
    unfinished: int
    bands: tuple[Band, ...]
    leaving: Leaving


@dataclass(frozen=True, slots=True)
class SafeShare:
    """The share of real rows that keeps an axis inside its margin.

    Parameters
    ----------
    generator, axis : str
        Which.
    kind : {'mix', 'fresh'}
        The same real rows in every generation, or new ones.
    rows : int
        Rows of a generation.
    status : {'share', 'any', 'none', 'cannot_tell'}
        ``share``: `share` suffices. ``any``: the smallest share tried already does. ``none``: not even training on real rows
        alone keeps it. ``cannot_tell``: the interval is too wide to be of use, or pilots are unfinished.
    share : float or None
        With 95% confidence at least 90% of lineages stay inside to the horizon.
    low, high : float or None
        90% interval of the least share that suffices; None: beyond 0 or 1.
    tried : tuple of (float, float)
        Shares tried, and the probability that a lineage stays inside.
    """

    generator: str
    axis: str
    kind: Literal["mix", "fresh"]
    rows: int
    status: Sharing
    share: float | None
    low: float | None
    high: float | None
    tried: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class SizeEffect:
    """Whether more rows or another generator would help.

    Parameters
    ----------
    generator, regime, axis : str
        Which.
    sizes : tuple of int
        Rows at which pilots ran.
    generation : int
        At which generation the sizes are compared.
    answer : {'inside', 'more_rows', 'another_generator', 'both', 'cannot_tell'}
        ``inside``: nothing to mend. ``more_rows``: sampling error, that vanishes with rows. ``another_generator``: what stays
        however many rows there are lies outside. ``both``: it lies inside only from ten times the largest size on.
    endless, low, high : float
        Where the axis would be with endless rows, and its 90% interval, in its unit.
    rows : int or None
        At how many rows the mean comes inside; None: at none, or cannot tell.
    """

    generator: str
    regime: str
    axis: str
    sizes: tuple[int, ...]
    generation: int
    answer: Sizing
    endless: float
    low: float
    high: float
    rows: int | None


@dataclass(frozen=True, slots=True)
class MixturePoint:
    """One small fit: rows trained on, and its score on sealed rows."""

    real: int
    synthetic: int
    score: float
    error: float
    left_out: float | None = None


@dataclass(frozen=True, slots=True)
class MixturePrediction:
    """A score predicted at a mix, with its 90% interval; ``cannot_tell`` beyond the largest fits, and where no law holds."""

    real: int
    synthetic: int
    score: float
    low: float
    high: float
    status: Literal["told", "cannot_tell"] = "told"


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a model is worth that learns from real and synthetic rows together.

    Parameters
    ----------
    generator : str
        Who made the synthetic rows.
    score : str
        What is scored.
    points : tuple of MixturePoint
        Fits, each with what the law says when it is left out.
    top, rows, bias, exponent : float
        The law: score = top - rows (n + m) ** -exponent - bias (m / (n + m)) ** 2, for n real and m synthetic rows.
    left_out_error : float
        Root mean square of score minus prediction, points left out one by one.
    noise : float
        Root mean square error of the scores themselves: what no law could beat.
    status : {'told', 'cannot_tell'}
        ``cannot_tell`` if the law misses points left out by as much as a constant does.
    predictions : tuple of MixturePrediction
        What was asked.
    seconds : float
        What the fits took.
    """

    generator: str
    score: str
    points: tuple[MixturePoint, ...]
    top: float
    rows: float
    bias: float
    exponent: float
    left_out_error: float
    noise: float
    status: Literal["told", "cannot_tell"]
    predictions: tuple[MixturePrediction, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
    """Process seconds of the pilots against those of the loop that they stand for.

    Parameters
    ----------
    pilots, loop : float
        Seconds of all pilots, and of running every generator and regime to the horizon with `seeds` lineages at the largest size.
    seeds : int
        Lineages of that loop.
    """

    pilots: float
    loop: float
    seeds: int

    @property
    def saved(self) -> float:
        """Seconds saved; negative where the pilots cost more."""
        return self.loop - self.pilots


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that a forecast says, as plain data.

    Parameters
    ----------
    horizon : int
        Generations forecast.
    outlooks, shares, sizes, mixtures
        The answers.
    cost : Cost
        What was saved.
    untold : mapping of str to str
        What could not be forecast, and lineages that ended early, each with the reason.
    known : str
        What intervals were stretched by beside the pilots' own lineages: measured on which other tables, or that nothing has been
        measured.
    """

    horizon: int
    outlooks: tuple[Outlook, ...]
    shares: tuple[SafeShare, ...] = ()
    sizes: tuple[SizeEffect, ...] = ()
    mixtures: tuple[Mixture, ...] = ()
    cost: Cost = field(default_factory=lambda: Cost(0.0, 0.0, 0))
    untold: Mapping[str, str] = field(default_factory=dict)
    known: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Answers:
        """Read what `to_dict` gave."""
        return cls(
            int(entry["horizon"]),
            tuple(map(_outlook, entry["outlooks"])),
            tuple(map(_share, entry["shares"])),
            tuple(map(_size, entry["sizes"])),
            tuple(map(_mixture, entry["mixtures"])),
            Cost(**entry["cost"]),
            dict(entry["untold"]),
            str(entry["known"]),
        )


def _outlook(entry: Mapping[str, Any]) -> Outlook:
    fields: dict[str, Any] = dict(entry)
    fields["bands"] = tuple(Band(**each) for each in entry["bands"])
    fields["leaving"] = Leaving(**entry["leaving"])
    return Outlook(**fields)


def _share(entry: Mapping[str, Any]) -> SafeShare:
    fields: dict[str, Any] = dict(entry)
    fields["tried"] = tuple((share, inside) for share, inside in entry["tried"])
    return SafeShare(**fields)


def _size(entry: Mapping[str, Any]) -> SizeEffect:
    fields: dict[str, Any] = dict(entry)
    fields["sizes"] = tuple(entry["sizes"])
    return SizeEffect(**fields)


def _mixture(entry: Mapping[str, Any]) -> Mixture:
    fields: dict[str, Any] = dict(entry)
    fields["points"] = tuple(MixturePoint(**each) for each in entry["points"])
    fields["predictions"] = tuple(MixturePrediction(**each) for each in entry["predictions"])
    return Mixture(**fields)
