"""Duplicate rows: the synthetic table repeating itself more than reality does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.measures._rows import rows
from assay.stats.intervals import difference_bound, difference_interval, effective_counts
from assay.stats.repeats import expected_share, repeated_share, share_variance

LEAST_ROWS = 20
METHOD = "share of rows that repeat an earlier row, minus what the real rows' duplicates predict at this size ({how})"


class DuplicateRows(Measure):
    """Share of synthetic rows that repeat an earlier synthetic row, beyond what real rows would, in all and by class.

    Notes
    -----
    Rows are compared in all columns but ids. Real rows of discrete tables repeat each other too; how many would in a real
    sample of the synthetic size follows from their multiplicities: for at most n_real rows exactly (mean over all
    subsets), for more by extrapolation, and the method says so. The interval counts the noise of both samples, rows of one
    group of duplicates as dependent. By class of a classification target the same is asked within each class of at least 20
    rows in both tables: a rare class refilled with repeats looks well fed and is not.

    What it cannot see: rows repeated with a value changed.

    References
    ----------
    Hurlbert (1971), The nonconcept of species diversity, Ecology 52. Shen, Chao and Lin (2003), Ecology 84. Zou and
    Donner (2008), Statistics in Medicine 27.
    """

    question: ClassVar[str] = "Does the synthetic table repeat its own rows?"
    family: ClassVar[str] = "rules"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    equal_rows: ClassVar[bool] = True
    cost: ClassVar[int] = 11
    codes: ClassVar[Mapping[str, str]] = {
        "DUP01": "Synthetic rows repeat each other more often than real rows do.",
        "DUP02": "The synthetic rows of one class repeat each other more often than real rows of that class do.",
    }
    mechanism: ClassVar[str] = "duplication"
    remedy: ClassVar[str] = (
        "Drop the repeats and generate new rows in their place, for a rare class with generate --where; "
        "do not balance classes by repeating rows."
    )
    cannot_see: ClassVar[str] = "Rows repeated with a value changed; classes with fewer than 20 rows."

    def measure(self, context: Context) -> Evidence:
        """Count repeats in all rows and by class."""
        same = rows(context)
        whole = _item(same.real, same.synthetic, context.alpha, {"code": "DUP01"})
        families = [Family("duplicate_rows", (whole,))]
        schema = context.schema
        skipped: tuple[str, ...] = ()
        if schema.target is not None and schema.task != "regression":
            codec: Codec = context.share("codec", lambda: Codec(schema).fit(context.real))
            real, synthetic = codec.labels(context.real), codec.labels(context.synthetic)
            sizes = [(int((real == at).sum()), int((synthetic == at).sum())) for at in range(len(codec.classes_))]
            kept = [at for at, pair in enumerate(sizes) if min(pair) >= LEAST_ROWS]
            items = tuple(
                _item(
                    same.real[real == at],
                    same.synthetic[synthetic == at],
                    context.alpha / len(kept),
                    {"code": "DUP02", "target": schema.target, "class": codec.classes_[at]},
                )
                for at in kept
            )
            families += [Family("duplicate_rows", items, name="duplicate_class")] if items else []
            if len(kept) < len(sizes):
                left = len(sizes) - len(kept)
                some = "1 class" if left == 1 else f"{left} classes"
                skipped = (
                    f"{some} of {schema.target} with fewer than {LEAST_ROWS} rows in one of the tables: duplicates there were "
                    "not looked at.",
                )
        return Evidence(tuple(families), warnings=skipped)

    def describe(self, item: Item) -> str:
        """Say how many rows repeat another one."""
        e, where = item.estimate, _where(item)
        return (
            f"{e.value:.1%} of the synthetic rows{where} repeat an earlier one where real rows lead to expect "
            f"{e.floor_median:.1%}: {e.effect:.1%} too many ({e.low:.1%} to {e.high:.1%})."
        )

    def missed(self, item: Item) -> str:
        """Say how many repeats could be there."""
        most = max(item.harm_high, 1e-4)
        return f"repeats in up to {most:.2%} of the rows{_where(item)} would not have been seen at this size"


def _where(item: Item) -> str:
    return f" with {item.facts['target']} = {item.facts['class']}" if "class" in item.facts else ""


def _item(real: np.ndarray, synthetic: np.ndarray, error: float, facts: Mapping[str, object]) -> Item:
    n, n_real = len(synthetic), len(real)
    times, real_times = np.bincount(synthetic), np.bincount(real)
    share, expected = repeated_share(times), expected_share(real_times, n)
    variance, seen = share_variance(times), repeated_share(real_times)
    # a pair is as often met as the sample is large, so the prediction's relative error is that of the share it comes from
    scale = expected / seen if seen else n / n_real
    expected_variance = share_variance(real_times) * scale**2
    mine, theirs = effective_counts(share, variance, n), effective_counts(expected, expected_variance, n_real / max(scale, 1.0))
    low, high = difference_interval(*mine, *theirs)
    effect = share - expected
    spread = 1.96 * math.sqrt(expected_variance + max(expected / n, 1 / n**2))
    estimate = Estimate(
        "duplicate_rows",
        share,
        max(expected - spread, 0.0),
        expected,
        min(expected + spread, 1.0),
        effect,
        min(low, effect),
        max(high, effect),
        n_real,
        n,
        METHOD.format(how="all subsets of that size" if n <= n_real else f"extrapolated from {n_real} rows"),
        columns=(str(facts["target"]),) if "target" in facts else (),
        slice=f"{facts['target']} = {facts['class']}" if "class" in facts else None,
    )
    return Item(
        estimate,
        max(float(difference_bound(*mine, *theirs, error=error, upper=False)), 0.0),
        max(float(difference_bound(*mine, *theirs, error=0.05, upper=True)), 0.0),
        effect / math.sqrt(variance + expected_variance),
        facts,
    )
