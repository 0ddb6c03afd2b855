"""From three tables to a verdict: plan, measure, judge, conclude."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.checking.context import APART_ROWS, CheckContext
from assay.checking.inputs import LEAST_ROWS, Tables
from assay.checking.large import twins
from assay.checking.pictures import pictures
from assay.checking.plan import NEEDS, any_of_rows, plan
from assay.checking.repairs import Repairs
from assay.checking.run import Run, run
from assay.core.picture import Picture
from assay.core.processes import warm
from assay.core.scorecard import NotChecked, Scorecard
from assay.core.verdict import Verdict
from assay.data.hints import hints
from assay.data.schema import Schema
from assay.judging.decide import judge
from assay.judging.policy import Policy
from assay.judging.verdict import conclude

HINT_ROWS = 20_000


@dataclass(frozen=True)
class Assessment:
    """What three tables gave: numbers with outcomes, the verdict, pictures of what was found, and what ran."""

    scorecard: Scorecard
    verdict: Verdict
    runs: tuple[Run, ...] = ()
    pictures: tuple[Picture, ...] = ()


def wanted(policy: Policy) -> frozenset[str]:
    """Give the measures that a policy asks for."""
    names = {rule.measure for rule in policy.rules.values()}
    return frozenset(names | ({"worth_in_real_rows"} if "utility" in names else set()))


def assess(
    tables: Tables,
    rows: Tables,
    policy: Policy,
    *,
    cut: Mapping[str, tuple[int, int]] | None = None,
    seed: int = 0,
    jobs: int = 1,
    budget: float | None = None,
    started: float | None = None,
    learners: Sequence[Any] | None = None,
    scorer: Any = None,
    progress: Callable[[str, int, int], None] | None = None,
    draw: bool = True,
) -> Assessment:
    """Measure three tables, judge what was measured and draw the verdict.

    Parameters
    ----------
    tables : Tables
        Real, synthetic and holdout rows, under one schema.
    rows : Tables
        What measures that read rows see of them: the same, or samples.
    policy : Policy
        What is asked, and the margins.
    cut : mapping of str to (int, int), optional
        By role, rows kept and rows there where `rows` holds fewer.
    seed, jobs, budget, learners, scorer, progress
        As in `assay.check`.
    started : float, optional
        Reading of ``time.monotonic()`` from which the budget counts; default now.
    draw : bool, default True
        Whether to make the pictures of what was found.
    """
    started = clock.monotonic() if started is None else started
    cut = cut or {}
    profiled = tables.profiled()
    warnings = (*(() if "real" in profiled else hints(rows.real)), *_cut_words(cut))
    holdout = tables.holdout is not None
    steps = plan(tables.real.schema, holdout=holdout, only=wanted(policy), cut=cut, profiled=profiled)
    few = tables.too_few()
    if few:
        missing = tuple(NotChecked(step.name, "skipped", few[0]) for step in steps)
        settled = LEAST_ROWS if tables.real.schema.entity is None else None
        return Assessment(Scorecard((), (), missing, None, warnings), Verdict("cannot_tell", tuple(few), settled))
    if jobs > 1 and holdout and len(rows.real) >= APART_ROWS and readers_of_rows(policy):
        warm(jobs, "assay.stats.refits")  # it imports while the tables are counted
    with CheckContext(
        *rows,
        whole=(tables.real, tables.synthetic),
        cut=cut,
        twins=lambda: twins(tables, seed=seed),
        seed=seed,
        jobs=jobs,
        alpha=policy.alpha,
        learners=learners,
        scorer=scorer,
    ) as context:
        runs = run(steps, context, budget=budget, started=started, progress=progress)
        judgement = judge(runs, policy, warnings, rows=min(len(tables.real), len(tables.synthetic)))
        assert judgement.scorecard is not None
        lacking = _lacking(policy, tables.real.schema, holdout)
        verdict = conclude(judgement, policy, lacking=lacking, repairs=None if profiled else lambda: Repairs(context))
        drawn = _drawn(context, verdict, tables.real.schema) if draw else ()
    return Assessment(judgement.scorecard, verdict, tuple(runs), drawn)


def readers_of_rows(policy: Policy) -> bool:
    """Whether the policy asks for a measure that reads rows; all of them are imported to tell."""
    return any_of_rows(wanted(policy))


def _drawn(context: CheckContext, verdict: Verdict, schema: Schema) -> tuple[Picture, ...]:
    places: Iterable[tuple[str, ...]] = (finding.columns for finding in verdict.findings)
    return pictures(context.real_profile, context.synthetic_profile, places, frozenset(schema.of_kind("datetime")))


def _lacking(policy: Policy, schema: Schema, holdout: bool) -> list[str]:
    """Say what the policy needs and the user left out."""
    there = {"holdout": holdout, "target": schema.target is not None}
    return [f"Policy {policy.name!r} {NEEDS[need]}" for need in policy.needs if not there[need]]


def _cut_words(cut: Mapping[str, tuple[int, int]]) -> list[str]:
    """Say which tables are seen in part, and by whom."""
    if not cut:
        return []
    parts = " and ".join(f"{kept:,} of {there:,} {role} rows" for role, (kept, there) in cut.items())
    return [f"Counts are of all rows; what reads rows (hints, and measures that are no counts) saw a stratified sample: {parts}."]
