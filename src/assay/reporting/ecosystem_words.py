"""A scenario of a shared corpus in plain words: what each axis does, and which assumption matters most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.core.ecosystem import Ecosystem, Effect
from assay.reporting.text import number

NOT_MOVED = 0.02  # a swing below this, as a share of what reality has, is not told
NOT_MOVED_OF_ERRORS = 0.001  # the same of shares of errors, which are small
MOVED_ERRORS = (
    4  # errors that a swing must be: with 3, from 8 seeds an end, one of 17 idle assumptions passes in 15% of all cases
)


@dataclass(frozen=True, slots=True)
class Words:
    """How an axis is spoken of.

    Parameters
    ----------
    name : str
        In a table.
    told : str
        In a sentence, after its number.
    percent : bool
        Whether it is a share.
    """

    name: str
    told: str
    percent: bool = False


AXES: Mapping[str, Words] = {
    "synthetic_share": Words("Synthetic share read", "of what generators learn from is synthetic", True),
    "corpus_share": Words("Synthetic share of corpus", "of the corpus is synthetic", True),
    "rows_read": Words("Rows read, of wanted", "of the rows that generators want pass the readers' filters", True),
    "label_error": Words("Wrong labels read", "of the labels that generators learn from are wrong", True),
    "log_variance": Words("Log variance", "is the log variance of what generators learn from, where reality has 0"),
    "tail_mass": Words("Tail mass", "of reality's tails is left in what generators learn from", True),
    "rare_levels": Words("Rare levels alive", "of the rare levels that human rows would show are still there", True),
    "rare_mass": Words("Mass of rare levels", "of the rows with a rare level are left", True),
    "heterozygosity": Words("Heterozygosity", "of the chance that two rows differ is left", True),
    "classifier_error": Words("Classifier error", "of real rows are misjudged by classifiers (2.3% is the best possible)", True),
}


def shown(axis: str, value: float | None) -> str:
    """Write a value of an axis.

    Examples
    --------
    >>> shown("tail_mass", 0.874), shown("classifier_error", 0.0238), shown("log_variance", -0.1234)
    ('87%', '2.4%', '-0.12')
    """
    if value is None:
        return number(value)
    if axis not in AXES or not AXES[axis].percent:
        return number(round(value, 3), 2)
    percent = 100 * value
    return f"{percent:.1f}%" if abs(percent) < 9.95 and round(percent, 1) not in (0.0,) else f"{percent:.0f}%"


def between(axis: str, ecosystem: Ecosystem, year: float) -> str:
    """Write the middle of an axis in a year with its interval over ranges and seeds."""
    there = ecosystem.at(axis, year)
    middle, low, high = (shown(axis, there[key]) for key in ("middle", "low", "high"))
    return middle if low == high else f"{middle} ({low} to {high})"


def moved(effect: Effect) -> bool:
    """Whether an effect is larger than its error, and large enough to be told."""
    return effect.swing > max(_least(effect.axis), MOVED_ERRORS * effect.error)


def still(effect: Effect) -> bool:
    """Whether an effect is too small to be told even if it is two errors larger than it seems."""
    return effect.swing + 2 * effect.error <= _least(effect.axis)


def _least(axis: str) -> float:
    return NOT_MOVED_OF_ERRORS if axis in ("classifier_error", "label_error") else NOT_MOVED


def matters(ecosystem: Ecosystem, axis: str, year: float) -> str:
    """Say which assumption matters most for an axis in a year, that none does, or that it cannot be told from seeds."""
    effects = ecosystem.matters(axis, year)
    if not effects:
        return "No assumption has a range."
    found = [effect for effect in effects if moved(effect)]
    if not found and all(map(still, effects)):
        return "No single assumption moves it, within its range."
    if not found:
        most = max(effects, key=lambda effect: effect.swing + 2 * effect.error)
        told = f"difference {shown(axis, most.swing)}, error {shown(axis, most.error)}"
        return f"Cannot tell whether a single assumption moves it ({most.quantity}: {told})."
    first = found[0]
    given = next(each for each in ecosystem.assumptions if each["name"] == first.quantity)
    share = f"; {first.variance_share:.0%} of the variance" if first.variance_share >= 0.05 else ""
    said = (
        f"Most by {first.quantity}: {shown(axis, first.at_low)} at {number(given['low'])}, "
        f"{shown(axis, first.at_high)} at {number(given['high'])}{share}."
    )
    return said + (f" Then {', '.join(effect.quantity for effect in found[1:3])}." if len(found) > 1 else "")


def outlook(ecosystem: Ecosystem) -> list[str]:
    """Say what each axis does until the years of the outlook, one sentence an axis.

    Parameters
    ----------
    ecosystem : Ecosystem
        What was run.
    """
    said: list[str] = []
    for axis in ecosystem.axes:
        words = AXES.get(axis)
        if words is None:
            continue
        told = [between(axis, ecosystem, year) for year in ecosystem.years]
        if len(set(told)) == 1 and "(" not in told[0]:
            sentence = f"until {ecosystem.years[-1]:g} {told[0]} {words.told}."
        else:
            parts = [f"by {year:g}, {each}" for year, each in zip(ecosystem.years, told, strict=True)]
            sentence = f"{', and '.join(parts)} {words.told}."
        said.append(sentence[:1].upper() + sentence[1:])
    return said


def widths(ecosystem: Ecosystem, axis: str, year: float) -> str:
    """Say which part of the width of an axis is which."""
    share = ecosystem.at(axis, year)["from_ranges"]
    if share is None:
        return "nothing varies"
    return f"{share:.0%} ranges, {1 - share:.0%} seeds"
