"""What axes learn from real rows once: levels, cuts, tails, modes, and how far a real row is from its nearest."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from assay.checking.cells import coarse_levels, coarse_numbers
from assay.core.errors import NotApplicable
from assay.core.seeds import spawn
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.lab.axes._view import View
from assay.stats.clusters import Axes, main_axes
from assay.stats.rowhash import row_digests

Made = TypeVar("Made")

PAIR_GROUPS, TRIPLE_GROUPS = 6, 3
TAIL, LEAST_BEYOND, LARGEST_TAIL = 0.01, 14, 0.05
MODES, ROWS_A_MODE, MODE_ROWS = 20, 50, 1_500
PAIR_COLUMNS, TRIPLE_COLUMNS = 60, 16


class Tail(NamedTuple):
    """One tail: its column's place among the ordered ones, side, threshold, median and the real rows' mean log excess."""

    place: int
    upper: bool
    point: float
    centre: float
    excess: float


class Groups(NamedTuple):
    """Which group each cell of a column belongs to, and each group's share of the real rows."""

    groups: np.ndarray
    shares: np.ndarray


class Frame:
    """Encodings and thresholds, from all real rows there are: those trained on and the sealed ones.

    Parameters
    ----------
    real, holdout : Dataset
        Both parts.
    size : int
        Rows of the tables that will be measured.
    seed : int
        For the clusters.

    Attributes
    ----------
    whole, training, sealed : View
        All real rows, those trained on, and the sealed ones.

    Notes
    -----
    Everything that says where to look (cuts, thresholds, clusters) comes from both parts together, so that a split of them at
    random is a fair split; what is compared are the measured rows and the sealed ones. Clusters alone come from half of the
    training rows.
    """

    def __init__(self, real: Dataset, holdout: Dataset, *, size: int, seed: int) -> None:
        self.schema = real.schema
        table = pa.concat_tables([real.table, holdout.table.cast(real.table.schema)])
        self.pool = Dataset(table, real.schema, name="real")
        self.size, self.seed = size, seed
        self._made: dict[str, Any] = {}
        self.whole = View(self, self.pool)
        self.training = self.whole.take(np.arange(len(real)))
        self.sealed = self.whole.take(np.arange(len(real), len(self.pool)))
        self.codec = Codec(real.schema).fit(self.pool)
        modelled = real.schema.modelled
        self.ordered_names = tuple(name for name in modelled if real.schema.column(name).ordered)
        self.level_names = tuple(name for name in modelled if not real.schema.column(name).ordered)
        self.features = tuple(name for name in modelled if name != real.schema.target)
        matrix = self.codec.ordinal(self.pool)
        places = {name: at for at, name in enumerate(modelled)}
        self._ordered = [places[name] for name in self.ordered_names]
        self._levelled = [places[name] for name in self.level_names]
        self._features = [places[name] for name in self.features]
        numbers = matrix[:, self._ordered]
        self.centres, self.scales = _centres(numbers)
        self.numbers_known = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in numbers.T], dtype=bool)
        self.level_shares = {
            name: np.bincount(_cells(matrix[:, places[name]], len(self.codec.levels_[name])), minlength=self._width(name))
            / len(matrix)
            for name in self.level_names
        }
        self._uniques = {name: np.unique(column[~np.isnan(column)]) for name, column in zip(modelled, matrix.T, strict=True)}
        self._pair_groups = [self._grouped(name, matrix[:, places[name]], PAIR_GROUPS) for name in modelled]
        self._triple_groups = [self._grouped(name, matrix[:, places[name]], TRIPLE_GROUPS) for name in modelled]
        self.pair_names = self._first(tuple(n for n, g in zip(modelled, self._pair_groups, strict=True) if len(g.shares) > 1))
        self.triple_names = self._strongest(
            tuple(name for name in self.pair_names if len(self._triple_groups[places[name]].shares) > 1)
        )
        self.tails = tuple(tail for at in range(len(self._ordered)) for tail in self._tails(at, numbers[:, at]))

    def keep(self, name: str, make: Callable[[], Made]) -> Made:
        """Learn something from the real rows once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def ordinal(self, view: View) -> np.ndarray:
        """Codes of all modelled columns, shape (rows, columns)."""
        return self.codec.ordinal(view.dataset)

    def inputs(self, view: View) -> np.ndarray:
        """Codes of all columns but the target, shape (rows, features)."""
        return view.get("ordinal")[:, self._features]

    def numbers(self, view: View) -> np.ndarray:
        """Ordered columns about the real median in units of the real range, shape (rows, numbers), NaN where null."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.clip((view.get("ordinal")[:, self._ordered] / 2 - self.centres / 2) / self.scales * 2, -1e6, 1e6)

    def levels(self, view: View) -> np.ndarray:
        """Cell of each levelled column, shape (rows, columns): levels by frequency, then unseen, then null."""
        codes = view.get("ordinal")[:, self._levelled]
        cells = [_cells(codes[:, at], len(self.codec.levels_[name])) for at, name in enumerate(self.level_names)]
        return np.stack(cells, axis=1) if cells else np.zeros((len(codes), 0), dtype=np.int64)

    def near(self, view: View) -> np.ndarray:
        """Rows in a space where distance means difference, float32, shape (rows, d)."""
        return self.codec.distance(view.dataset)

    def squashed(self, view: View) -> np.ndarray:
        """Standardised and squashed ordered columns, 0 where null, shape (rows, numbers)."""
        starts = self.codec.places()
        return view.get("near")[:, [starts[name].start for name in self.ordered_names]].astype(np.float64)

    def labels(self, view: View) -> np.ndarray:
        """Target: class codes, or numbers."""
        return self.codec.labels(view.dataset)

    def digests(self, view: View) -> np.ndarray:
        """One number a row, equal for rows that agree in every modelled column."""
        if not self.schema.modelled:
            raise NotApplicable("no column is modelled, so no two rows can be compared")
        return row_digests(list(view.get("ordinal").T))

    def beyond(self, view: View) -> np.ndarray:
        """Which rows lie beyond each tail's threshold, bool of shape (rows, tails)."""
        columns = view.get("ordinal")[:, self._ordered]
        flags = [columns[:, t.place] > t.point if t.upper else columns[:, t.place] < t.point for t in self.tails]
        return np.stack(flags, axis=1) if flags else np.zeros((len(columns), 0), dtype=bool)

    def excesses(self, view: View) -> np.ndarray:
        """Log excess of the rows beyond each threshold in units of the real mean one, 0 elsewhere, shape (rows, tails)."""
        columns, flags = view.get("ordinal")[:, self._ordered], view.get("beyond")
        found = np.zeros(flags.shape)
        for at, tail in enumerate(self.tails):
            rows = flags[:, at]
            width = abs(tail.point / 2 - tail.centre / 2)
            found[rows, at] = (np.log(np.abs(columns[rows, tail.place] / 2 - tail.centre / 2)) - np.log(width)) / tail.excess
        return found

    def pair_features(self, view: View) -> np.ndarray:
        """Scaled indicators of groups, for pairs."""
        return self._indicators(view, self._pair_groups, self.pair_names)

    def triple_features(self, view: View) -> np.ndarray:
        """Scaled indicators of few groups, for triples."""
        return self._indicators(view, self._triple_groups, self.triple_names)

    def slices(self, kind: str) -> list[slice]:
        """Give the columns of `pair_features` or `triple_features` that each column takes."""
        groups, names = (self._pair_groups, self.pair_names) if kind == "pair" else (self._triple_groups, self.triple_names)
        widths = [len(groups[self.schema.modelled.index(name)].shares) for name in names]
        ends = np.cumsum(widths)
        return [slice(int(end) - width, int(end)) for end, width in zip(ends, widths, strict=True)]

    def group_of(self, view: View, name: str) -> tuple[np.ndarray, int]:
        """Give the group of each row in one column, at most seven of them, and their number."""
        at = self.schema.modelled.index(name)
        groups = self._pair_groups[at]
        return groups.groups[self._cells_of(name, view.get("ordinal")[:, at])], len(groups.shares)

    def modes(self, view: View) -> np.ndarray:
        """Nearest cluster of real rows and the ratio of the distances to the nearest and the second, shape (rows, 2).

        Raises
        ------
        NotApplicable
            If the rows that clusters are made of are all alike.
        """
        axes, centres = self.keep("clusters", self._cluster)
        if len(centres) < 2:
            raise NotApplicable("the real rows that clusters are made of are all alike")
        points = axes.place(view.get("near")).astype(np.float64)
        squares = np.maximum((points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1), 0.0)
        nearest = np.partition(squares, 1, axis=1)[:, :2]
        ratio = np.sqrt(nearest[:, 0] / np.maximum(nearest[:, 1], 1e-30))
        return np.stack([squares.argmin(axis=1).astype(np.float64), ratio], axis=1)

    @property
    def mode_count(self) -> int:
        """Number of clusters; 0 where there are too few rows."""
        return min(MODES, self._mode_rows // ROWS_A_MODE)

    @property
    def _mode_rows(self) -> int:
        return min(MODE_ROWS, len(self.training) // 2)

    def _cluster(self) -> tuple[Axes, np.ndarray]:
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        # rows that k-means has seen lie closer to its centres than others: sealed rows must be as new to it as measured ones
        rng = spawn(self.seed, "axes", "modes")
        near = self.training.get("near")[rng.permutation(len(self.training))[: self._mode_rows]]
        axes = main_axes(near)
        some = axes.place(near)
        number = min(self.mode_count, len(np.unique(some, axis=0)))
        make: Any = KMeans
        found = make(number, n_init=1, max_iter=20, random_state=int(rng.integers(2**31 - 1)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters: some coincide
            found.fit(some)
        return axes, np.asarray(found.cluster_centers_, dtype=np.float64)

    def _width(self, name: str) -> int:
        return len(self.codec.levels_[name]) + 2

    def _grouped(self, name: str, column: np.ndarray, most: int) -> Groups:
        cells = self._cells_of(name, column)
        if name not in self.codec.levels_ and not len(self._uniques[name]):
            return Groups(np.zeros(1, dtype=np.int64), np.ones(1))
        if name in self.codec.levels_:
            shares = np.bincount(cells, minlength=self._width(name)) / len(column)
            groups = coarse_levels(shares, most)
        else:
            shares = np.bincount(cells, minlength=len(self._uniques[name]) + 1) / len(column)
            groups = coarse_numbers(shares, most)
        mass = np.bincount(groups, weights=shares)
        if (mass <= 0).any():  # groups without a real row join the first
            renumbered = np.maximum(np.cumsum(mass > 0) - 1, 0)
            groups = np.where(mass[groups] > 0, renumbered[groups], 0)
            mass = mass[mass > 0]
        return Groups(groups, mass)

    def _cells_of(self, name: str, column: np.ndarray) -> np.ndarray:
        if name in self.codec.levels_:
            return _cells(column, len(self.codec.levels_[name]))
        uniques = self._uniques[name]
        if not len(uniques):
            return np.zeros(len(column), dtype=np.int64)
        cells = np.maximum(np.searchsorted(uniques, column, side="right") - 1, 0)
        return np.where(np.isnan(column), len(uniques), cells)

    def _indicators(self, view: View, grouped: list[Groups], names: tuple[str, ...]) -> np.ndarray:
        """Give indicators over the root of the group's share, so that squared moments of pairs are Tschuprow's T squared."""
        matrix = view.get("ordinal")
        parts = []
        for name in names:
            at = self.schema.modelled.index(name)
            groups = grouped[at]
            own = groups.groups[self._cells_of(name, matrix[:, at])]
            weights = (len(groups.shares) - 1) ** -0.25 / np.sqrt(groups.shares)
            parts.append((own[:, None] == np.arange(len(groups.shares))) * weights)
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(matrix), 0))

    def _first(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Take the first columns, and the target wherever it stands, in their order."""
        ranked = sorted(names, key=lambda name: name != self.schema.target)[:PAIR_COLUMNS]
        return tuple(name for name in names if name in ranked)

    def _strongest(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Choose the columns of triples: all, or the target and those that depend most on the others."""
        if len(names) <= TRIPLE_COLUMNS:
            return names
        features = self._indicators(self.whole, self._triple_groups, names)
        features = features - features.mean(axis=0)
        squares = (features.T @ features / len(features)) ** 2
        starts = np.cumsum([0, *(len(self._triple_groups[self.schema.modelled.index(name)].shares) for name in names)])[:-1]
        blocks = np.add.reduceat(np.add.reduceat(squares, starts, axis=0), starts, axis=1)
        strength = blocks.sum(axis=1) - np.diag(blocks)
        if self.schema.target in names:
            strength[names.index(self.schema.target)] = np.inf
        chosen = np.sort(np.argsort(-strength, kind="stable")[:TRIPLE_COLUMNS])
        return tuple(names[at] for at in chosen)

    def _tails(self, place: int, column: np.ndarray) -> list[Tail]:
        """Find the tails of a column: at most 1% of all rows (or 14) beyond a value, at least 14 and a tenth of that 1%."""
        known = np.sort(column[~np.isnan(column)])
        rows, found = len(column), list[Tail]()
        if len(known) < LEAST_BEYOND / LARGEST_TAIL:
            return found
        centre = float(known[len(known) // 2])
        most = max(int(TAIL * rows * 1.02 + 1), LEAST_BEYOND)
        for upper in (True, False):
            ranked = known[::-1] if upper else known
            point = float(ranked[min(most, len(ranked) - 1)])
            beyond = known[known > point] if upper else known[known < point]
            width = point / 2 - centre / 2 if upper else centre / 2 - point / 2
            if len(beyond) < max(LEAST_BEYOND, 0.1 * TAIL * rows) or width <= np.finfo(np.float64).tiny:
                continue
            excess = float(np.mean(np.log(np.abs(beyond / 2 - centre / 2)) - np.log(width)))
            found.append(Tail(place, upper, point, centre, max(excess, 1e-9)))
        return found


def _cells(codes: np.ndarray, levels: int) -> np.ndarray:
    """Give levels as they are, then unseen ones, then null."""
    return np.where(np.isnan(codes), levels + 1, np.nan_to_num(codes)).astype(np.int64)


def _centres(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    centres, scales = np.zeros(numbers.shape[1]), np.ones(numbers.shape[1])
    for at, column in enumerate(numbers.T):
        known = column[~np.isnan(column)]
        if len(known):
            centres[at] = np.median(known)
            reach = np.abs(known / 2 - centres[at] / 2).max() * 2
            scales[at] = reach if reach > 0 else 1.0
    return centres, scales
