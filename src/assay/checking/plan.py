"""Which measures run, in which order, and which cannot on this data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assay.core import registry
from assay.core.protocols import Measure
from assay.data.schema import Schema

NEEDS: dict[str, str] = {
    "holdout": "needs a sealed real holdout. Split one off before any generator sees the data: assay split REAL --holdout 0.3",
    "target": "needs a target column. Name it: --target COLUMN",
}


@dataclass(frozen=True)
class Step:
    """One measure of the plan; `lacking` says why it cannot run, if it cannot."""

    name: str
    measure: Measure
    lacking: str = ""


def plan(schema: Schema, *, holdout: bool, only: Iterable[str] | None = None) -> Sequence[Step]:
    """Order the measures, cheap and decisive first.

    Parameters
    ----------
    schema : Schema
        Roles decide what can run.
    holdout : bool
        Whether sealed real rows are there.
    only : iterable of str, optional
        Names of measures; all that are registered by default.
    """
    steps: list[Step] = []
    for name in sorted(registry.names("measure") if only is None else only):
        measure: Measure = registry.get("measure", name)()
        lacking = [need for need in sorted(measure.needs) if not {"holdout": holdout, "target": schema.target is not None}[need]]
        steps.append(Step(name, measure, "; ".join(f"{name} {NEEDS[need]}" for need in lacking)))
    return sorted(steps, key=lambda step: (step.measure.cost, step.name))
