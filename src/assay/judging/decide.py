"""From evidence to outcomes: two margins, six outcomes, and how many rows would settle what cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from assay.checking.run import Run
from assay.core.estimate import Estimate
from assay.core.evidence import Family, Item
from assay.core.finding import Outcome
from assay.core.scorecard import Check, Headline, NotChecked, Scorecard
from assay.judging.policy import Policy, Rule
from assay.stats.multiplicity import benjamini_yekutieli

KEPT_PER_FAMILY = 12
MOST_ROWS = 100_000_000
MEAN_FROM = 5


@dataclass(frozen=True)
class Judged:
    """One family with its outcome.

    Parameters
    ----------
    run : Run
        The measure behind it.
    family : Family
        Its items and mean.
    rule : Rule
        What the policy asks.
    check : Check
        The outcome, as reported.
    failing : tuple of (Item, float)
        Items above the material margin, each with that margin, worst first, the mean before them if it fails; after them,
        where the family fails, what else `named` names.
    rows : int or None
        For ``cannot_tell``: rows that would settle it.
    """

    run: Run
    family: Family
    rule: Rule
    check: Check
    failing: tuple[tuple[Item, float], ...] = ()
    rows: int | None = None


@dataclass
class Judgement:
    """All families judged, and all that was not checked."""

    families: list[Judged] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    scorecard: Scorecard | None = None


def judge(runs: list[Run], policy: Policy, warnings: tuple[str, ...] = (), *, rows: int) -> Judgement:
    """Give every family of items its outcome under a policy.

    Parameters
    ----------
    runs : list of Run
        What became of each measure.
    policy : Policy
        The margins.
    warnings : tuple of str
        What to tell the user whatever the outcome.
    rows : int
        Rows of the smaller of the real and the synthetic table, from which the rows that would settle it are reckoned.

    Notes
    -----
    ``fail`` if the mean's lower bound is above its margin or some item's simultaneous lower bound is above the material
    margin; ``pass`` if the mean's upper bound is within its margin, no item fails and every item's upper bound is within the
    blind margin; ``cannot_tell`` otherwise. Passing is an intersection of tests and needs no correction (Berger 1982).
    """
    result = Judgement()
    estimates: list[Estimate] = []
    reported: list[Estimate] = []
    headline: dict[str, object] = {}
    notes = list(warnings)
    for run in runs:
        rules = [rule for rule in policy.rules.values() if rule.measure == run.name]
        if run.evidence is None:
            assert run.outcome is not None
            result.not_checked.append(NotChecked(run.name, run.outcome, run.reason))
            required = [rule for rule in rules if rule.required]
            if required and (run.outcome in ("error", "skipped") or run.lacking):
                result.blocked.append(f"{run.name} did not run: {run.reason}")
            result.families += [_empty(run, rule) for rule in rules]
            continue
        notes += run.evidence.warnings
        headline.update(run.evidence.headline)
        reported += run.evidence.reported
        if run.evidence.not_applicable:
            columns = "; ".join(f"{name} ({why})" for name, why in sorted(run.evidence.not_applicable.items()))
            result.not_checked.append(NotChecked(run.name, "not_applicable", f"could not take {columns}"))
        for family in run.evidence.families:
            rule = policy.rules.get(family.name)
            if rule is None:
                reported += [item.estimate for item in family.items[:KEPT_PER_FAMILY]]
                continue
            judged = _family(run, family, rule, rows, policy.error)
            result.families.append(judged)
            estimates += _worst_first(judged)
        _without_items(result, run, rules)
    complete = {"metric", "trained", "believed", "actual", "attainable", "illusion_gap", "utility_gap"} <= set(headline)
    result.scorecard = Scorecard(
        tuple(dict.fromkeys([*estimates, *reported])),
        tuple(judged.check for judged in result.families),
        tuple(result.not_checked),
        Headline(**headline) if complete else None,  # type: ignore[arg-type]
        tuple(dict.fromkeys(notes)),
    )
    return result


def _without_items(result: Judgement, run: Run, rules: list[Rule]) -> None:
    """Say which rules of a measure found nothing to judge; a measure that judges nothing at all opens no gate."""
    assert run.evidence is not None
    there = {family.name for family in run.evidence.families}
    for rule in rules:
        if rule.family in there:
            continue
        reason = f"{rule.family} has nothing to look at in this data" if there else f"{run.name} reports and judges nothing"
        absent = replace(run, outcome="not_applicable", evidence=None, reason=reason)
        result.families.append(_empty(absent, rule))
        result.not_checked.append(NotChecked(run.name, "not_applicable", reason))
        if rule.required and not there:
            result.blocked.append(f"{rule.family} is required, and {reason}")


def named(family: Family, margins: list[float], error: float) -> np.ndarray:
    """Name the items of a failing family whose harm lies beyond their margins.

    Parameters
    ----------
    family : Family
        Its items.
    margins : list of float
        Material margin of each.
    error : float
        Expected share of items named wrongly.

    Returns
    -------
    numpy.ndarray of bool, shape (items,)

    Notes
    -----
    That the family fails is proven by simultaneous bounds; these err on naming too few. Benjamini-Yekutieli holds under the
    dependence of items that share columns. One-sided p-values for ``harm <= margin`` are normal, with the wider of the two
    standard errors that the item's 95% bounds imply; items that a family left out for being harmless count with p = 1.
    """
    from scipy.special import ndtr  # not before a check has begun to read: it takes a while

    p_values = np.ones(max(len(family.items), int(family.mean.facts.get("items", 0) if family.mean else 0)))
    for at, (item, margin) in enumerate(zip(family.items, margins, strict=True)):
        e = item.estimate
        below = e.low if e.effect >= 0 else -e.high
        spread = max((item.harm_high - item.harm) / 1.645, (item.harm - below) / 1.96)
        if spread > 0 and item.harm_low > 0:
            p_values[at] = ndtr((margin - item.harm) / spread)
    return benjamini_yekutieli(p_values, error)[: len(family.items)]


def _family(run: Run, family: Family, rule: Rule, n: int, error: float) -> Judged:
    margins = [rule.margins(item.facts.get("metric")) for item in family.items]
    pairs = list(zip(family.items, margins, strict=True))
    over = sorted(
        ((item, material) for item, (material, _) in pairs if item.harm_low > material),
        key=lambda pair: -pair[0].harm_low / max(pair[1], 1e-9),
    )
    mean = family.mean if rule.mean is not None else None
    limit = 0.0 if rule.mean is None else rule.mean
    # A mean over few items is no better known than they are: to pass it must only stay below the margin of one.
    allowed = limit if len(family.items) >= MEAN_FROM else max(limit, min(material for material, _ in margins))
    failing = [(mean, limit)] if mean is not None and mean.harm_low > limit else []
    failing += over
    if failing:
        beyond = named(family, [material for _, (material, _) in pairs], error)
        more = [(item, material) for (item, (material, _)), there in zip(pairs, beyond, strict=True) if there]
        failing += sorted(
            (part for part in more if part[0].harm_low <= part[1]), key=lambda part: -part[0].harm_low / max(part[1], 1e-9)
        )
    # Worst is the item that stands furthest beyond the margin that decides: proven harm first, else what may be unseen.
    worst, (material, blind) = max(pairs, key=lambda pair: pair[0].harm_high / max(pair[1][1], 1e-9))
    if over:
        worst, material = over[0]
        blind = rule.margins(worst.facts.get("metric"))[1]
    unseen = [(item, margin) for item, (_, margin) in pairs if item.harm_high > margin]
    vague = mean if mean is not None and mean.harm_high > allowed else None
    outcome: Outcome = "fail" if failing else "cannot_tell" if unseen or vague is not None else "pass"
    reason, rows = "", None
    if outcome == "cannot_tell":
        name = family.name.replace("_", " ").capitalize()
        parts: list[str] = []
        wanted = [_rows(item, margin, n) for item, margin in unseen]
        if vague is not None:
            parts.append(f"{name}: on average the effect may be as large as {vague.harm_high:.3g}; {allowed:g} is allowed.")
            wanted.append(_rows(vague, allowed, n))
        if unseen:
            parts.append(f"{name}: {_clause(run.measure.missed(worst))}; {blind:g} is the most that may stay unseen.")
        reason = " ".join(parts)
        rows = None if None in wanted else max(number for number in wanted if number is not None)
    elif outcome == "fail":
        reason = run.measure.describe(failing[0][0])
    missed = _sentence(run.measure.missed(worst)) if outcome == "pass" else ""
    check = Check(
        run.name,
        family.name,
        rule.required,
        outcome,
        None if family.mean is None else family.mean.estimate,
        worst.estimate,
        material,
        blind,
        missed,
        reason,
        rule.mean,
        max(item.harm_low for item in family.items),
        max(item.harm_high for item in family.items),
    )
    return Judged(run, family, rule, check, tuple(failing), rows)


def _clause(sentence: str) -> str:
    """Give a sentence without its full stop and capital, to stand inside another."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _sentence(clause: str) -> str:
    """Give a clause the capital and full stop of a sentence."""
    return clause[:1].upper() + clause[1:].rstrip(".") + "."


def _empty(run: Run, rule: Rule) -> Judged:
    """Give the check of a family whose measure has no evidence."""
    assert run.outcome is not None
    material, blind = rule.margins(None)
    check = Check(run.name, rule.family, rule.required, run.outcome, None, None, material, blind, "", run.reason, rule.mean)
    return Judged(run, Family(run.name, (), name=rule.family), rule, check)


def _worst_first(judged: Judged) -> list[Estimate]:
    """List the estimates of a family for the report: mean, failing items, then the least certain."""
    items = sorted(judged.family.items, key=lambda item: (-item.harm_low, -item.harm_high))
    chosen = [item for item, _ in judged.failing][:KEPT_PER_FAMILY] + items[:KEPT_PER_FAMILY]
    estimates = [] if judged.family.mean is None else [judged.family.mean.estimate]
    if judged.check.worst is not None:
        estimates.append(judged.check.worst)
    return list(dict.fromkeys([*estimates, *(item.estimate for item in chosen)]))[: KEPT_PER_FAMILY + 2]


def _rows(item: Item, margin: float, n: int) -> int | None:
    """Reckon the rows at which the upper bound would fall within the margin, or the lower bound rise above it."""
    half = item.harm_high - item.harm
    room = abs(margin - item.harm)
    if half <= 0 or room <= 0:
        return None
    rows = n * (half / room) ** 2
    if not math.isfinite(rows) or rows > MOST_ROWS:
        return None
    digits = max(0, math.floor(math.log10(max(rows, 1))) - 1)
    return math.ceil(max(rows * (1 - 1e-9), n + 1) / 10**digits) * 10**digits
