"""Labels are wrong anywhere: keep rows in proportion to the chance that their label is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.plan import Plan
from assay.core.protocols import Remedy
from assay.core.threads import one_thread
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.remedies._additive import Additive, Basis
from assay.remedies._outcomes import Outcomes
from assay.remedies._shared import shared_variance, student_tail, worth
from assay.remedies._teacher import MOST_WEIGHED, Trial, labelled, residual_error, some, surprise, taught, trial
from assay.remedies._wrong_labels import confusion, plain, right, stray_chance, stray_share, two
from assay.stats.classifier import normal_tail

LEAST_WRONG = 0.02  # share of wrong labels below which filtering costs more than it gives
DEPENDENCE = 1.3


class VerifyRows(Remedy):
    """Keep each synthetic row with the chance that its label is right, by a verifier that real rows trained.

    Notes
    -----
    Of a label y the chance to be right is w = p_y(x) C_yy / sum over classes k of p_k(x) C_ky, with p the teacher of
    `assay.remedies.teach_labels.TeachLabels` and C the chances of changed labels; of a number, that of a normal error against
    any number of the column. Rows kept with chance w have labels in the proportions of p_y(x) C_yy: with flips that are as likely
    for every class just those of right rows. A threshold on plausibility would keep the typical and drop the rare right labels.
    The test: labels of synthetic rows that nothing was trained on surprise the teachers more than those of held-out real rows,
    (-log p_y(x)) minus its own expectation. Entities of either table stay whole and count as one. With keep rates phi of rows
    with right labels and psi of those with wrong ones, both measured on real rows that the teacher did not see, filtering
    helps for a share of wrong labels below p* = 1/(1 + psi/phi) (Feng et al. 2025): above, there is no plan.

    References
    ----------
    Feng et al. (2025), Beyond model collapse: scaling up with synthesized data requires verification, ICLR.
    """

    question = "Are labels wrong that real rows make implausible?"
    mends = frozenset({"label_noise"})
    changes: ClassVar[Literal["rows", "weights", "values", "labels"]] = "rows"
    generic: ClassVar[bool] = True
    needs_target = True
    cannot_see = "columns that are wrong together with a label that fits them, and wrong labels where the teacher is unsure"

    def signs(self, scene: Scene) -> Sequence[Plan]:
        """See `assay.core.protocols.Remedy.signs`."""
        try:
            with one_thread():
                found = trial(scene, Outcomes.of(scene), rivals=False)
        except NotApplicable:
            return []
        p = _more_surprising(found)
        if p >= scene.error:
            return []
        good, bad, wrong = _rates(found, scene.rng("verify"))
        if not LEAST_WRONG <= wrong < 1.0 / (1.0 + bad / max(good, 1e-9)) or good - bad < 0.1:
            return []
        sign = (
            f"About {wrong:.0%} of the synthetic labels seem wrong to a verifier that keeps {good:.0%} of the real rows it did "
            f"not see, and {bad:.0%} of them with a wrong label."
        )
        return [Plan("verify_rows", "label_noise", p, float(found.numbers), sign, (found.outcomes.target,))]

    def learn(self, plan: Plan, scene: Scene) -> Mapping[str, Any]:
        """See `assay.core.protocols.Remedy.learn`."""
        outcomes = Outcomes.of(scene)
        with one_thread():
            model = taught(outcomes, Basis.of(scene.synthetic, scene.real), scene)
            numbers = outcomes.numbers(scene.synthetic)
            at = some(labelled(numbers, scene), MOST_WEIGHED, scene.rng("verify_rows", "weighed"))
            expected, weights = model.expected(scene.synthetic.take(at)), scene.rows.weights[at]
        found = {"target": outcomes.target, "task": outcomes.task, "classes": list(outcomes.classes), "model": model.to_json()}
        if outcomes.task == "regression":
            error = residual_error(model, outcomes, scene)
            share = stray_share(expected[:, 0], numbers[at, 0], error, weights)
            return {**found, "grid": outcomes.grid.tolist(), "error": error, "share": share}
        return {**found, "confusion": plain(confusion(two(expected), outcomes.codes(scene.synthetic)[at], weights))}

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, rng: np.random.Generator) -> Amended:
        """See `assay.core.protocols.Remedy.apply`."""
        grid = np.array(setting.get("grid", []))
        outcomes = Outcomes(str(setting["target"]), str(setting["task"]), tuple(setting["classes"]), grid)
        numbers = outcomes.numbers(rows.table)
        known = np.flatnonzero(np.isfinite(numbers[:, 0]) & ~rows.anchored)
        if not len(known):
            return rows
        expected = Additive.from_json(setting["model"]).expected(rows.table.take(known))
        keep = np.ones(len(rows))
        if outcomes.task == "regression":
            keep[known] = 1.0 - stray_chance(expected[:, 0], numbers[known, 0], setting["error"], setting["share"])
        else:
            codes = outcomes.codes(rows.table)[known]
            keep[known] = right(two(expected), codes, np.array(setting["confusion"]))[np.arange(len(known)), codes]
        kept = np.flatnonzero(rng.random(len(rows)) < keep)
        if not (rows.weights[kept] > 0).any():
            return rows
        return rows.take(kept).weighed(np.ones(len(kept)))


def _more_surprising(found: Trial) -> float:
    """Give the p-value of synthetic labels that surprise the teachers no more than real ones do."""
    real = surprise(found.truth, found.own, found.outcomes.task)
    other = surprise(found.stands, found.expected, found.outcomes.task)
    share = found.weights / found.weights.sum()
    mean = float(share @ other)
    left = share * (other - mean)
    of_other = float(share**2 @ (other - mean) ** 2) if found.others is None else shared_variance(left, found.others)
    # as if labels were alike: the larger of both variances
    spread = max(float(share @ (other - mean) ** 2) if found.groups is None else 0.0, float(real.var()))
    rows = len(real)
    if found.groups is not None:
        sums = np.bincount(found.groups, weights=real - real.mean())
        spread = max(spread, float(np.sum(sums**2)) / rows)
    z = (mean - float(real.mean())) / max(np.sqrt(DEPENDENCE * (spread / rows + of_other)), 1e-12)
    if found.others is None:
        return normal_tail(z)
    units = float(rows if found.groups is None else len(np.unique(found.groups)))
    return student_tail(z, (of_other, spread / rows), (worth(found.others, share), units))


def _rates(found: Trial, rng: np.random.Generator) -> tuple[float, float, float]:
    """Give the keep rates of right and of wrong labels, on real rows the teachers did not see, and the share of wrong labels."""
    rows = np.arange(len(found.truth))
    if found.outcomes.task == "regression":
        truth, expected = found.truth[:, 0], found.own[:, 0]
        error = max(float(np.sqrt(np.mean((truth - expected) ** 2))), 0.02)
        share = stray_share(found.expected[:, 0], found.stands[:, 0], error, found.weights)
        kept = [1.0 - stray_chance(expected, own, error, share) for own in (truth, rng.permutation(truth))]
        return float(kept[0].mean()), float(kept[1].mean()), share
    stands, truth = np.argmax(two(found.stands), axis=1), np.argmax(two(found.truth), axis=1)
    confused = confusion(two(found.expected), stands, found.weights)
    wrong = 1.0 - right(two(found.expected), stands, confused)[np.arange(len(stands)), stands]
    classes = len(confused)
    other = (truth + rng.integers(1, classes, len(truth))) % classes
    good, bad = (right(two(found.own), own, confused)[rows, own] for own in (truth, other))
    return float(good.mean()), float(bad.mean()), float(found.weights @ wrong / found.weights.sum())
