"""The two-sample classifier: can synthetic rows be told from sealed real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.data.pairing import Pair, stack
from assay.stats.classifier import normal_bound, normal_tail, pooled_ranks, repeated_share
from assay.stats.discriminate import Discrimination, discriminate

LEARNERS = ("boosted_trees", "random_trees")
SPOKEN = {"boosted_trees": "boosted trees", "random_trees": "deep randomised trees"}
METHOD = (
    "mean of the AUCs within 4 cross-fitting folds; DeLong variance, times 2.0 to 2.8 for the dependence between folds; "
    "floor: the Wilcoxon distribution between equal samples, spread likewise"
)


class TwoSample(Measure):
    """Cross-fitted AUC of two learners that tell synthetic rows from the holdout.

    Notes
    -----
    Effect: AUC - 1/2, which is 0 between two samples of one distribution. Boosted trees find shifts of a column and most
    dependence; deep randomised trees also find exclusive-or and parity, which leave no trace in a column or pair.

    What it cannot see: a difference that touches too few rows to rank (see the tail, rare-level and slice measures), and
    copies of the training rows, which look as real as anything (see too_close, exact_copies, membership).

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR; DeLong et al. (1988), Biometrics 44.
    """

    question: ClassVar[str] = "Can a classifier tell synthetic rows from real rows that nobody trained on?"
    family: ClassVar[str] = "dependence"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    cost: ClassVar[int] = 60
    codes: ClassVar[Mapping[str, str]] = {
        "C2ST01": "A classifier tells synthetic rows from sealed real rows better than the policy allows: whatever it uses, a "
        "model trained on the synthetic rows can learn too. The columns named are those whose shuffling costs it most.",
    }
    mechanism: ClassVar[str] = "broken_dependence"
    remedy: ClassVar[str] = (
        "Look at the columns named. If one column alone gives the rows away, mend how it is generated; if only several together "
        "do, use a generator that models their dependence, or reweight the synthetic rows by the classifier's odds."
    )
    cannot_see: ClassVar[str] = "Differences in a few rows in a thousand, and copies of training rows."

    def measure(self, context: Context) -> Evidence:
        """Cross-fit both learners on holdout against synthetic rows."""
        codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
        pair = stack(codec, context.holdout, context.synthetic, context.rng("two_sample", "rows"))
        found, alone = discriminate(
            pooled_ranks(pair.matrix), pair.labels, LEARNERS, context.rng("two_sample", "fits"), context.map, pair.groups
        )
        context.share(
            "two_sample scores", lambda: {one.learner: (pair.rows, pair.labels, one.fold, one.predicted) for one in found}
        )
        share = context.alpha / len(found)
        repeats = repeated_share(pair.matrix[pair.labels == 1]) - repeated_share(pair.matrix[pair.labels == 0])
        items = tuple(_item(result, alone, repeats, context.schema.modelled, pair, share) for result in found)
        return Evidence(families=(Family("two_sample", items),))

    def describe(self, item: Item) -> str:
        """Say how well the rows are told apart and by which columns."""
        estimate, facts = item.estimate, item.facts
        driven = f", most by {_listed(facts['columns'])}" if facts["columns"] else ""
        return (
            f"A classifier ({SPOKEN[facts['learner']]}) tells synthetic rows from sealed real rows with AUC {estimate.value:.3f} "
            f"({0.5 + estimate.low:.3f} to {0.5 + estimate.high:.3f}; 0.500 where they are alike){driven}; "
            f"the most telling column alone reaches {facts['single_auc']:.3f}."
        )

    def missed(self, item: Item) -> str:
        """Say up to which AUC the samples could differ."""
        return (
            f"Differences that let {SPOKEN[item.facts['learner']]} reach an AUC of up to {0.5 + item.harm_high:.3f} "
            "would not have been seen at this size."
        )


def _item(found: Discrimination, alone: np.ndarray, repeats: float, names: tuple[str, ...], pair: Pair, share: float) -> Item:
    auc, effect = found.auc, found.auc.value - 0.5
    reach = normal_bound(auc.error, 0.025)
    z = effect / auc.null_error
    estimate = Estimate(
        measure="two_sample",
        value=auc.value,
        floor_low=0.5 - normal_bound(auc.null_error, 0.025),
        floor_median=0.5,
        floor_high=0.5 + normal_bound(auc.null_error, 0.025),
        effect=effect,
        low=max(effect - reach, -0.5),
        high=min(effect + reach, 0.5),
        n_real=int((pair.labels == 0).sum()),
        n_synthetic=int(pair.labels.sum()),
        method=f"{SPOKEN[found.learner]}: {METHOD}",
        p_value=normal_tail(z),
        sampled=pair.sampled,
    )
    return Item(
        estimate=estimate,
        harm_low=max(effect - normal_bound(auc.error, share), 0.0),
        harm_high=float(np.clip(effect + normal_bound(auc.error, 0.05), 0.0, 0.5)),
        score=z,
        facts=_facts(found, alone, repeats, names),
    )


def _facts(found: Discrimination, alone: np.ndarray, repeats: float, names: tuple[str, ...]) -> dict[str, Any]:
    """Name the columns that drive the AUC, and what kind of difference it is."""
    order = np.argsort(-found.importance, kind="stable")
    strong = [int(at) for at in order[:3] if found.importance[at] > 0.2 * found.importance[order[0]] and found.importance[at] > 0]
    single = float(alone.max())
    effect = found.auc.value - 0.5
    if single >= 0.9:
        mechanism = "artefact"
    elif single - 0.5 >= 0.6 * effect:
        mechanism = "covariate_shift"
    elif repeats > 0.1:
        mechanism = "duplication"  # a row and its repeat fall into different folds: that alone tells them
    else:
        mechanism = "broken_dependence"
    return {
        "learner": found.learner,
        "columns": [names[at] for at in strong],
        "importances": [round(float(found.importance[at]), 4) for at in strong],
        "single_column": names[int(alone.argmax())],
        "single_auc": round(single, 4),
        "mechanism": mechanism,
    }


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
