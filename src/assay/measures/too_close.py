"""The two-sample classifier against the training rows, where copies push it below one half."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.data.pairing import stack
from assay.stats.classifier import normal_bound, normal_tail, pooled_ranks
from assay.stats.discriminate import discriminate

METHOD = (
    "deep randomised trees with leaves of two rows; mean of the AUCs within 4 cross-fitting folds; DeLong variance, times "
    "2.0 to 2.8 for the dependence between folds; floor: the Wilcoxon distribution between equal samples, spread likewise"
)


class TooClose(Measure):
    """AUC below one half against the training rows: the trace of copying.

    Notes
    -----
    Effect: 1/2 - AUC of a cross-fitted classifier that tells synthetic from TRAINING rows. A copy and its original mostly
    fall into different folds, so the model has seen the original called 'real' where it meets the copy, and errs on purpose:
    the AUC sinks below one half, which no honest sample does (real against real is one half, honest duplicates of discrete
    data included). It is never folded to 1 - AUC.

    What it cannot see: copies in a table that is told from the real rows anyway (both push the AUC, in opposite directions),
    and few copies (see exact_copies, near_copies and membership, which decide).

    References
    ----------
    Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR.
    """

    question: ClassVar[str] = "Is the synthetic table closer to the training rows than an honest sample would be?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset()
    whole: ClassVar[tuple[str, ...]] = ("real", "synthetic")
    cost: ClassVar[int] = 65
    codes: ClassVar[Mapping[str, str]] = {
        "COPY02": "A classifier trained to tell synthetic from training rows does worse than guessing: it meets rows it has just "
        "seen under the other name. Synthetic rows repeat training rows, exactly or nearly.",
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Remove synthetic rows that repeat training rows and refit the generator with more regularisation, larger leaves or "
        "fewer steps; do not hand this table out."
    )
    cannot_see: ClassVar[str] = "Copies among rows that differ from the real ones anyway, and copies of a few rows."

    def measure(self, context: Context) -> Evidence:
        """Cross-fit on training against synthetic rows."""
        codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
        pair = stack(codec, context.real, context.synthetic, context.rng("too_close", "rows"))
        rng = context.rng("too_close", "fits")
        found, _ = discriminate(pooled_ranks(pair.matrix), pair.labels, ("copy_finder",), rng, context.map, pair.groups)
        auc = found[0].auc
        effect, reach = 0.5 - auc.value, normal_bound(auc.error, 0.025)
        z = effect / auc.null_error
        estimate = Estimate(
            measure="too_close",
            value=auc.value,
            floor_low=0.5 - normal_bound(auc.null_error, 0.025),
            floor_median=0.5,
            floor_high=0.5 + normal_bound(auc.null_error, 0.025),
            effect=effect,
            low=max(effect - reach, -0.5),
            high=min(effect + reach, 0.5),
            n_real=int((pair.labels == 0).sum()),
            n_synthetic=int(pair.labels.sum()),
            method=METHOD,
            p_value=normal_tail(z),
            sampled=pair.sampled,
        )
        item = Item(
            estimate=estimate,
            harm_low=max(effect - normal_bound(auc.error, context.alpha), 0.0),
            harm_high=float(np.clip(effect + normal_bound(auc.error, 0.05), 0.0, 0.5)),
            score=z,
        )
        return Evidence(families=(Family("too_close", (item,)),))

    def describe(self, item: Item) -> str:
        """Say how far below one half the AUC lies."""
        estimate = item.estimate
        return (
            f"A classifier that tells synthetic rows from training rows reaches AUC {estimate.value:.3f} "
            f"({0.5 - estimate.high:.3f} to {0.5 - estimate.low:.3f}), below the 0.500 of an honest sample: "
            "synthetic rows repeat training rows."
        )

    def missed(self, item: Item) -> str:
        """Say how far below one half the AUC could lie."""
        return f"Copying that lowers the AUC against the training rows to {0.5 - item.harm_high:.3f} would not have been seen."
