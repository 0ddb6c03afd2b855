"""What is wrong, where, by which mechanism, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from assay.core.estimate import rounded

Severity = Literal["critical", "major", "minor"]
Outcome = Literal["pass", "fail", "cannot_tell", "not_applicable", "skipped", "error"]
Mechanism = Literal[
    "sampling_noise",
    "rigid_generator",
    "optimisation",
    "variance_change",
    "sampling_bias",
    "selection_bias",
    "mode_drop",
    "tail_loss",
    "rare_level_loss",
    "broken_dependence",
    "artefact",
    "label_noise",
    "label_shift",
    "bias_amplification",
    "memorisation",
    "covariate_shift",
    "constraint_violation",
    "missingness_change",
    "duplication",
    "evaluation_leakage",
    "overconfidence",
    "invalid_inference",
    "recursive_contamination",
]
MECHANISMS: tuple[str, ...] = get_args(Mechanism)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    code : str
        Stable code, such as ``TAIL01``; `assay explain CODE` tells more.
    mechanism : str
        One of `MECHANISMS`.
    severity : {'critical', 'major', 'minor'}
        How much it matters for the policy's purpose.
    columns : tuple of str
        Columns concerned, empty for the whole table.
    message : str
        A plain sentence with the numbers.
    evidence : tuple of int
        Positions in the report's list of estimates.
    remedy : str
        What mends it.
    confidence : float
        Between 0 and 1: one minus the error at which the bound behind it was taken, or the posterior-like weight of
        the mechanism where several explain the same numbers.
    slice : str, optional
        Rows concerned.
    """

    code: str
    mechanism: str
    severity: Severity
    columns: tuple[str, ...]
    message: str
    evidence: tuple[int, ...]
    remedy: str
    confidence: float
    slice: str | None = None

    def __post_init__(self) -> None:
        if self.mechanism not in MECHANISMS:
            raise ValueError(f"Finding.mechanism must be one of {', '.join(MECHANISMS)}. Got {self.mechanism!r}.")

    def to_dict(self) -> dict[str, Any]:
        """Give the entry of an `assay.report/1` document."""
        return {
            "code": self.code,
            "mechanism": self.mechanism,
            "severity": self.severity,
            "columns": list(self.columns),
            "slice": self.slice,
            "message": self.message,
            "evidence": list(self.evidence),
            "remedy": self.remedy,
            "confidence": rounded(self.confidence, 4),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Finding:
        """Read what `to_dict` gave."""
        fields: dict[str, Any] = {**entry, "columns": tuple(entry["columns"]), "evidence": tuple(entry["evidence"])}
        return cls(**fields)
