"""The two-sample classifier: can synthetic rows be told from sealed real ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.data.entities import entity_codes
from assay.data.pairing import Pair
from assay.measures._regions import regions
from assay.measures._slices import shared_codec
from assay.measures._told import told
from assay.stats.classifier import ColumnAucs, normal_bound, normal_tail, repeated_share
from assay.stats.discriminate import Discrimination
from assay.stats.energy import PERMUTATIONS, energy_distance

SPOKEN = {"boosted_trees": "boosted trees", "random_trees": "deep randomised trees"}
ENERGY_ROWS = 800
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

    Beside it stand, reported and not judged: the regions of up to three columns that the synthetic rows fill most too rarely
    and most too often, found on three folds and counted on the fourth, and the energy distance with its permutation p-value.
    The mechanism is that of what drives the AUC: one column, or columns each by itself (covariate_shift, beyond .9 artefact),
    repeats, or only several together (broken_dependence).

    What it cannot see: a difference that touches too few rows to rank (see the tail, rare-level and slice measures), and
    copies of the training rows, which look as real as anything (see too_close, exact_copies, membership).

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR; DeLong et al. (1988), Biometrics 44.
    Szekely and Rizzo (2013), Energy statistics, Journal of Statistical Planning and Inference 143.
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
        codec = shared_codec(context)
        pair, found, alone = told(context)
        share = context.alpha / len(found)
        repeats = repeated_share(pair.matrix[pair.labels == 1]) - repeated_share(pair.matrix[pair.labels == 0])
        places, sides = _regions(context)
        items = tuple(_item(result, alone, repeats, context.schema.modelled, pair, share, sides) for result in found)
        return Evidence(families=(Family("two_sample", items),), reported=(*places, _energy(context, codec)))

    def describe(self, item: Item) -> str:
        """Say how well the rows are told apart and by which columns."""
        estimate, facts = item.estimate, item.facts
        driven = f", most by {_listed(facts['columns'])}" if facts["columns"] else ""
        return (
            f"A classifier ({SPOKEN[facts['learner']]}) tells synthetic rows from sealed real rows with AUC {estimate.value:.3f} "
            f"({0.5 + estimate.low:.3f} to {0.5 + estimate.high:.3f}; 0.500 where they are alike){driven}; "
            f"the most telling column alone reaches {facts['single_auc']:.3f}.{_spoken(facts)}"
        )

    def missed(self, item: Item) -> str:
        """Say up to which AUC the samples could differ."""
        return (
            f"Differences that let {SPOKEN[item.facts['learner']]} reach an AUC of up to {0.5 + item.harm_high:.3f} "
            "would not have been seen at this size."
        )


def _item(
    found: Discrimination,
    alone: ColumnAucs,
    repeats: float,
    names: tuple[str, ...],
    pair: Pair,
    share: float,
    sides: Mapping[str, Any],
) -> Item:
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
        facts={**_facts(found, alone, repeats, names), **sides},
    )


def _facts(found: Discrimination, columns: ColumnAucs, repeats: float, names: tuple[str, ...]) -> dict[str, Any]:
    """Name the columns that drive the AUC, and what kind of difference it is."""
    order = np.argsort(-found.importance, kind="stable")
    strong = [int(at) for at in order[:3] if found.importance[at] > 0.2 * found.importance[order[0]] and found.importance[at] > 0]
    single = float(columns.alone.max())
    effect = found.auc.value - 0.5
    if single >= 0.9:
        mechanism = "artefact"
    elif single - 0.5 >= 0.6 * effect or columns.together - 0.5 >= 0.9 * effect:
        mechanism = "covariate_shift"
    elif repeats > 0.1:
        mechanism = "duplication"  # a row and its repeat fall into different folds: that alone tells them
    else:
        mechanism = "broken_dependence"
    return {
        "learner": found.learner,
        "columns": [names[at] for at in strong],
        "importances": [round(float(found.importance[at]), 4) for at in strong],
        "single_column": names[int(columns.alone.argmax())],
        "single_auc": round(single, 4),
        "columns_auc": round(columns.together, 4),
        "mechanism": mechanism,
    }


def _regions(context: Context) -> tuple[list[Estimate], dict[str, Any]]:
    """Give the regions made most too rarely and most too often, and what a sentence needs of those that are proven."""
    try:
        found = regions(context)
    except NotApplicable:
        return [], {}
    places: list[Estimate] = []
    facts: dict[str, Any] = {}
    for side, place in (("under", found.under), ("over", found.over)):
        if place is None:
            continue
        value = min(place.ratio.value, 1e6)
        low, high = (place.ratio.bound(0.025, upper=upper) for upper in (False, True))
        name = place.where.name(place.axes)
        reach = 1.96 * float(np.sqrt((1.0 + 1.0 / place.ratio.scale) / max(place.ratio.others / place.ratio.scale, 1.0)))
        places.append(
            Estimate(
                "two_sample",
                value,
                max(1.0 - reach, 0.0),
                1.0,
                1.0 + reach,
                value,
                min(low, value),
                max(high, value),
                place.counts[1],
                place.counts[0],
                f"rows there against rows expected, in the region made most too {'rarely' if side == 'under' else 'often'}; "
                "found on three quarters of the rows and counted on the fourth, in turn; exact given the sum of both counts",
                columns=place.where.columns(place.axes),
                slice=name,
                sampled=found.sampled,
            )
        )
        if (side == "under" and high < 1.0) or (side == "over" and low > 1.0):
            facts[side] = {"slice": name, "ratio": round(value, 3)}
    return places, facts


def _energy(context: Context, codec: Codec) -> Estimate:
    """Compare up to 800 rows of each table, one of an entity, by energy distance."""
    drawn = []
    for role in ("holdout", "synthetic"):
        table = getattr(context, role)
        matrix = context.share(f"distance:{role}", lambda table=table: codec.distance(table))
        order = np.lexsort(matrix.T[::-1])
        entities = entity_codes(table)
        if entities is not None:
            order = order[np.unique(entities[order], return_index=True)[1]]
        picked = context.rng("two_sample", "energy", role).permutation(len(order))[:ENERGY_ROWS]
        drawn.append(matrix[order[picked]])
    found = energy_distance(drawn[0], drawn[1], context.rng("two_sample", "energy"))
    low, centre, high = np.quantile(found.permuted, (0.025, 0.5, 0.975))
    effect = max(found.value - float(centre), 0.0)
    return Estimate(
        "two_sample",
        found.value,
        float(low),
        float(centre),
        float(high),
        effect,
        min(max(found.value - float(high), 0.0), effect),
        max(found.value - float(low), effect),
        len(drawn[0]),
        len(drawn[1]),
        f"energy coefficient; floor, reach and p-value from {PERMUTATIONS} permutations",
        p_value=found.p_value,
        sampled=len(drawn[0]) < len(context.holdout) or len(drawn[1]) < len(context.synthetic),
    )


def _spoken(facts: Mapping[str, Any]) -> str:
    """Say where rows are too rare or too many, as far as that is proven."""
    said = ""
    if "under" in facts:
        said += f" Most too rare where {facts['under']['slice']}: {facts['under']['ratio']:.2f} of the rows expected."
    if "over" in facts:
        said += f" Most too frequent where {facts['over']['slice']}: {facts['over']['ratio']:.2f} times those expected."
    return said


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
