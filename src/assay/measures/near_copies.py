"""Near copies of real rows, with a little noise, among the synthetic ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._copies import copied, share_item
from assay.measures._neighbours import Near, near
from assay.measures._rows import Rows, rows
from assay.stats.rowhash import column_digests

RATES = {"a tiny change": 0.0025, "a small change": 0.01}
CHANGED_RATE = 0.005
CHANCE_AGREEMENT = 0.0005
MOST_COLUMNS = 64
LEAST_COLUMNS = 4
LEAST_ROWS = 3


class NearCopies(Measure):
    """Synthetic rows so near to one real row that an independent real row hardly ever is.

    Notes
    -----
    Two ways to be near, each counted for synthetic rows and for independent real rows (holdout; without one, real rows among the
    other real rows), the difference being the effect:

    - *in distance*: the ratio of the distances to the nearest and to the second nearest different real row. It has the local
      scale built in: a jittered copy lies far nearer to its original than to anything else, whether in the crowd or alone.
      Only real rows that occur once count.
      What is 'far nearer' is learned on real rows: ratios that 0.25% or 1% of real rows have among the other real rows. The same
      with centre and spread of every number moved onto the real ones, where they are off: a constant added to
      all rows hides copies from a naive look only.
    - *in all columns but one*: rows that agree with one real row in every column but one, for those columns without which
      real rows are still almost unique (independent rows agree so in at most 0.5%), and a single resampled value cannot
      explain it.

    What it cannot see: copies with noise comparable to the distance between neighbours, with several categories changed,
    or with more than one column transformed in a way that is not shift or scale.

    References
    ----------
    Lowe (2004), Distinctive image features from scale-invariant keypoints, IJCV 60 (ratio of distances). Zou and
    Donner (2008), Statistics in Medicine 27.
    """

    question: ClassVar[str] = "Are synthetic rows real rows with a little noise?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    whole: ClassVar[tuple[str, ...]] = ("real",)
    cost: ClassVar[int] = 45
    codes: ClassVar[Mapping[str, str]] = {
        "COPY03": "Synthetic rows lie nearer to one real row than independent real rows do: copies with a little noise.",
        "COPY04": "Synthetic rows agree with one real row in all columns but one.",
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Drop the near copies and refit the generator with larger leaves, more regularisation or fewer steps; "
        "noise on copied rows does not protect anybody."
    )
    cannot_see: ClassVar[str] = (
        "Copies with noise as large as the distance between neighbours, or with several categories changed."
    )

    def measure(self, context: Context) -> Evidence:
        """Count near copies in each way."""
        same = rows(context)
        if np.count_nonzero(same.times) < LEAST_ROWS:
            raise NotApplicable(f"near copies need at least {LEAST_ROWS} different real rows to be told from chance.")
        found = near(context)
        if same.once < 0.1 * len(same.real):
            raise NotApplicable("most real rows repeat each other: near copies of them cannot be told from chance.")
        changed = _changed(context, same)
        tests = len(RATES) * (2 if found.aligned_real is not None else 1) + (changed is not None)
        error = context.alpha / tests
        items = _by_distance(context, found, same.once / len(same.real), error)
        if changed is not None:
            items.append(_item(context, "all columns but one", *changed, 1.0, error, False, {"code": "COPY04"}))
        return Evidence((Family("near_copies", tuple(items)),))

    def describe(self, item: Item) -> str:
        """Say how many rows are near copies."""
        e, facts = item.estimate, item.facts
        share = f"{e.effect:.2%} ({max(e.low, 0):.2%} to {e.high:.2%})"
        if facts["code"] == "COPY04":
            return (
                f"{e.value:.2%} of the synthetic rows agree with one real row in all columns but one; independent real "
                f"rows do in {e.floor_median:.2%}. Copied beyond chance: {share}."
            )
        undone = ", once shift and scale of the numbers are undone," if facts["aligned"] else ""
        return (
            f"{e.value:.2%} of the synthetic rows{undone} are at most {facts['threshold']:.2g} times as far from their nearest "
            f"real row as from the next; of independent real rows {e.floor_median:.2%} are. Copied with {facts['way']}: {share}."
        )

    def missed(self, item: Item) -> str:
        """Say how many near copies could be there."""
        most = max(item.harm_high, 1e-4)
        way = "a single column changed" if item.facts["code"] == "COPY04" else item.facts["way"]
        return f"copies of real rows with {way} in up to {most:.2%} of the synthetic rows would not have been seen"


def _by_distance(context: Context, found: Near, reach: float, error: float) -> list[Item]:
    among_real = ratios(found.real_real, found.real_once)
    control = among_real
    if found.holdout_real is not None and found.holdout_once is not None:
        control = ratios(found.holdout_real, found.holdout_once)
    tables = [(ratios(found.synthetic_real, found.synthetic_once), False)]
    if found.aligned_real is not None and found.aligned_once is not None:
        tables.append((ratios(found.aligned_real, found.aligned_once), True))
    items: list[Item] = []
    for way, rate in RATES.items():
        threshold = min(float(np.quantile(among_real, rate, method="lower")), 0.5)
        for counted, aligned in tables:
            k, chance = int((counted <= threshold).sum()), int((control <= threshold).sum())
            facts = {"code": "COPY03", "way": way, "threshold": float(f"{threshold:.2g}"), "aligned": aligned}
            name = f"{way}, numbers aligned" if aligned else way
            items.append(_item(context, name, k, len(counted), chance, len(control), reach, error, found.sampled, facts))
    return items


def ratios(distances: np.ndarray, once: np.ndarray) -> np.ndarray:
    """Give nearest over second nearest distance; 1 where both are zero, or the nearest row occurs several times."""
    first, second = distances[:, 0], distances[:, 1]
    usable = np.isfinite(second) & (second > 0) & once
    return np.divide(first, second, out=np.ones(len(first)), where=usable)


def _changed(context: Context, same: Rows) -> tuple[int, int, float, float] | None:
    """Count rows that agree with one real row in all columns but one: synthetic hits and rows, control hits and rows.

    The columns are chosen on the real rows alone: those without which independent real rows agree least (Good's estimator),
    together in at most 0.5% of rows.
    """
    n, n_synthetic = len(same.real), len(same.synthetic)
    if len(same.names) < LEAST_COLUMNS:
        return None
    digests = [column_digests(codes, at) for at, codes in enumerate(same.codes)]
    with np.errstate(over="ignore"):
        total = np.add.reduce(digests)
    kinds = [len(np.unique(codes[:n])) for codes in same.codes]
    finest = int(np.argmax(kinds))
    columns = np.argsort([-count for count in kinds], kind="stable")[:MOST_COLUMNS]
    chosen: list[tuple[float, int]] = []
    with np.errstate(over="ignore"):
        for at in columns:
            times = np.unique((total - digests[at])[:n], return_counts=True)[1]
            meets = 2 * float((times == 2).sum()) / n
            if len(times) < 0.5 * n or meets > CHANGED_RATE:
                continue
            if at != finest:
                _, again = np.unique((total - digests[at] - digests[finest])[:n], return_counts=True)
                if float((again * (again - 1.0)).sum()) / (n * (n - 1.0)) > CHANCE_AGREEMENT:
                    continue
            chosen.append((meets, int(at)))
        hit = np.zeros(len(total), dtype=bool)
        spent = 0.0
        for meets, at in sorted(chosen):
            spent += meets
            if spent > CHANGED_RATE:
                break
            pattern = total - digests[at]
            values, times = np.unique(pattern[:n], return_counts=True)
            once = values[times == 1]
            place = np.minimum(np.searchsorted(once, pattern[n:]), len(once) - 1)
            hit[n:] |= once[place] == pattern[n:]
    if not chosen:
        return None
    synthetic, holdout = hit[n : n + n_synthetic], hit[n + n_synthetic :]
    if len(holdout):
        return int(synthetic.sum()), n_synthetic, float(holdout.sum()), float(len(holdout))
    expected = min(sum(meets for meets, _ in chosen), CHANGED_RATE)
    return int(synthetic.sum()), n_synthetic, expected * n / 2, n / 2


def _item(
    context: Context,
    name: str,
    k: int,
    n: int,
    control: float,
    n_control: float,
    reach: float,
    error: float,
    sampled: bool,
    facts: Mapping[str, object],
) -> Item:
    found = copied(k, n, control, n_control, reach, error)
    return share_item(
        "near_copies",
        found,
        seen=k / n,
        honest=control / n_control,
        n=n,
        n_control=n_control,
        rows=(len(context.real), len(context.synthetic)),
        method=f"{name}: share of {n} synthetic rows; MOVER interval against "
        f"{'holdout' if context.holdout is not None else 'other real'} rows",
        facts=facts,
        sampled=sampled,
    )
