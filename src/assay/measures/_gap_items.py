"""From a difference of two models' scores and its spread to a judged item."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Item
from assay.measures._trial import METHOD, Fitted, Trials
from assay.stats.classifier import normal_tail
from assay.stats.refits import Spread, Trial, half_variance
from assay.stats.scores import Score, standard_error
from assay.stats.slices import Slice


def gap_item(
    measure: str,
    trial: Trials,
    fitted: Fitted,
    *,
    effect: float,
    spread: Spread,
    share: float,
    floor: float,
    facts: dict[str, Any],
    what: str,
    value: float | None = None,
    where: Slice | None = None,
    scale: Callable[[float], float] = float,
    either_side: bool = False,
) -> Item:
    """Give the item of one difference, harm being what the synthetic-trained model does worse.

    Parameters
    ----------
    measure : str
        Name of the measure.
    effect : float
        The difference, bad if positive.
    spread : Spread
        Its standard error.
    share : float
        Error of the simultaneous lower bound.
    floor : float
        Standard error of the difference between models trained on two real samples.
    facts : dict
        What the sentences need; ``metric`` picks the margins.
    what : str
        How the number was made.
    value : float, optional
        The number shown, by default the effect.
    where : Slice, optional
        The rows of the holdout it is about, all by default.
    scale : callable, optional
        Increasing function onto the scale that margins are on; all numbers but the standard errors go through it.
    either_side : bool
        Whether a difference is harm whichever its sign.
    """
    reach, null = spread.bound(0.025), 1.96 * floor
    harm = abs(effect) if either_side else effect
    score = harm / max(spread.error, 1e-12)
    estimate = Estimate(
        measure=measure,
        value=scale(effect) if value is None else value,
        floor_low=scale(-null),
        floor_median=0.0,
        floor_high=scale(null),
        effect=scale(effect),
        low=scale(effect - reach),
        high=scale(effect + reach),
        n_real=len(trial.holdout.target) if where is None else len(where.rows),
        n_synthetic=len(trial.synthetic.target),
        method=f"{what}; {METHOD}",
        columns=() if where is None else (where.column,),
        slice=None if where is None else where.name,
        p_value=min(1.0, 2.0 * normal_tail(score)) if either_side else normal_tail(score),
        sampled=trial.sampled,
    )
    return Item(
        estimate=estimate,
        harm_low=max(scale(harm - spread.bound(share)), 0.0),
        harm_high=max(scale(harm + spread.bound(0.05)), 0.0),
        score=score,
        facts={"learner": fitted.name, "metric": trial.rule.metric, **facts},
    )


def refit_variance(halves: Sequence[tuple[Trial, Trial]], value: Callable[[np.ndarray], float]) -> float:
    """Give the variance that resampling the training rows brings to a number made of predictions."""
    values = np.array([[value(one.predicted) for one in pair] for pair in halves])
    return float(half_variance(values[:, 0], values[:, 1]))


def null_error(trial: Trials, fitted: Fitted, paired: Callable[[Trial, Trial], Score], variance: float) -> float:
    """Give the standard error of a difference between models trained on two REAL samples of these sizes.

    Parameters
    ----------
    paired : callable
        Difference of two models' scores on the holdout, with influences.
    variance : float
        Variance that resampling the real training rows brings to one model's score.
    """
    sampling = [standard_error(paired(first, second).influence, trial.groups) ** 2 for first, second in fitted.real_halves]
    sizes = 1.0 + len(trial.real.target) / len(trial.synthetic.target)
    return float(np.sqrt(np.mean(sampling) + variance / 2.0 * sizes))
