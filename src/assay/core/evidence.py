"""What a measure hands over: items with their bounds, gathered in families that get one outcome each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.core.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Item:
    """One place where a measure looked.

    Parameters
    ----------
    estimate : Estimate
        Value, floor, effect and pointwise 95% interval.
    harm_low : float
        Lower bound of the harm (how far the effect lies in the bad direction, 0 = none), simultaneous over the family
        at the family's share of the error. Above the material margin the item fails.
    harm_high : float
        One-sided 95% upper bound of the harm. Above the blind margin the item cannot be told.
    score : float
        The effect in units of its standard error, to rank items and mechanisms.
    facts : mapping
        Plain numbers and strings that the measure's sentences need; never a value backed by fewer than 10 rows.
    """

    estimate: Estimate
    harm_low: float
    harm_high: float
    score: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def harm(self) -> float:
        """Size of the effect, whichever its sign."""
        return abs(self.estimate.effect)


@dataclass(frozen=True, slots=True)
class Family:
    """All items of one measure that share a question, and their mean where the measure has one.

    Parameters
    ----------
    measure : str
        The measure's registry name, also the policy's key unless `name` differs.
    items : tuple of Item
        All items, any order.
    mean : Item, optional
        The mean over the items, resampled jointly with them.
    name : str
        Policy key of this family; a measure with several families (utility, worst slice) names each.
    """

    measure: str
    items: tuple[Item, ...]
    mean: Item | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.measure)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that one measure found.

    Parameters
    ----------
    families : tuple of Family
        What is judged.
    headline : mapping
        Estimates for the report's headline, by the headline's keys; only `utility` and `worth_in_real_rows` give any.
    reported : tuple of Estimate
        Estimates that are shown and not judged.
    warnings : tuple of str
        What the user should know whatever the outcome.
    not_applicable : mapping of str to str
        Columns that this measure could not take, each with the reason.
    """

    families: tuple[Family, ...] = ()
    headline: Mapping[str, Any] = field(default_factory=dict)
    reported: tuple[Estimate, ...] = ()
    warnings: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
