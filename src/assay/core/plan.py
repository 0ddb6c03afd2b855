"""What a remedy could do to synthetic rows, as the signs in the data suggest it, and what it learned to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """One way to mend, not yet learned.

    Parameters
    ----------
    remedy : str
        Registry name.
    mechanism : str
        What is wrong, one of `assay.core.finding.MECHANISMS`.
    p_value : float
        Chance of signs at least as strong in rows that lack nothing, corrected for all that this remedy looked at.
    numbers : float
        How many numbers will be learned: of two plans that serve alike the one that learns less is better.
    sign : str
        What speaks for it, in one plain sentence with numbers and without values of fewer than ten rows.
    columns : tuple of str
        Columns concerned, the first foremost; empty for the whole table.
    options : mapping
        What `Remedy.learn` needs to know of it, JSON.
    fact : bool
        Whether the rows are wrong whatever the distribution (repeats, copies, impossible cells): such plans come first, and no
        classifier is asked.
    """

    remedy: str
    mechanism: str
    p_value: float
    numbers: float
    sign: str
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    fact: bool = False


@dataclass(frozen=True)
class Learned:
    """A plan with all that it takes to do it again to other rows of the same generator.

    Parameters
    ----------
    plan : Plan
        What it was learned for.
    setting : mapping
        JSON: numbers, names of columns and levels, never a real row, nor a value with fewer than ten real rows behind it.
    """

    plan: Plan
    setting: Mapping[str, Any]
