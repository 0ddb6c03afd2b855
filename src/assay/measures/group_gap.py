"""Groups: whether synthetic rows keep each group's share, its rate of the target, and what a model does for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from scipy.special import ndtri

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures import _group_models, _group_words
from assay.measures._group_outcomes import GroupOutcomes
from assay.measures._groups import Groups, find_groups
from assay.stats.classifier import normal_tail
from assay.stats.group_means import GroupMeans

LEAST_TOLD = 10  # rows below which a count is not told
SMALL_SHARE = 0.10  # groups below it are judged by the ratio of their shares, larger ones by the difference


class GroupGap(Measure):
    """Compare groups (levels and ranges of the sensitive columns, else levels of all categorical ones) one by one.

    Notes
    -----
    Groups are chosen by their size in the real table alone: at least 100 rows, and without declared columns at least 4%.
    Families:

    - ``group_gap``: rate of the target within the group, synthetic minus real; for a regression the mean of the target in
      standard deviations, its outer hundredths drawn in. With each goes how the group's difference to all other rows changes.
    - ``group_share``: share of the group in all rows, as a difference, or below 10% as the log of the ratio.
    - ``group_prediction``: mean prediction for the group's real rows, trained on synthetic minus trained on real rows: what
      the model passes on. It is paired, so that it sees what rates of small groups cannot show.
    - ``group_utility``, for declared columns: loss of utility within the group (without them ``worst_slice`` looks there).

    Reported besides: for each column the amplification, the mean over groups (by real shares) of how far a group's rate moves
    away from the overall one, in the direction it differs in reality.

    Reality is the real and the holdout rows together. Errors are linearised, entities kept together; simultaneous bounds share
    the error out among the items (Bonferroni). A rate of fewer than 10 rows counts as 10 rows, in both tables.

    What it cannot see: groups of fewer than 100 real rows, and groups made by several columns.

    References
    ----------
    Zhao et al. (2017), Men also like shopping: reducing gender bias amplification, EMNLP; Barocas, Hardt and Narayanan (2023),
    Fairness and machine learning, chapter 3; Woodruff (1971), JASA 66 (linearised variances).
    """

    question: ClassVar[str] = "Does every group keep its share, its rates, and what a model does for it?"
    family: ClassVar[str] = "use"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    cost: ClassVar[int] = 72
    codes: ClassVar[Mapping[str, str]] = {
        "GROUP01": "In a group, the target comes out otherwise than it does in reality.",
        "GROUP02": "A group has another share of the rows than in reality.",
        "GROUP03": "A model trained on the synthetic rows predicts otherwise for a group than one trained on the real rows.",
        "GROUP04": "For a group, a model trained on the synthetic rows does worse on real rows than one trained on real ones.",
    }
    mechanism: ClassVar[str] = "bias_amplification"
    remedy: ClassVar[str] = (
        "Generate with the group balanced (assay generate --balance COLUMN), or reweight the rows of the group to its real rate, "
        "and measure again."
    )
    cannot_see: ClassVar[str] = "Groups of fewer than 100 real rows, and groups made by several columns together."

    def measure(self, context: Context) -> Evidence:
        """Compare shares and rates, and ask the models that utility fitted."""
        found, left_out = find_groups(context)
        if not found:
            raise NotApplicable(
                "There is no group of at least 100 real rows: no categorical column is coarse enough. "
                "Name columns: --sensitive COLUMN"
            )
        target = GroupOutcomes(context)
        rates: list[dict[str, Any]] = []
        shares: list[dict[str, Any]] = []
        reported: list[Estimate] = []
        for groups in found:
            (real_shares, real), (synthetic_shares, synthetic) = target.real(groups), target.synthetic(groups)
            shares += _shares(groups, real_shares, synthetic_shares)
            if target.names and real.total and synthetic.total:
                rates += _rates(groups, real, synthetic, target)
                reported.append(_amplification(groups, real, synthetic, target))
        families = [
            Family("group_gap", _items(part, target, context.alpha), name=name)
            for part, name in ((rates, "group_gap"), (shares, "group_share"))
            if part
        ]
        families += _group_models.families(context, found, declared=bool(context.schema.sensitive))
        return Evidence(tuple(families), reported=tuple(reported), not_applicable=left_out)

    def describe(self, item: Item) -> str:
        """Say what became of the group, in numbers."""
        return _group_words.describe(item)

    def missed(self, item: Item) -> str:
        """Say what could have happened to the group unseen."""
        return _group_words.missed(item)


def _rates(groups: Groups, real: GroupMeans, synthetic: GroupMeans, target: GroupOutcomes) -> list[dict[str, Any]]:
    """Give the change of the mean of every outcome in every group, with what stands around it."""
    entries: list[dict[str, Any]] = []
    rate = target.metric == "rate"
    for at in range(len(groups.names)):
        if synthetic.rows[at] < LEAST_TOLD or real.rows[at] < 2 * LEAST_TOLD:
            continue  # too few with a target; its share tells what is missing
        least = LEAST_TOLD / real.rows[at]
        for outcome, spoken in enumerate(target.names):
            before, after = float(real.mean[at, outcome]), float(synthetic.mean[at, outcome])
            rest = [_outside(means, at, outcome) for means in (real, synthetic)]
            if rate:
                before, after = (float(np.clip(mean, least, 1.0 - least)) for mean in (before, after))
                least_rest = min(LEAST_TOLD / max(real.rows.sum() - real.rows[at], 1), 0.5)
                rest = [float(np.clip(mean, least_rest, 1.0 - least_rest)) for mean in rest]
            variance = float(real.variance[at, outcome])
            if rate:
                # indicators: a rate that both tables share has the variance of their common rate
                common = (before * real.rows[at] + after * synthetic.rows[at]) / (real.rows[at] + synthetic.rows[at])
                own = common * (1.0 - common)
                least_error = own / real.rows[at] + own / synthetic.rows[at]
            else:
                least_error = 0.0
            error = np.sqrt(max(variance + float(synthetic.variance[at, outcome]), least_error))
            gaps = (before - rest[0], after - rest[1])
            entries.append(
                {
                    "groups": groups,
                    "at": at,
                    "effect": after - before,
                    "error": float(error),
                    "null": float(np.sqrt(variance * (1.0 + real.rows[at] / (real.share[at] * synthetic.total)))),
                    "n": (real.rows[at], synthetic.rows[at]),
                    "facts": {
                        "kind": "rate",
                        "metric": target.metric,
                        "outcome": spoken,
                        "real": before,
                        "synthetic": after,
                        "gap_real": gaps[0],
                        "gap_synthetic": gaps[1],
                        "code": "GROUP01",
                    },
                }
            )
    return entries


def _outside(means: GroupMeans, at: int, outcome: int) -> float:
    """Mean over all rows outside a group."""
    rows = means.rows.astype(np.float64).copy()
    rows[at] = 0.0
    return float(np.sum(rows * means.mean[:, outcome]) / max(rows.sum(), 1.0))


def _shares(groups: Groups, real: GroupMeans, synthetic: GroupMeans) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    # the second of two groups that make up the table says what the first said
    complete = len(groups.names) == 2 and real.rows[-1] == 0
    for at in range(1 if complete else len(groups.names)):
        before, after = float(real.share[at]), float(synthetic.share[at])
        variances = [float(real.share_variance[at]), float(synthetic.share_variance[at])]
        null = variances[0] * (1.0 + real.total / synthetic.total)
        ratio = before < SMALL_SHARE
        if ratio:
            # one row more than there are, so that a group that is gone has a finite ratio and error
            floor_share = 1.0 / synthetic.total
            shown = max(after, floor_share)
            effect = float(np.log(shown / before))
            relative = max(variances[1], shown * (1.0 - shown) / synthetic.total) / shown**2
            error, null = variances[0] / before**2 + relative, null / before**2
        else:
            effect, error = after - before, sum(variances)
        entries.append(
            {
                "groups": groups,
                "at": at,
                "effect": effect,
                "error": float(np.sqrt(error)),
                "null": float(np.sqrt(null)),
                "n": (real.rows[at], synthetic.rows[at]),
                "facts": {
                    "kind": "share",
                    "metric": "ratio" if ratio else "share",
                    "real": before,
                    "synthetic": after,
                    "code": "GROUP02",
                    "mechanism": "sampling_bias",
                },
            }
        )
    return entries


def _items(entries: list[dict[str, Any]], target: GroupOutcomes, alpha: float) -> tuple[Item, ...]:
    z_low = float(-ndtri(alpha / (2 * len(entries))))
    whose = "real and holdout rows" if target.with_holdout else "real rows"
    items: list[Item] = []
    for entry in entries:
        effect, error, null = entry["effect"], max(entry["error"], 1e-12), entry["null"]
        groups, facts = entry["groups"], entry["facts"]
        what = {"rate": "rate of the target", "mean": "mean of the target", "share": "share", "ratio": "log ratio of shares"}
        estimate = Estimate(
            measure="group_gap",
            value=effect,
            floor_low=-1.96 * null,
            floor_median=0.0,
            floor_high=1.96 * null,
            effect=effect,
            low=effect - 1.96 * error,
            high=effect + 1.96 * error,
            n_real=int(entry["n"][0]),
            n_synthetic=int(entry["n"][1]),
            method=f"{what[facts['metric']]}, synthetic - real ({whose}); linearised errors, Bonferroni over {len(entries)}",
            columns=(groups.column,),
            slice=groups.names[entry["at"]],
            p_value=min(1.0, 2.0 * normal_tail(abs(effect) / error)),
        )
        low, high = max(abs(effect) - z_low * error, 0.0), abs(effect) + 1.645 * error
        items.append(Item(estimate, low, high, abs(effect) / error, facts))
    return tuple(items)


def _amplification(groups: Groups, real: GroupMeans, synthetic: GroupMeans, target: GroupOutcomes) -> Estimate:
    """Give how much further the groups of a column stand apart in the first outcome than in reality, by real shares."""
    weights = real.rows / max(real.rows.sum(), 1)
    before = real.mean[:, 0]
    side = np.sign(before - np.sum(weights * before))
    weights_out = weights * (side - np.sum(weights * side))
    shift = synthetic.mean[:, 0] - before
    # a group without synthetic rows says nothing about how far it stands apart
    weights_out = np.where(synthetic.rows > 0, weights_out, 0.0)
    effect = float(np.sum(weights_out * shift))
    error = float(np.sqrt(np.sum(weights_out**2 * (real.variance[:, 0] + synthetic.variance[:, 0]))))
    sizes = 1.0 + real.total / synthetic.total
    null = float(np.sqrt(np.sum(weights_out**2 * real.variance[:, 0]) * sizes))
    return Estimate(
        measure="group_gap",
        value=effect,
        floor_low=-1.96 * null,
        floor_median=0.0,
        floor_high=1.96 * null,
        effect=effect,
        low=effect - 1.96 * error,
        high=effect + 1.96 * error,
        n_real=real.total,
        n_synthetic=synthetic.total,
        method=f"amplification: how much further the groups' {target.metric}s of {target.names[0]} stand from the overall one "
        "than in reality, mean by real shares",
        columns=(groups.column,),
    )
