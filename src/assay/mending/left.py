"""Why plans that had signs were left out, in words that nobody can misread."""

from __future__ import annotations

import math

from assay.core.errors import NotApplicable
from assay.core.mended import Left
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.core.registry import get, names
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.mending.choose import ERROR, MOST_STEPS, Chosen
from assay.mending.rounds import WORST_TOLD, Dropped, least, merit


def left_out(chosen: Chosen, real: Dataset, *, target: bool, late: bool, seed: int) -> tuple[Left, ...]:
    """Tell of plans left out, but for those whose remedy was kept on the same columns.

    Parameters
    ----------
    chosen : Chosen
        What selection ended with.
    real : Dataset
        Real rows.
    target : bool
        Whether use was weighed up.
    late : bool
        Whether the time for further remedies was up.
    seed : int
        Of the remedies' own draws.
    """
    kept = {(step.learned.plan.remedy, tuple(step.learned.plan.columns)) for step in chosen.steps}
    return tuple(
        Left(each.plan.remedy, tuple(each.plan.columns), each.plan.sign, _why(each, chosen, real, target, late, seed))
        for each in chosen.dropped
        if (each.plan.remedy, tuple(each.plan.columns)) not in kept
    )


def _why(each: Dropped, chosen: Chosen, real: Dataset, target: bool, late: bool, seed: int) -> str:
    if math.isinf(each.told):
        return "it could not be learned from part of the real rows, or left hardly any synthetic ones"
    plan, sum_of = each.plan, merit(each.plan, each.told, each.use)
    if not target and get("remedy", plan.remedy).anchors:
        reason = "rows made from real ones are kept for their use alone, and no use was weighed up"
    elif sum_of <= 0:
        reason = "that is no gain in sum"
    elif each.told <= WORST_TOLD:
        reason = "that is too much easier to tell"
    elif target and each.use <= least(plan, each.told) and get("remedy", plan.remedy).anchors:
        reason = f"rows made from real ones must be of use by {least(plan, each.told):g} standard errors"
    elif target and each.use <= least(plan, each.told):
        reason = "that is too little use for what else it gained"
    elif not chosen.steps:
        reason = "others were ahead of it on the first half of the real rows, and did not bear out on all of them"
    elif not _has_sign(plan, Scene(real, chosen.rows, seed)):
        reason = "others were done before it, and then its sign was gone"
    elif len(chosen.steps) == MOST_STEPS:
        reason = f"others were done before it, and no more than {MOST_STEPS} remedies are taken"
    else:
        reason = f"others were done before it, and it was not tried on all real rows again{', as time was up' if late else ''}"
    return f"{_measured(each, target)}: {reason}"


def _measured(each: Dropped, target: bool) -> str:
    """Say what it did, by real rows that it did not learn from.

    Examples
    --------
    >>> _measured(Dropped(Plan("", "", 0.0, 0.0, ""), 2.0, -0.31), True)
    'it made rows harder to tell from real ones by 2.0 standard errors, and models trained on them worse by 0.3'
    """
    said = f"it made rows {_side(each.told, 'harder', 'easier')} to tell from real ones by {abs(each.told):.1f} standard errors"
    return f"{said}, and models trained on them {_side(each.use, 'better', 'worse')} by {abs(each.use):.1f}" if target else said


def _side(errors: float, good: str, bad: str) -> str:
    return good if errors >= 0 else bad


def _has_sign(plan: Plan, scene: Scene) -> bool:
    """Ask the remedy whether the mended rows still have the sign."""
    remedy: Remedy = get("remedy", plan.remedy)()
    try:
        found = remedy.signs(Scene(scene.real, scene.rows, scene.seed, error=ERROR / len(names("remedy"))))
    except NotApplicable:
        return False
    return any(tuple(one.columns) == tuple(plan.columns) for one in found)
