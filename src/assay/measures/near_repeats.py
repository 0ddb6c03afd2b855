"""Near repeats: synthetic rows that are each other's copies with a little noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.data.codec import Codec
from assay.measures._copies import Copied, copied, share_item
from assay.measures._neighbours import draw
from assay.measures._neighbours import near as near_rows
from assay.measures._rows import rows
from assay.stats.neighbours import QUERY_BLOCK, References

RATE = 0.01
WIDEST = 0.5
MOST_QUERIES = 2_000
LEAST_ROWS = 100
ONE_CLASS = 0.8
EVEN = 1.1  # tables this near in size need no cut: nearest distances go with a small power of it
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
    of the real rows have one. Where the tables differ by more than a tenth in size, references are cut to the smallest; at most
    2,000 rows ask. Exact repeats are one row here: `duplicate_rows` counts them.

    What it cannot see: repeats with noise as large as the distance between neighbours, and which row came first.

    References
    ----------
    Lowe (2004), Distinctive image features from scale-invariant keypoints, IJCV 60 (ratio of distances).
    """

    question: ClassVar[str] = "Does the synthetic table repeat its own rows with a little noise?"
    family: ClassVar[str] = "rules"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    needs: ClassVar[frozenset[str]] = frozenset({"holdout"})
    whole: ClassVar[tuple[str, ...]] = ("synthetic",)
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
        kinds = {"real": same.real, "synthetic": same.synthetic, "holdout": same.holdout}
        first = {name: np.sort(np.unique(ids, return_index=True)[1]) for name, ids in kinds.items()}
        if min(len(part) for part in first.values()) < LEAST_ROWS:
            raise NotApplicable(f"near repeats need at least {LEAST_ROWS} different rows in each table.")
        found = _nearest(context, first)
        honest, suspect = _ratio(found.real, found.real_holdout), _ratio(found.synthetic, found.synthetic_real)
        threshold = min(float(np.quantile(honest, RATE, method="lower")), WIDEST)
        # Rows drawn too densely are nearer to each other throughout; most rows say by how much, and that is taken out.
        dense = float(np.clip(np.quantile(suspect, USUAL) / max(np.quantile(honest, USUAL), 1e-12), DENSEST, 1.0))
        # A group of rows that stands apart from reality is far from it without being near to each other.
        close = float(np.quantile(found.real, CLOSE))
        near = (suspect <= threshold * dense) & (found.synthetic <= close)
        context.share("near_repeats rows", lambda: (found.asked, near))  # for who repairs them
        facts: dict[str, Any] = {"threshold": float(f"{threshold:.2g}"), "code": "DUP03"}
        facts |= _one_class(context, codec, found.asked, near)
        k, control = int(near.sum()), int(((honest <= threshold) & (found.real <= close)).sum())
        asked, control_rows = len(near), len(honest)
        item = _item(copied(k, asked, control, control_rows, 1.0, context.alpha), k, control, context, asked, control_rows, facts)
        return Evidence((Family("near_repeats", (item,)),))

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


class _Nearest(NamedTuple):
    """Distances of different rows to the nearest other row of their own table and to that of another, and which rows asked."""

    real: np.ndarray
    real_holdout: np.ndarray
    synthetic: np.ndarray
    synthetic_real: np.ndarray
    asked: np.ndarray


def _nearest(context: Context, first: Mapping[str, np.ndarray]) -> _Nearest:
    """Take what other measures searched where the table asked is no larger than the others, and search the rest."""
    known = near_rows(context)
    assert known.real_holdout is not None
    size = min(len(part) for part in first.values())
    at: dict[str, np.ndarray] = {}
    rows_of = {"real": known.real_queries, "synthetic": known.synthetic_queries}
    for own, queries in rows_of.items():
        different = np.flatnonzero(np.isin(queries, first[own]))
        chosen = draw(_matrix(context, own)[queries[different]], MOST_QUERIES, context.rng("near_repeats", "queries", own))
        at[own] = different[chosen]
    found = {"real_holdout": known.real_holdout, "real_real": known.real_real, "synthetic_real": known.synthetic_real}
    references: dict[str, tuple[References, np.ndarray]] = {}
    pairs = [("real", "real"), ("real", "holdout"), ("synthetic", "synthetic"), ("synthetic", "real")]
    distances: list[np.ndarray] = []
    for own, other in pairs:
        asked = rows_of[own][at[own]]
        if f"{own}_{other}" in found and len(first[other]) <= EVEN * size:
            distances.append(found[f"{own}_{other}"][at[own], 0])
            continue
        if other not in references:
            references[other] = _references(context, other, first[other], size)
        pool, kept = references[other]
        itself = None
        if own == other:
            place = np.minimum(np.searchsorted(kept, asked), len(kept) - 1)
            itself = np.where(kept[place] == asked, place, -1)
        distances.append(_search(context, pool, _matrix(context, own)[asked], itself))
    return _Nearest(distances[0], distances[1], distances[2], distances[3], rows_of["synthetic"][at["synthetic"]])


def _references(context: Context, name: str, every: np.ndarray, size: int) -> tuple[References, np.ndarray]:
    """Give a table's different rows to be found, cut to `size` where there are far more, and where they stand."""
    matrix = _matrix(context, name)
    if len(every) > EVEN * size:
        kept = every[draw(matrix[every], size, context.rng("near_repeats", name))]
        return References(matrix[kept]), kept
    whole = context.share(f"references:{name}", lambda: References(matrix[every]))
    # those of other measures lack the columns that are the same in all rows
    return (whole if whole.width == matrix.shape[1] else References(matrix[every])), every


def _matrix(context: Context, name: str) -> np.ndarray:
    codec: Codec = context.share("codec", lambda: Codec(context.schema).fit(context.real))
    return context.share(f"distance:{name}", lambda: codec.distance(getattr(context, name)))


def _search(context: Context, references: References, queries: np.ndarray, itself: np.ndarray | None) -> np.ndarray:
    """Give the distance to the nearest reference that is not the query itself."""
    parts = [slice(start, start + QUERY_BLOCK) for start in range(0, len(queries), QUERY_BLOCK)]
    tasks = [(references, queries[part], 1, None if itself is None else itself[part]) for part in parts]
    return np.concatenate([distances[:, 0] for distances, _ in context.map(References.nearest, tasks)])


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


def _item(found: Copied, k: int, control: int, context: Context, n: int, n_real: int, facts: Mapping[str, Any]) -> Item:
    return share_item(
        "near_repeats",
        found,
        seen=k / n,
        honest=control / n_real,
        n=n,
        n_control=n_real,
        rows=(len(context.real), len(context.synthetic)),
        method=f"share of {n} synthetic rows under the ratio of distances that 1% of the real rows reach; MOVER interval",
        facts=facts,
        sampled=n < len(context.synthetic),
    )
