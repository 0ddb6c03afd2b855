"""One region of the rows is never made."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from assay.core.errors import NotApplicable
from assay.core.protocols import Damage
from assay.core.threads import one_thread
from assay.damage._columns import codes, drawn, levelled, numeric
from assay.damage._grid import half_width
from assay.data.ground import Ground, Planted

LEAST_SHARE = 0.15
MOST_LEVELS = 12
CLUSTERS = (5, 13)
CLUSTERED = 4_000
LEAST_CLUSTER = 0.02
FAR = 4.0
NAMED = 3
LEAST_ROWS = 200


class Region(NamedTuple):
    """A region that grows around a centre.

    Parameters
    ----------
    distance : numpy.ndarray of float64, shape (spare rows,)
        From the centre; infinite where a row can't lie in it.
    columns : tuple of str
        Columns that define it; empty where all numbers do.
    role : tuple of str
        The target, where the region lies within one class.
    words : str
        What it is.
    """

    distance: np.ndarray
    columns: tuple[str, ...]
    role: tuple[str, ...]
    words: str


class DropMode(Damage):
    """Leave out all rows of one region.

    Notes
    -----
    The region is drawn from three kinds, so that no one way of clustering finds them all: a box (a range of a number within one
    level of another column, or ranges of two numbers), the rows around the centre of a k-means cluster (numbers by their
    medians and spreads, 5 to 12 clusters), or the same within one class of the target. It grows around its centre until it
    holds its share of the rows. Rows left out are made up for by others. Columns at fault are the box's; for a cluster the
    three in which its rows lie furthest from the others, and the target if it is one class's.

    References
    ----------
    Che, Li, Jacob, Bengio and Li (2017), Mode regularized generative adversarial networks, ICLR.
    """

    harm = "a kind of row that reality has is never made"
    mechanism = "mode_drop"
    unit = "share of all rows that the region holds, all of which is lost"
    severities = (0.001, 0.003, 0.01, 0.02, 0.05, 0.1)
    harmless = 0.003
    material = 0.05
    harmless_because = "three rows in a thousand; the rows beside the hole are there; a tenth of the margin"
    material_because = (
        "one row in twenty is of a kind that the model has never seen and has to guess. 250 rows expected at 5,000 and none "
        "made, against a margin of one half of a region; coverage lost .05 against a margin of .03, half-width .012, error .004"
    )
    touches = "rows"

    def plant(self, ground: Ground, rng: np.random.Generator) -> Planted:
        """Plant it; see `assay.core.protocols.Damage.plant`."""
        if len(ground.spare) < LEAST_ROWS:
            raise NotApplicable(f"the table has {len(ground.spare):,} rows; a region takes {LEAST_ROWS:,}")
        shapes = (_box, _cluster, _class_cluster)
        for at in rng.permutation(len(shapes)):
            region = shapes[at](ground, rng)
            if region is not None:
                break
        else:
            raise NotApplicable("no two columns span a region: it takes two numbers, or a number and a column of a few levels")
        order = np.lexsort((rng.random(len(region.distance)), region.distance))
        gone = np.zeros(len(order), dtype=bool)
        gone[order[: round(self.severity * len(order))]] = True
        columns, words = region.columns, region.words
        if not columns:
            columns = _furthest(ground, order[: round(self.material * len(order))])
            words += f", furthest from the others in {' and '.join(map(repr, columns))},"
        return Planted(
            ground.real,
            ground.without(gone),
            ground.holdout,
            f"No row lies in {words} with {self.severity:.1%} of all rows.",
            columns + region.role,
        )


def _box(ground: Ground, rng: np.random.Generator) -> Region | None:
    """Draw a box of two columns around a random row."""
    names = numeric(ground)
    if not names:
        return None
    first = drawn(names, "50 different numbers or more", rng)
    others: list[tuple[str, int]] = [(name, -1) for name in names if name != first]
    for name in levelled(ground, most=MOST_LEVELS):
        own = codes(ground.spare, name)
        share = np.bincount(own[own >= 0], minlength=1) / len(own)
        others += [(name, int(level)) for level in np.flatnonzero((share >= LEAST_SHARE) & (share <= 1 - LEAST_SHARE))]
    if not others:
        return None
    second = str(rng.choice(list(dict.fromkeys(name for name, _ in others))))
    levels = [level for name, level in others if name == second]
    level = levels[rng.integers(len(levels))]
    values = ground.spare.numbers(first)
    if level < 0:
        distance = np.maximum(_from_one(values, rng), _from_one(ground.spare.numbers(second), rng))
        return Region(distance, (first, second), (), f"a box of {first!r} and {second!r}")
    within = np.where(codes(ground.spare, second) == level, values, np.nan)
    return Region(_from_one(within, rng), (first, second), (), f"a range of {first!r} within one level of {second!r}")


def _from_one(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give how many ranks, as a share, each value is away from a random one; infinite where there is none."""
    known = ~np.isnan(values)
    distance = np.full(len(values), np.inf)
    ranks = rankdata(values[known]) / known.sum()
    distance[known] = np.abs(ranks - ranks[rng.integers(len(ranks))])
    return distance


def _cluster(ground: Ground, rng: np.random.Generator) -> Region | None:
    """Draw one of the clusters of all rows."""
    return _around_a_centre(ground, np.arange(len(ground.spare)), (), "a cluster", rng)


def _class_cluster(ground: Ground, rng: np.random.Generator) -> Region | None:
    """Draw one of the clusters of one class."""
    target = ground.schema.target
    if target is None or ground.schema.task == "regression":
        return None
    own = codes(ground.spare, target)
    large = np.flatnonzero(np.bincount(own[own >= 0]) / len(own) >= LEAST_SHARE)
    if not len(large):
        return None
    rows = np.flatnonzero(own == rng.choice(large))
    return _around_a_centre(ground, rows, (target,), f"a cluster of one class of {target!r}", rng)


def _around_a_centre(
    ground: Ground, rows: np.ndarray, role: tuple[str, ...], words: str, rng: np.random.Generator
) -> Region | None:
    _, points = _scaled(ground)
    if points.shape[1] < 2:
        return None
    chosen = points[rng.permutation(rows)[:CLUSTERED]]
    count = min(int(rng.integers(*CLUSTERS)), len(np.unique(chosen, axis=0)))
    with one_thread():
        make: Any = KMeans
        found = make(count, n_init=1, max_iter=30, random_state=int(rng.integers(2**31 - 1))).fit(chosen)
    sizes = np.bincount(found.labels_, minlength=count) / len(chosen)
    large = np.flatnonzero(sizes >= min(LEAST_CLUSTER, sizes.max()))
    centre = found.cluster_centers_[rng.choice(large)]
    distance = np.full(len(points), np.inf)
    distance[rows] = np.sqrt(((points[rows] - centre) ** 2).sum(axis=1))
    return Region(distance, (), role, words)


def _scaled(ground: Ground) -> tuple[list[str], np.ndarray]:
    """Give numeric columns by their medians and spreads, far values drawn in and nulls in the middle, shape (rows, columns)."""
    names: list[str] = []
    columns: list[np.ndarray] = []
    for name in numeric(ground, distinct=10, heaviest=0.6):
        values = ground.spare.numbers(name)
        width = half_width(values)
        if width > 0:
            names.append(name)
            columns.append(np.nan_to_num(np.clip((values - np.nanmedian(values)) / width, -FAR, FAR)))
    return names, np.column_stack(columns) if columns else np.empty((len(ground.spare), 0))


def _furthest(ground: Ground, rows: np.ndarray) -> tuple[str, ...]:
    """Name the numeric columns in which some rows lie furthest from the others, in standard deviations within both."""
    names, points = _scaled(ground)
    inside = np.zeros(len(points), dtype=bool)
    inside[rows] = True
    gap = np.abs(points[inside].mean(axis=0) - points[~inside].mean(axis=0))
    spread = np.sqrt((points[inside].var(axis=0) + points[~inside].var(axis=0)) / 2)
    far = gap / np.maximum(spread, 1e-9)
    return tuple(names[at] for at in np.argsort(-far, kind="stable")[:NAMED])
