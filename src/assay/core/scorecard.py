"""All that was measured in one check: estimates, outcomes, the headline and what was not checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from assay.core.estimate import Estimate
from assay.core.finding import Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one family of items against its two margins.

    Parameters
    ----------
    measure, family : str
        Which measure, and which of its families.
    required : bool
        Whether the policy asks for it.
    outcome : str
        One of the six outcomes; only ``pass`` opens a gate.
    mean, worst : Estimate, optional
        The family's mean, and the item that came closest to (or furthest beyond) its margin.
    margin : float, optional
        Material margin of the worst item: harm that must not pass.
    blind : float, optional
        How large a harm may stay unseen in one item.
    could_have_missed : str
        For a pass: what would not have been seen at this size.
    reason : str
        For the other outcomes: why.
    harm_low, harm_high : float, optional
        Largest proven harm over the places (simultaneous lower bound), and the largest that is not excluded (95% upper
        bound of each place), on the margin's scale. Not in the JSON document.
    """

    measure: str
    family: str
    required: bool
    outcome: Outcome
    mean: Estimate | None
    worst: Estimate | None
    margin: float | None
    blind: float | None
    could_have_missed: str
    reason: str = ""
    mean_margin: float | None = None
    harm_low: float | None = None
    harm_high: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the entry of an `assay.report/1` document."""
        return {
            "measure": self.measure,
            "family": self.family,
            "required": self.required,
            "outcome": self.outcome,
            "mean": None if self.mean is None else self.mean.to_dict(),
            "worst": None if self.worst is None else self.worst.to_dict(),
            "margin": self.margin,
            "blind": self.blind,
            "could_have_missed": self.could_have_missed,
        }


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A check that did not run, and why."""

    measure: str
    outcome: Outcome
    reason: str

    def to_dict(self) -> dict[str, str]:
        """Give the entry of an `assay.report/1` document."""
        return {"measure": self.measure, "outcome": self.outcome, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Headline:
    """Trained, believed, actual and attainable performance, and the two gaps between them.

    ``trained`` is the synthetic-trained model scored on its own training rows, ``believed`` on unseen synthetic rows
    (TSTS), ``actual`` on sealed real rows (TSTR), ``attainable`` the real-trained model on the same real rows (TRTR).
    ``illusion_gap`` = believed - actual; ``utility_gap`` = attainable - actual.
    """

    metric: str
    trained: Estimate
    believed: Estimate
    actual: Estimate
    attainable: Estimate
    illusion_gap: Estimate
    utility_gap: Estimate
    worth_in_real_rows: Estimate | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the headline of an `assay.report/1` document."""
        entries: dict[str, Any] = {}
        for name in (field.name for field in fields(self)):
            content = getattr(self, name)
            entries[name] = content.to_dict() if isinstance(content, Estimate) else content
        return entries

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Headline:
        """Read what `to_dict` gave."""
        parts: dict[str, Any] = {
            key: Estimate.from_dict(part) if isinstance(part, Mapping) else part for key, part in entry.items()
        }
        return cls(**parts)


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything measured, before it is read as findings and a verdict.

    ``estimates`` holds the worst items of each family first, then what is reported and not judged.
    """

    estimates: tuple[Estimate, ...]
    checks: tuple[Check, ...]
    not_checked: tuple[NotChecked, ...]
    headline: Headline | None
    warnings: tuple[str, ...] = ()
