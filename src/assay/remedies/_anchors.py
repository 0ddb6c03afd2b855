"""New rows made from few real ones: between an anchor and a near one of its kind, never a copy where that can be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.ground import replaced, written
from assay.data.scene import Scene
from assay.remedies._new_ids import new_ids
from assay.stats.rowhash import row_ids

NEAR = 5  # rows of the region that an anchor is paired with
MOST_PER_ANCHOR = 20
TRUST = 0.85  # 1 gives a region its full share, 0 gives its anchors the weight of rows; see `refilled`
HEAVY = 0.05  # share of the real rows from which a value is a state that lies between no two others, such as 0 of capital gain
FEW = 20  # different numbers up to which a column's values are states
SWAP = 0.5  # states that differ come from the neighbour with this chance times the neighbour's share in the row
DRAWS = 4
APART = 1e6  # squared distance between classes: neighbours are of the anchor's class while there are any


class _Grid(NamedTuple):
    """Values are ``origin`` plus whole multiples of ``step``; no grid where the step is 0."""

    origin: float
    step: float

    def snapped(self, values: np.ndarray) -> np.ndarray:
        """Give the nearest values of the grid."""
        return values if self.step == 0 else np.round(self.origin + np.round((values - self.origin) / self.step) * self.step, 9)


def apart(scene: Scene) -> Scene:
    """Give a scene of one row of each entity, of the real and of the synthetic, so that rows are independent."""
    rng = scene.rng("apart")
    kept: list[np.ndarray] = []
    for table in (scene.real, scene.synthetic):
        codes = entity_codes(table)
        order = np.arange(len(table)) if codes is None else rng.permutation(len(table))
        kept.append(order if codes is None else np.sort(order[np.unique(codes[order], return_index=True)[1]]))
    if len(kept[0]) == len(scene.real) and len(kept[1]) == len(scene.rows):
        return scene
    return Scene(scene.real.take(kept[0]), scene.rows.take(kept[1]), scene.seed, scene.error)


def kept_share(hits: float, rows: int) -> float:
    """Give the share of a region less one standard error: it was chosen for being large.

    Examples
    --------
    >>> kept_share(16, 300) * 300
    12.0
    """
    return float(max(hits - np.sqrt(hits), 0.0) / max(rows, 1))


def refilled(
    rows: Amended, real: Dataset, parts: np.ndarray, holds: np.ndarray, share: float, rng: np.random.Generator
) -> Amended:
    """Append rows to a region until it holds most of its share of all weight.

    Parameters
    ----------
    rows : Amended
        Synthetic rows.
    real : Dataset
        Real rows.
    parts : numpy.ndarray, shape (len(real),)
        How much of each real row belongs to the region, between 0 and 1; the anchors are those of more than 0.
    holds : numpy.ndarray of bool, shape (len(rows),)
        Synthetic rows of the region.
    share : float
        Of all weight that the region shall have, below 1.
    rng : numpy.random.Generator
        Draws.

    Notes
    -----
    With W the weight of all synthetic rows and w that of the region's, ``m = (share W - w) / (1 - share)`` is missing. As k
    anchors stand for it, and what they happen to be like would count m / k times, ``k (m / k)^.85`` is added where m is larger
    than k: full weight closed most of what a lost mode costs where labels there cannot be guessed from elsewhere, and did harm
    where they can; half of the weight did little of both. The weight stands on as many rows, 20 for each anchor at most; what is
    missing then is made up for by what each counts. Nothing is done with fewer than two anchors, or where the region has its
    share.
    """
    total = float(rows.weights.sum())
    missing = (share * total - float(rows.weights[holds].sum())) / (1.0 - share)
    anchors = np.flatnonzero(parts)
    if missing > len(anchors) > 0:
        missing = len(anchors) * (missing / len(anchors)) ** TRUST
    count = round(min(missing, MOST_PER_ANCHOR * len(anchors)))
    if len(anchors) < 2 or count < 1:
        return rows
    table = between(real, anchors, count, rng, parts[anchors].astype(np.float64))
    if not len(table):
        return rows
    return rows.joined(_with_names(table, rows.table, rng), np.full(len(table), missing / len(table)))


def between(real: Dataset, anchors: np.ndarray, count: int, rng: np.random.Generator, parts: np.ndarray | None = None) -> Dataset:
    """Make rows between anchors and their near ones.

    Parameters
    ----------
    real : Dataset
        Real rows; what a column's states and grid are is read from all.
    anchors : numpy.ndarray of int64
        Rows to start from, at least two.
    count : int
        Rows to make.
    rng : numpy.random.Generator
        Draws.
    parts : numpy.ndarray of float64, shape (anchors,), optional
        How often each anchor serves, in proportion, but for one; equally often by default.

    Notes
    -----
    Each row mixes an anchor a and one of the five nearest anchors b (of a's class, where there is one): numbers are
    ``a + u (b - a)`` with one u of a uniform distribution for all numbers of a row, so that sums and inequalities that both
    keep the new row keeps, too, and are put back on the column's grid. Levels, nulls and numbers that are states (one of 20 or
    fewer, or a value that 5% of the real rows have) are a's, or, with a chance of u / 2, b's; columns that determine one
    another change hands together. The class is a's. Rows that equal a real one are drawn again, and left
    out where they still do: there may be fewer rows than asked for, or none.

    References
    ----------
    Chawla, Bowyer, Hall and Kegelmeyer (2002), SMOTE: synthetic minority over-sampling technique, JAIR 16.
    """
    schema = real.schema
    codec = Codec(schema).fit(real)
    near = _near(codec, real.take(anchors))
    order = rng.permutation(len(anchors))
    reached = np.cumsum(np.ones(len(anchors)) if parts is None else parts[order])
    marks = (np.arange(count) + rng.random()) / count * reached[-1]
    turns = order[np.minimum(np.searchsorted(reached, marks, side="right"), len(order) - 1)]
    grids = {name: _grid(real.numbers(name)) for name in schema.modelled if _flows(real, name)}
    bundles = _bundles(codec, real, [name for name in schema.features if name not in grids])
    originals = codec.ordinal(real)
    made = real.take(anchors[turns])
    left = np.arange(count)
    for draw in range(DRAWS):
        first = turns[left]
        second = near[first, rng.integers(0, near.shape[1], len(left))]
        part = _mixed(real, anchors[first], anchors[second], grids, bundles, SWAP if draw == 0 else 1.0, rng)
        made = part if draw == 0 else _put(made, left, part)
        left = np.flatnonzero(_known(codec.ordinal(made), originals))
        if len(left) == 0:
            break
    return made.take(np.setdiff1d(np.arange(count), left)) if len(left) else made


def _near(codec: Codec, anchors: Dataset) -> np.ndarray:
    """Give the nearest other anchors of each, those of its class first, shape (anchors, 5 or fewer)."""
    points = codec.distance(anchors).astype(np.float64)
    norms = np.einsum("ij,ij->i", points, points)
    away = norms[:, None] + norms[None, :] - 2.0 * points @ points.T
    if codec.classes_:
        own = codec.labels(anchors)
        away += APART * (own[:, None] != own[None, :])
        mates = np.sum(own[:, None] == own[None, :], axis=1) - 1
    else:
        mates = np.full(len(points), len(points) - 1)
    np.fill_diagonal(away, np.inf)
    near = np.argsort(away, axis=1, kind="stable")[:, : min(NEAR, len(points) - 1)]
    usable = np.where(mates > 0, np.minimum(mates, near.shape[1]), near.shape[1])
    return np.take_along_axis(near, np.arange(near.shape[1])[None, :] % usable[:, None], axis=1)


def _flows(real: Dataset, name: str) -> bool:
    """Say whether a number may lie between two of its values."""
    if not real.schema.column(name).ordered:
        return False
    values = real.numbers(name)
    return len(np.unique(values[~np.isnan(values)])) > FEW


def _grid(values: np.ndarray) -> _Grid:
    """Find the widest grid of at most six decimals on which all values lie."""
    known = np.unique(values[~np.isnan(values)])
    if len(known) < 2 or float(np.abs(known).max()) > 1e12:
        return _Grid(0.0, 0.0)
    for digits in range(7):
        scaled = (known - known[0]) * 10.0**digits
        if float(np.abs(scaled).max()) > 2**52:
            break
        whole = np.round(scaled)
        if np.all(np.abs(scaled - whole) <= 1e-9 * np.maximum(np.abs(known) * 10.0**digits, 1.0)):
            return _Grid(float(known[0]), float(np.gcd.reduce(whole.astype(np.int64))) / 10.0**digits)
    return _Grid(0.0, 0.0)


def _bundles(codec: Codec, real: Dataset, names: list[str]) -> list[list[str]]:
    """Group columns of states of which one determines the other in the real rows, or by a rule."""
    codes = {name: row_ids([codec.ordinal(real, (name,))[:, 0]]) for name in names}
    group = {name: name for name in names}

    def join(first: str, second: str) -> None:
        old, new = group[second], group[first]
        for name in names:
            group[name] = new if group[name] == old else group[name]

    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            wide = int(codes[second].max()) + 1
            pairs = len(np.unique(codes[first] * wide + codes[second]))
            if pairs == max(int(codes[first].max()) + 1, wide) and min(int(codes[first].max()) + 1, wide) > 1:
                join(first, second)
    for rule in real.schema.constraints:
        bound = [name for name in rule.columns if name in group]
        for name in bound[1:]:
            join(bound[0], name)
    return [[name for name in names if group[name] == head] for head in dict.fromkeys(group.values())]


def _mixed(
    real: Dataset,
    first: np.ndarray,
    second: np.ndarray,
    grids: dict[str, _Grid],
    bundles: list[list[str]],
    swap: float,
    rng: np.random.Generator,
) -> Dataset:
    made = real.take(first)
    mix = rng.random(len(first))
    for name, grid in grids.items():
        values = real.numbers(name)
        state = np.isnan(values) | _heavy(values)
        here, there = values[first], values[second]
        fixed = state[first] | state[second]
        flowing = grid.snapped(np.where(fixed, 0.0, here + mix * np.where(fixed, 0.0, there - here)))
        chosen = np.where(rng.random(len(first)) < mix * swap, there, here)
        if np.any(chosen != here) or not fixed.all():
            made = written(made, name, np.where(fixed, chosen, flowing))
    for bundle in bundles:
        source = np.where(rng.random(len(first)) < mix * swap, second, first)
        for name in bundle:
            made = replaced(made, name, real.table.column(name).take(pa.array(source)).combine_chunks())
    return made


def _heavy(values: np.ndarray) -> np.ndarray:
    """Mark values that 5% of the rows have."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return times[place] >= max(HEAVY * len(values), 2)


def _known(made: np.ndarray, originals: np.ndarray) -> np.ndarray:
    """Mark rows that equal a real one in all modelled columns."""
    both = np.vstack([originals, made])
    if both.shape[1] == 0:
        return np.zeros(len(made), dtype=bool)
    ids = row_ids(list(both.T))
    return np.isin(ids[len(originals) :], ids[: len(originals)])


def _put(whole: Dataset, places: np.ndarray, part: Dataset) -> Dataset:
    """Give rows some of which are others."""
    order = np.arange(len(whole))
    order[places] = len(whole) + np.arange(len(places))
    both = pa.concat_tables([whole.table, part.table])
    return Dataset(both.take(pa.array(order)), whole.schema, name=whole.name)


def _with_names(table: Dataset, synthetic: Dataset, rng: np.random.Generator) -> Dataset:
    """Give rows ids of their own and texts of synthetic rows, so that nothing of a real row stands there."""
    for column in table.schema.columns:
        if column.name in table.schema.modelled:
            continue
        old = synthetic.table.column(column.name)
        if column.kind == "text" and column.name != table.schema.entity:
            cells = old.take(pa.array(rng.integers(0, len(synthetic), len(table)))).combine_chunks()
        else:
            cells = new_ids(old, len(table), table.table.column(column.name))
        table = replaced(table, column.name, cells)
    return table
