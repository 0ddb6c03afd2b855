"""The runner: measures in order, each with one of six outcomes; a check that could not run never passes."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.checking.context import CheckContext
from assay.checking.plan import Step
from assay.core.errors import BudgetExceeded, NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Item
from assay.core.finding import Outcome
from assay.core.protocols import Measure

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What became of one measure.

    Parameters
    ----------
    name : str
        The measure.
    measure : Measure
        Itself, for its sentences.
    outcome : str, optional
        ``None`` where there is evidence to judge; else ``not_applicable``, ``skipped`` or ``error``.
    evidence : Evidence, optional
        What was found.
    reason : str
        Why there is none.
    lacking : bool
        Whether it could not run because the user left something out (holdout, target).
    seconds : float
        Wall time.
    """

    name: str
    measure: Measure
    outcome: Outcome | None
    evidence: Evidence | None
    reason: str = ""
    lacking: bool = False
    seconds: float = 0.0
    trace: str = ""


def run(
    steps: Sequence[Step],
    context: CheckContext,
    *,
    budget: float | None = None,
    started: float | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Run]:
    """Run the measures one after the other.

    Parameters
    ----------
    steps : sequence of Step
        The plan.
    context : CheckContext
        What they see.
    budget : float, optional
        Seconds from `started`; when they are spent, what is left is ``skipped``.
    started : float, optional
        Reading of ``time.monotonic()`` from which the budget counts.
    progress : callable, optional
        Called with (measure, position, number of measures) before each.
    """
    start = time.monotonic() if started is None else started
    runs: list[Run] = []
    for at, step in enumerate(steps):
        if progress is not None:
            progress(step.name, at, len(steps))
        if step.lacking:
            runs.append(Run(step.name, step.measure, "not_applicable", None, step.lacking, lacking=True))
            continue
        if budget is not None and time.monotonic() - start > budget:
            runs.append(Run(step.name, step.measure, "skipped", None, f"the budget of {budget:g} s was spent before it"))
            continue
        runs.append(_one(step, context))
    return runs


def _one(step: Step, context: CheckContext) -> Run:
    begun = time.monotonic()
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    reason = trace = ""
    try:
        together = bool(context.cut) and step.measure.equal_rows
        evidence = step.measure.measure(context.twin if together else context)
        if context.cut and step.measure.reads == "rows":
            evidence = _of_a_sample(evidence, TOGETHER if together else _words(context.cut))
    except NotApplicable as error:
        outcome, reason = "not_applicable", str(error)
    except BudgetExceeded as error:
        outcome, reason = "skipped", str(error)
    except Exception as error:
        outcome, reason, trace = "error", f"{type(error).__name__}: {error}", traceback.format_exc()
        log.exception("measure %s failed", step.name)
    seconds = time.monotonic() - begun
    log.info("%s took %.2f s", step.name, seconds)
    return Run(step.name, step.measure, outcome, evidence, reason, seconds=seconds, trace=trace)


TOGETHER = "; on the rows that a hash of their values keeps, a copy always with its original"


def _words(cut: Mapping[str, tuple[int, int]]) -> str:
    return "; on a sample of " + " and ".join(f"{kept:,} of {rows:,} {role} rows" for role, (kept, rows) in cut.items())


def _of_a_sample(evidence: Evidence, words: str) -> Evidence:
    """Say of every number that it was measured on some of the rows given."""

    def said(estimate: Estimate) -> Estimate:
        return replace(estimate, sampled=True, method=estimate.method + words)

    def item(part: Item) -> Item:
        return replace(part, estimate=said(part.estimate))

    families = tuple(
        replace(family, items=tuple(map(item, family.items)), mean=None if family.mean is None else item(family.mean))
        for family in evidence.families
    )
    headline = {key: said(part) if isinstance(part, Estimate) else part for key, part in evidence.headline.items()}
    return replace(evidence, families=families, headline=headline, reported=tuple(map(said, evidence.reported)))
