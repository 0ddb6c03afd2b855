"""Which measures run, in which order, and which cannot on this data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay.core import registry
from assay.core.protocols import Measure
from assay.data.large import LARGE_ROWS
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


def any_of_rows(names: Iterable[str]) -> bool:
    """Whether any of these measures reads rows; all of them are imported to tell."""
    return "rows" in {registry.get("measure", name).reads for name in names}


def plan(
    schema: Schema,
    *,
    holdout: bool,
    only: Iterable[str] | None = None,
    cut: Mapping[str, tuple[int, int]] | None = None,
    profiled: Mapping[str, str] | None = None,
) -> Sequence[Step]:
    """Order the measures, cheap and decisive first.

    Parameters
    ----------
    schema : Schema
        Roles decide what can run.
    holdout : bool
        Whether sealed real rows are there.
    only : iterable of str, optional
        Names of measures; all that are registered by default.
    cut : mapping of str to (int, int), optional
        By role (real, synthetic, holdout), the rows kept and the rows there of tables that measures of rows see in part.
    profiled : mapping of str to str, optional
        By role, why its rows cannot be read.
    """
    steps: list[Step] = []
    for name in sorted(registry.names("measure") if only is None else only):
        measure: Measure = registry.get("measure", name)()
        lacking = [need for need in sorted(measure.needs) if not {"holdout": holdout, "target": schema.target is not None}[need]]
        reasons = [f"{name} {NEEDS[need]}" for need in lacking]
        reasons += [
            f"{name} compares with every {role} row, and only {cut[role][0]:,} of {cut[role][1]:,} fit. "
            f"Check a table of at most {LARGE_ROWS:,} {role} rows."
            for role in measure.whole
            if cut and role in cut
        ]
        if profiled and measure.reads == "rows":
            reasons += [f"{name} {why}." for why in profiled.values()]
        steps.append(Step(name, measure, "; ".join(reasons)))
    return sorted(steps, key=lambda step: (step.measure.cost, step.name))
