"""How many real rows are the synthetic ones worth in training, read off the real learning curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Item
from assay.core.protocols import Context, Measure
from assay.measures._trial import METHOD, SPLITS, Trials, built_in, trials
from assay.stats.curve import rows_reaching
from assay.stats.refits import Table, combine, fit_and_score
from assay.stats.scores import standard_error

SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4)
REPEATS = 3
LEAST_ROWS = 60
DRAWS = 400


class WorthInRealRows(Measure):
    """Equivalent real sample size: the n at which training on n real rows does as well as training on the synthetic ones.

    Notes
    -----
    The curve is TRTR at 1/32, 1/16, 1/8, 1/4, 1/2 and all of the real rows, made monotone (isotonic, weighted) and joined by
    lines in log n; the answer is where it reaches TSTR, for the learner that does best on real rows. Interval: the curve and
    TSTR drawn anew with the noise of training rows (refits) and of their paired difference on the holdout. Reported, never
    judged: where the curve is flat its bound is wide. Reported beside it: the marginal worth TRTR(real + synthetic) -
    TRTR(real), what adding the synthetic rows to the real ones gains or costs.

    What it cannot see: worth beyond the real rows at hand ('at least n') or below the smallest size ('at most n').

    References
    ----------
    Viering and Loog (2023), The shape of learning curves: a review, IEEE TPAMI 45.
    """

    question: ClassVar[str] = "How many real rows would train as good a model as the synthetic rows do?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout", "target"})
    cost: ClassVar[int] = 75
    codes: ClassVar[Mapping[str, str]] = {
        "WORTH01": "The synthetic rows train a model only as good as far fewer real rows would."
    }
    mechanism: ClassVar[str] = "rigid_generator"
    remedy: ClassVar[str] = "Add real rows to the training set, or mend what the utility findings name."
    cannot_see: ClassVar[str] = "Worth beyond the number of real rows at hand, and worth for another target or learner."

    def measure(self, context: Context) -> Evidence:
        """Fit the small sizes of the learning curve and read off the worth."""
        trial = trials(context)
        rows = len(trial.real.target)
        if context.schema.entity is not None and trial.real_groups is not None:
            raise NotApplicable("Rows of an entity are not independent: their number measures no worth.")
        sizes = [round(rows * share) for share in SHARES if round(rows * share) >= LEAST_ROWS]
        curve = _curve(context, trial, sizes)
        actual = trial.best.synthetic.score
        means = np.array([np.mean([score.value for score in scores]) for _, scores, _ in curve])
        noise = np.array([variance for _, _, variance in curve])
        paired = [
            standard_error(sum(s.influence for s in scores) / len(scores) - actual.influence, trial.groups)
            for _, scores, _ in curve
        ]
        at = np.array([size for size, _, _ in curve], dtype=float)
        rng = context.rng("worth", "draws")
        value = rows_reaching(at, means, noise, np.array([actual.value]))[0]
        # the holdout moves the whole curve against TSTR together: one draw for all sizes, in units of each one's error
        together = rng.normal(size=(DRAWS, 1)) * np.array(paired)
        drawn = means + together + rng.normal(size=(DRAWS, len(at))) * np.sqrt(noise)
        reached = actual.value + rng.normal(size=DRAWS) * np.sqrt(trial.best.synthetic_variance)
        worth = rows_reaching(at, drawn, noise, reached)
        honest = np.interp(np.log(min(len(trial.synthetic.target), rows)), np.log(at), np.maximum.accumulate(means))
        real = honest + rng.normal(size=DRAWS) * np.sqrt(noise[-1] * rows / len(trial.synthetic.target))
        floor = rows_reaching(at, drawn, noise, real)
        low, high = np.quantile(worth, (0.025, 0.975))
        bound = ""
        if value >= rows:
            bound = "at least the rows at hand; "
        elif value <= at[0]:
            bound = "at most the smallest size tried; "
        floors = np.quantile(floor, (0.025, 0.5, 0.975))
        estimate = Estimate(
            measure="worth_in_real_rows",
            value=float(value),
            floor_low=float(floors[0]),
            floor_median=float(floors[1]),
            floor_high=float(floors[2]),
            effect=float(value),
            low=float(min(low, value)),
            high=float(max(high, value)),
            n_real=rows,
            n_synthetic=len(trial.synthetic.target),
            method=(
                f"{bound}isotonic learning curve of {trial.best.name} at {', '.join(str(round(size)) for size in at)} real rows, "
                f"{REPEATS} subsamples of the small sizes; {DRAWS} draws of curve and TSTR; worth is told between {round(at[0])} "
                f"and {rows} rows"
            ),
            sampled=trial.sampled,
        )
        return Evidence(headline={"worth_in_real_rows": estimate}, reported=(estimate, _marginal(context, trial)))

    def describe(self, item: Item) -> str:
        """Say the worth with its interval."""
        estimate = item.estimate
        if estimate.value >= estimate.n_real:
            return (
                f"In training, {estimate.n_synthetic} synthetic rows are worth at least the {estimate.n_real} real rows at hand."
            )
        return (
            f"In training, {estimate.n_synthetic} synthetic rows are worth about {estimate.value:.0f} real rows "
            f"({estimate.low:.0f} to {estimate.high:.0f})."
        )

    def missed(self, item: Item) -> str:
        """Say how little they could be worth."""
        return f"The synthetic rows could be worth as few as {item.estimate.low:.0f} real rows."


def _marginal(context: Context, trial: Trials) -> Estimate:
    """Give what the synthetic rows add to the real ones: TRTR(real + synthetic) - TRTR(real), paired on the holdout."""
    best = trial.best
    both = Table(*(np.concatenate(pair) for pair in zip(trial.real, trial.synthetic, strict=True)))
    seed = int(context.rng("worth", "marginal").integers(2**31 - 1))
    asked = [(trial.learners[trial.best_at], seed, trial.rule, both, None, [(trial.holdout, None)])]
    gain = context.map(fit_and_score, asked)[0][0].score - best.real.score
    added = len(trial.synthetic.target) / len(both.target)
    refits = [best.real_variance, best.synthetic_variance * added**2]
    spread = combine(standard_error(gain.influence, trial.groups) ** 2, refits, SPLITS, gain.value)
    # more real rows would bring no more than the last doubling did, and no less than nothing
    step = max(best.real.score.value - float(np.mean([one.score.value for pair in best.real_halves for one in pair])), 0.0)
    return Estimate(
        measure="worth_in_real_rows",
        value=gain.value,
        floor_low=-1.96 * spread.error,
        floor_median=step / 2.0,
        floor_high=step + 1.96 * spread.error,
        effect=gain.value,
        low=gain.value - spread.bound(0.025),
        high=gain.value + spread.bound(0.025),
        n_real=len(trial.real.target),
        n_synthetic=len(trial.synthetic.target),
        method=f"marginal worth: TRTR(real + synthetic) - TRTR(real), by {best.name}; floor from the last doubling of real rows; "
        + METHOD,
        sampled=trial.sampled,
    )


def _curve(context: Context, trial: Trials, sizes: list[int]) -> list[tuple[int, list[Any], float]]:
    """Give size, scores on the holdout and variance of their mean, smallest size first."""
    rng = context.rng("worth", "rows")
    rows = len(trial.real.target)
    learner = trial.learners[trial.best_at]
    seeds = rng.integers(2**31 - 1, size=len(sizes) * REPEATS)
    tasks = [
        (
            learner,
            int(seeds[at]),
            trial.rule,
            trial.real,
            np.sort(rng.choice(rows, sizes[at // REPEATS], replace=False)),
            [(trial.holdout, None)],
        )
        for at in range(len(sizes) * REPEATS)
    ]
    done = [found[0].score for found in context.map(fit_and_score, tasks, apart=built_in(context))] if tasks else []
    curve: list[tuple[int, list[Any], float]] = []
    whole = trial.best.real_variance
    for at, size in enumerate(sizes):
        parts = done[at * REPEATS : (at + 1) * REPEATS]
        curve.append((size, parts, whole * rows / size / REPEATS))
    halves = [one.score for pair in trial.best.real_halves for one in pair]
    curve.append((rows // 2, halves, whole))
    curve.append((rows, [trial.best.real.score], whole))
    return curve
