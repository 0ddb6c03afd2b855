"""Constraint violations: synthetic rows that cannot exist."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.constraints import mine, phrase, violations
from assay.data.schema import Constraint
from assay.stats.intervals import clopper_pearson, difference_bound, difference_interval, share_high, share_low

EXACT = "share of synthetic rows that break the rule; Clopper-Pearson interval; no real row breaks it"
AGAINST = "share of synthetic rows that break the rule, minus the share of real rows that do; MOVER interval"


class ConstraintViolations(Measure):
    """Share of synthetic rows that break a rule which the real rows keep.

    Notes
    -----
    Rules are those of the schema, and those that `assay.data.constraints.mine` finds to hold in every row of real and
    holdout. Exact (Clopper-Pearson) bounds on the share of rows that break each; where real rows break a declared rule too, their
    share is subtracted. Repeats grow with the square of the rows, so a key that nobody declared is asked of as many synthetic
    rows, drawn at random, as the real ones and the holdout are that have no repeat.

    What it cannot see: rules that were neither declared nor found (rules with exceptions, rules within groups), and rules
    that hold by chance in fewer than 1,000 real rows.

    References
    ----------
    Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26.
    """

    question: ClassVar[str] = "Do the rows keep the rules that real rows keep?"
    family: ClassVar[str] = "rules"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    cost: ClassVar[int] = 20
    codes: ClassVar[Mapping[str, str]] = {"RULE01": "Synthetic rows break a rule that every real row keeps."}
    mechanism: ClassVar[str] = "constraint_violation"
    remedy: ClassVar[str] = (
        "Drop the rows that break the rule, or generate one of its columns from the others instead of on its own."
    )
    cannot_see: ClassVar[str] = "Rules that were neither declared nor found; rules with exceptions; rules within groups."

    def measure(self, context: Context) -> Evidence:
        """Count the rows that break each rule."""
        found = context.share("constraints", lambda: mine(context.real, context.holdout))
        rules = list(context.schema.constraints)
        declared = {(rule.kind, rule.columns) for rule in rules}
        rules += [rule for rule in found if (rule.kind, rule.columns) not in declared]
        if not rules:
            raise NotApplicable("no rule was declared, and none was found that all real rows keep.")
        error = context.alpha / len(rules)
        items = tuple(_item(context, rule, (rule.kind, rule.columns) in declared, error) for rule in rules)
        return Evidence((Family("constraint_violations", items),))

    def describe(self, item: Item) -> str:
        """Say which rule is broken, and how often."""
        e, facts = item.estimate, item.facts
        real = "no real row does" if e.floor_median == 0 else f"{e.floor_median:.2%} of the real rows do"
        return (
            f"{e.value:.2%} of the synthetic rows ({facts['broken']:,}) break the rule that {facts['rule']} "
            f"({max(e.low, 0):.2%} to {e.high:.2%}); {real}."
        )

    def missed(self, item: Item) -> str:
        """Say how many rows could break it."""
        most = max(item.harm_high, 1e-4)
        return f"up to {most:.2%} of the rows breaking the rule that {item.facts['rule']} would not have been seen"


def _item(context: Context, rule: Constraint, declared: bool, error: float) -> Item:
    rows, n_real = context.synthetic, len(context.real)
    seen = n_real + (0 if context.holdout is None else len(context.holdout))
    if rule.kind == "unique" and not declared and len(rows) > seen:
        rows = rows.take(np.sort(context.rng(*rule.columns).permutation(len(rows))[:seen]))
    n = len(rows)
    k = int(np.count_nonzero(violations(rule, rows)))
    k_real = int(np.count_nonzero(violations(rule, context.real))) if declared else 0
    share, honest = k / n, k_real / n_real
    if k_real == 0:
        low, high = clopper_pearson(k, n)
        harm_low, harm_high = share_low(k, n, error=error), share_high(k, n)
    else:
        low, high = difference_interval(k, n, k_real, n_real)
        harm_low = difference_bound(k, n, k_real, n_real, error=error, upper=False)
        harm_high = difference_bound(k, n, k_real, n_real, error=0.05, upper=True)
    effect = share - honest
    spread = 1.96 * math.sqrt(honest * (1 - honest) * (1 / n + 1 / n_real))
    estimate = Estimate(
        "constraint_violations",
        share,
        max(honest - spread, 0.0),
        honest,
        honest + spread,
        effect,
        min(low, effect),
        max(high, effect),
        n_real,
        n,
        AGAINST if k_real else EXACT,
        columns=rule.columns,
    )
    error_of_share = math.sqrt(max(share * (1 - share), 1 / n) / n)
    facts = {"rule": phrase(rule), "broken": k, "kind": rule.kind}
    return Item(estimate, max(float(harm_low), 0.0), max(float(harm_high), 0.0), effect / error_of_share, facts)
