"""Columns one after another, each drawn from the leaves of randomised trees on those before."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pyarrow as pa

from assay.core.errors import UsageError
from assay.core.threads import one_thread
from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator
from assay.generators._determined import determined_scores, determiners, determines
from assay.generators._forest import DonorForest, Growth
from assay.generators._recode import level_scores, strongest, target_of
from assay.generators._settings import Names, Rule, Share, Whole

THREADS = 4
NEARLY_UNIQUE = 0.1  # distinct values per row from which an ordered column comes first


class TreeChain(TableGenerator):
    """Draw columns in turn, each from real donors in the leaf of a randomised tree on the columns before.

    Parameters
    ----------
    trees : int, default 10
        Trees per column; each cell asks one of them at random.
    subsample : float in (0, 1], default 0.5
        Share of rows that a tree chooses its splits on.
    features : float in (0, 1], default 0.7
        Share of the predictors tried at each split.
    leaf : int, default 20
        Least rows in a leaf. Smaller leaves copy rows, larger ones lose dependence.
    heavy : int, default 20
        Occurrences from which a number is kept as it is; rarer ones are moved towards the next donor.
    predictors : int, default 30
        Most columns a tree sees, the most strongly related ones.
    rows : int, default 100000
        Most rows a tree reads.
    first : tuple of str, default ()
        Columns to draw first, in this order, but after a column that determines them: conditions on them are then met at
        little cost.
    text : {'refuse', 'null'}, default 'refuse'
        What to do with free text columns.

    Attributes
    ----------
    order_ : tuple of str
        Columns in the order they are drawn: `first`, then numbers and dates with nearly as many values as rows, then by
        ascending number of levels, but a column that another one determines after that one.
    forests_ : dict of str to DonorForest
        The trees of each column.
    predictors_ : dict of str to tuple of str
        What each column's trees see.
    scores_ : dict of (str, str) to numpy.ndarray
        For a target column and a predictor with levels: the number that stands for each level.

    Notes
    -----
    The chain rule, p(x) = p(x1) p(x2 | x1) ..., with each factor an average of piecewise constant conditional distributions.
    Numbers are seen by rank. A predictor's levels are ordered by the target's mean rank, or for several classes along the
    first principal component of the table of class shares per level, both shrunk towards the whole for rare levels. Targets
    with more than 64 levels are told apart by what their levels mean for the columns before. Null is a donor like any other.

    A column that an earlier one determines in every real row (20 rows per level at least, on average) is looked up there, so
    that the rule holds in every synthetic row.

    Every row draws its donors by itself: donors spread evenly over a leaf would halve the error of marginals and pairs, but
    such a sample repeats the real one by quota and says nothing true about its own noise. A donor's number moves a random
    part of the way to the next donor of its leaf, on the column's own grid (integers stay integers), unless one is heavy.

    It cannot see what no split of one column at a time shows (parities), and nothing across rows. Values of columns with few
    levels are real ones; rows are new, but a rare level drawn is a real one.

    References
    ----------
    Reiter, J. P. (2005). Using CART to generate partially synthetic public use microdata. Journal of Official Statistics 21(3).
    Nowok, B., Raab, G. M., Dibben, C. (2016). synthpop: bespoke creation of synthetic data in R. Journal of Statistical
    Software 74(11).
    Geurts, P., Ernst, D., Wehenkel, L. (2006). Extremely randomized trees. Machine Learning 63.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from assay.data.dataset import Dataset
    >>> from assay.data.schema import Column, Schema
    >>> schema = Schema((Column("x", "numeric", "int64"), Column("c", "categorical", "string")))
    >>> real = Dataset(pa.table({"x": [1, 2, 3, 4] * 25, "c": ["a", "a", "b", "b"] * 25}), schema)
    >>> synthetic = TreeChain().fit(real, seed=0).sample(50, seed=1).table
    >>> all((x > 2) == (c == "b") for x, c in zip(synthetic["x"].to_pylist(), synthetic["c"].to_pylist()))
    True
    """

    rules: ClassVar[dict[str, Rule]] = {
        "trees": Whole(1),
        "subsample": Share(),
        "features": Share(),
        "leaf": Whole(1),
        "heavy": Whole(1),
        "predictors": Whole(1),
        "rows": Whole(1),
        "first": Names(),
        "text": TEXT,
    }

    def __init__(
        self,
        *,
        trees: int = 10,
        subsample: float = 0.5,
        features: float = 0.7,
        leaf: int = 20,
        heavy: int = 20,
        predictors: int = 30,
        rows: int = 100_000,
        first: tuple[str, ...] = (),
        text: str = "refuse",
    ) -> None:
        self.trees = trees
        self.subsample = subsample
        self.features = features
        self.leaf = leaf
        self.heavy = heavy
        self.predictors = predictors
        self.rows = rows
        self.first = first
        self.text = text

    def _learn(self, codes: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        self.order_ = self._order(codes)
        with one_thread(), ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
            learned = list(pool.map(lambda at: self._learn_one(at, codes), range(len(self.order_))))
        self.forests_ = dict(zip(self.order_, (part[0] for part in learned), strict=True))
        self.predictors_ = dict(zip(self.order_, (tuple(part[1]) for part in learned), strict=True))
        self.scores_ = {
            (name, predictor): scores
            for name, part in zip(self.order_, learned, strict=True)
            for predictor, scores in part[1].items()
            if scores is not None
        }

    def _order(self, codes: dict[str, np.ndarray]) -> tuple[str, ...]:
        for name in self.first:
            if name not in self.values_:
                self.schema_.column(name)
                raise UsageError(f"TreeChain.first must name modelled columns. Got {name!r}, an id, entity or text column.")

        def key(name: str) -> tuple[bool, int]:
            values = self.values_[name]
            unique = values.ordered and values.levels > NEARLY_UNIQUE * self.rows_
            return not unique, values.levels

        rest = sorted((name for name in self.values_ if name not in self.first), key=key)
        order = [*dict.fromkeys(self.first), *rest]
        moved = determiners(codes, self.values_, order, rest)
        for target, name in sorted(moved.items(), key=lambda pair: -self.values_[pair[1]].levels):
            if order.index(name) < order.index(target) or determines(codes[target], codes[name]):
                continue
            if target in self.first:  # the column that determines it moves up, else it moves down
                order.remove(name)
                order.insert(order.index(target), name)
            else:
                order.remove(target)
                order.insert(order.index(name) + 1, target)
        return tuple(order)

    def _learn_one(self, at: int, codes: dict[str, np.ndarray]) -> tuple[DonorForest, dict[str, np.ndarray | None]]:
        name, before = self.order_[at], self.order_[:at]
        if not before or self.values_[name].levels + np.count_nonzero(self.values_[name].counts[:2]) < 2:
            return DonorForest.alone(codes[name]), {}
        if rule := determiners(codes, self.values_, [name], before):
            return self._looked_up(codes, name, rule[name], at)
        wanted = target_of(codes[name], self.values_[name], [(codes[other], self.values_[other]) for other in before])
        scores: dict[str, np.ndarray | None] = {}
        matrix = np.empty((self.rows_, at), dtype=np.float32)
        for place, other in enumerate(before):
            values = self.values_[other]
            scores[other] = None if values.ordered else level_scores(codes[other], values.levels, wanted)
            matrix[:, place] = self._feature(codes[other], scores[other])
        chosen = strongest(matrix, wanted, self.predictors)
        matrix = np.ascontiguousarray(matrix[:, chosen]) if len(chosen) < at else matrix
        growth = Growth(self.trees, self.subsample, self.features, self.leaf, self.rows)
        forest = DonorForest.grow(matrix, wanted, codes[name], growth, self.seed_, at)
        return forest, {before[place]: scores[before[place]] for place in chosen}

    def _looked_up(
        self, codes: dict[str, np.ndarray], name: str, other: str, at: int
    ) -> tuple[DonorForest, dict[str, np.ndarray | None]]:
        """Grow one tree that tells all levels of the determining column apart."""
        known = self.values_[other]
        scores = None if known.ordered else determined_scores(codes[other], known.levels, codes[name])
        matrix = self._feature(codes[other], scores).astype(np.float32)[:, None]
        exact = Growth(trees=1, subsample=1.0, features=1.0, leaf=1, rows=self.rows_)
        return DonorForest.grow(matrix, codes[name].astype(np.float64), codes[name], exact, self.seed_, at), {other: scores}

    @staticmethod
    def _feature(positions: np.ndarray, scores: np.ndarray | None) -> np.ndarray:
        return positions if scores is None else scores[positions + 2]

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._continued({}, {}, self.order_, n, rng)

    def _continued(
        self,
        cells: Cells,
        positions: dict[str, np.ndarray],
        names: tuple[str, ...],
        n: int,
        rng: np.random.Generator,
        instead: DonorForest | None = None,
    ) -> Cells:
        """Draw columns in their order, given those before; `positions` gets their places in the support.

        `instead` stands for the forest of the very first column.
        """
        for name in names:
            forest = instead if instead is not None and name == self.order_[0] else self.forests_[name]
            matrix = np.empty((n, len(self.predictors_[name])), dtype=np.float32)
            for place, other in enumerate(self.predictors_[name]):
                matrix[:, place] = self._feature(positions[other], self.scores_.get((name, other)))
            donors = forest.draw(matrix, rng)
            cells[name], positions[name] = self._cells(name, donors.codes, donors.others, rng)
        return cells

    def _cells(self, name: str, codes: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> tuple[pa.Array, np.ndarray]:
        """Turn donors into cells, moved towards their neighbours where both are light."""
        values = self.values_[name]
        if values.numbers is None:
            return values.decode(codes), codes
        light = values.counts < self.heavy
        light[:2] = False
        others = np.where(light[codes + 2] & light[others + 2], others, codes)
        fraction = rng.random(len(codes))
        return values.decode(codes, others, fraction), codes + fraction * (others - codes)

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        """Draw the first column from donors that meet the condition, reject at the last one concerned, then go on."""
        end = 1 + max((self.order_.index(name) for name in condition.columns), default=-1)
        if end == 0:
            return self._draw(n, rng)
        donors = self.forests_[self.order_[0]].donors
        met = donors[self._allowed(self.order_[0], condition)[donors + 2]]
        first = DonorForest.alone(met) if met.size else None
        before, after = self.order_[:end], self.order_[end:]

        def prefix(count: int) -> Cells:
            positions: dict[str, np.ndarray] = {}
            cells = self._continued({}, positions, before, count, rng, first)
            return {**cells, **{f"{name}\x00": pa.array(position) for name, position in positions.items()}}

        drawn = self._rejected(n, condition, prefix)
        positions = {name: drawn[f"{name}\x00"].to_numpy() for name in before}
        return self._continued({name: drawn[name] for name in before}, positions, after, n, rng)

    def _state(self) -> dict[str, np.ndarray]:
        place = {name: at for at, name in enumerate(self.values_)}
        state = {"order": np.array([place[name] for name in self.order_], dtype=np.int64)}
        for name, forest in self.forests_.items():
            at = place[name]
            state |= {f"{at}.{field}": getattr(forest, field) for field in DonorForest.__slots__}
            state[f"{at}.predictors"] = np.array([place[other] for other in self.predictors_[name]], dtype=np.int64)
        return state | {f"{place[name]}.scores.{place[other]}": scores for (name, other), scores in self.scores_.items()}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        names = tuple(self.values_)
        self.order_ = tuple(names[at] for at in state["order"])
        self.forests_, self.predictors_, self.scores_ = {}, {}, {}
        for at, name in enumerate(names):
            self.forests_[name] = DonorForest(*(state[f"{at}.{field}"] for field in DonorForest.__slots__))
            self.predictors_[name] = tuple(names[other] for other in state[f"{at}.predictors"])
            for place, other in enumerate(names):
                if f"{at}.scores.{place}" in state:
                    self.scores_[name, other] = state[f"{at}.scores.{place}"]
