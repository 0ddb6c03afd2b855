"""Near repeats: synthetic rows that are each other's copies with a little noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.estimate import Estimate
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.measures._copies import Copied, copied
from assay.measures._rows import rows
from assay.stats.neighbours import nearest

RATE = 0.01
WIDEST = 0.5
MOST_QUERIES = 2_000
LEAST_ROWS = 100
ONE_CLASS = 0.8
CHUNK = 500
USUAL, DENSEST, CLOSE = 0.75, 0.3, 0.25


class NearRepeats(Measure):
    """Share of synthetic rows far nearer to another synthetic row than to any real one, beyond what real rows show.

    Notes
    -----
    A row's distance to the nearest different row of its own table, over that to the nearest row of another table of the same
    size: honest rows have little reason to prefer their own table; a row that was repeated with noise does. Counted are
    synthetic rows whose ratio (own: synthetic, other: real) lies under the one that 1% of the real rows reach (own: real, other:
    holdout), minus the real rows that do. Where the upper quartile of the ratios is lower than that of real rows, as in a table
    that is too narrow throughout, ratios are scaled up by as much; and only rows count whose neighbour is as near as a quarter
    of the real rows have one. All references are cut to the size of the smallest table;
    at most 2,000 rows ask. Exact repeats are one row here: `duplicate_rows` counts them.

    What it cannot see: repeats with noise as large as the distance between neighbours, and which row came first.

    References
    ----------
    Lowe (2004), Distinctive image features from scale-invariant keypoints, IJCV 60 (ratio of distances).
    """

    question: ClassVar[str] = "Does the synthetic table repeat its own rows with a little noise?"
    family: ClassVar[str] = "rules"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    cost: ClassVar[int] = 46
    codes: ClassVar[Mapping[str, str]] = {"DUP03": "Synthetic rows repeat each other with a little noise."}
    mechanism: ClassVar[str] = "duplication"
    remedy: ClassVar[str] = (
        "Generate new rows instead of jittering the same ones: for a rare class with generate --where; noise on a repeated row "
        "adds no information."
    )
    cannot_see: ClassVar[str] = "Repeats with noise as large as the distance between neighbours; exact repeats."

    def measure(self, context: Context) -> Evidence:
        """Compare each row's nearest neighbours in its own table and in another one."""
        same = rows(context)
        codec: Codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
        tables: dict[str, Dataset] = {"real": context.real, "synthetic": context.synthetic, "holdout": context.holdout}
        kinds = {"real": same.real, "synthetic": same.synthetic, "holdout": same.holdout}
        first = {name: np.sort(np.unique(ids, return_index=True)[1]) for name, ids in kinds.items()}
        size = min(len(part) for part in first.values())
        if size < LEAST_ROWS:
            raise NotApplicable(f"near repeats need at least {LEAST_ROWS} different rows in each table.")
        points: dict[str, np.ndarray] = {}
        for name, table in tables.items():
            kept = np.sort(context.rng("near_repeats", name).permutation(first[name])[:size])
            first[name] = kept
            points[name] = context.share(f"distance:{name}", lambda table=table: codec.distance(table))[kept]
        ask = np.sort(context.rng("near_repeats", "queries").permutation(size)[:MOST_QUERIES])
        found = {
            (own, other): self._nearest(context, points, own, other, ask)
            for own in ("real", "synthetic")
            for other in (own, "holdout" if own == "real" else "real")
        }
        honest = _ratio(found["real", "real"], found["real", "holdout"])
        suspect = _ratio(found["synthetic", "synthetic"], found["synthetic", "real"])
        threshold = min(float(np.quantile(honest, RATE, method="lower")), WIDEST)
        # Rows drawn too densely are nearer to each other throughout; most rows say by how much, and that is taken out.
        dense = float(np.clip(np.quantile(suspect, USUAL) / max(np.quantile(honest, USUAL), 1e-12), DENSEST, 1.0))
        # A group of rows that stands apart from reality is far from it without being near to each other.
        close = float(np.quantile(found["real", "real"], CLOSE))
        near = (suspect <= threshold * dense) & (found["synthetic", "synthetic"] <= close)
        context.share("near_repeats rows", lambda: (first["synthetic"][ask], near))  # for who repairs them
        facts: dict[str, Any] = {"threshold": float(f"{threshold:.2g}"), "code": "DUP03"}
        facts |= _one_class(context, codec, first["synthetic"][ask], near)
        k, control = int(near.sum()), int(((honest <= threshold) & (found["real", "real"] <= close)).sum())
        item = _item(copied(k, len(ask), control, len(ask), 1.0, context.alpha), k, control, context, len(ask), facts)
        return Evidence((Family("near_repeats", (item,)),))

    @staticmethod
    def _nearest(context: Context, points: Mapping[str, np.ndarray], own: str, other: str, ask: np.ndarray) -> np.ndarray:
        """Give the distances from rows of `own` to the nearest of `other`, themselves left out."""
        tasks = []
        for start in range(0, len(ask), CHUNK):
            part = ask[start : start + CHUNK]
            tasks.append((points[own][part], points[other], 1, part if own == other else None))
        return np.concatenate([distances[:, 0] for distances, _ in context.map(nearest, tasks)])

    def describe(self, item: Item) -> str:
        """Say how many rows are near repeats."""
        e, facts = item.estimate, item.facts
        where = f", nearly all of them with {facts['class']}" if facts.get("class") else ""
        return (
            f"{e.value:.1%} of the synthetic rows are at most {facts['threshold']:.2g} times as far from another synthetic row "
            f"as from any real one; of real rows {e.floor_median:.1%} are so near to each other. Repeated with noise: "
            f"{e.effect:.1%} ({max(e.low, 0):.1%} to {e.high:.1%}){where}."
        )

    def missed(self, item: Item) -> str:
        """Say how many near repeats could be there."""
        most = max(item.harm_high, 1e-4)
        return f"rows repeated with a little noise in up to {most:.2%} of the rows would not have been seen at this size"


def _ratio(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give the nearest distance within the own table over that to the other; 1 where the other holds the very row."""
    return np.divide(own, other, out=np.ones(len(own)), where=(other > 0) & np.isfinite(own))


def _one_class(context: Context, codec: Codec, asked: np.ndarray, near: np.ndarray) -> dict[str, Any]:
    """Name the class that most near repeats belong to, where it is not the class of most rows."""
    schema = context.schema
    if schema.target is None or schema.task == "regression" or near.sum() < 10:
        return {}
    labels = np.asarray(codec.labels(context.synthetic))[asked]
    counts = np.bincount(labels[near & (labels >= 0)], minlength=1)
    top = int(counts.argmax())
    if counts[top] < ONE_CLASS * near.sum() or np.mean(labels == top) > ONE_CLASS * counts[top] / near.sum():
        return {}
    return {"columns": (schema.target,), "class": f"{schema.target} = {codec.classes_[top]}"}


def _item(found: Copied, k: int, control: int, context: Context, n: int, facts: Mapping[str, Any]) -> Item:
    honest = control / n
    spread = 1.96 * float(np.sqrt(max(honest * (1 - honest), 0.25 / n) * 2 / n))
    estimate = Estimate(
        "near_repeats",
        k / n,
        max(honest - spread, 0.0),
        honest,
        min(honest + spread, 1.0),
        found.effect,
        found.low,
        found.high,
        len(context.real),
        len(context.synthetic),
        f"share of {n} synthetic rows under the ratio of distances that 1% of the real rows reach; MOVER interval",
        sampled=n < len(context.synthetic),
    )
    return Item(estimate, found.harm_low, found.harm_high, found.score, facts)
