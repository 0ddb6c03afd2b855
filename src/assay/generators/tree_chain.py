"""Columns one after another, each drawn from the leaves of randomised trees on those before."""

# pyarrow makes its compute functions at import, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.core.errors import UsageError
from assay.core.threads import one_thread
from assay.data.where import Condition
from assay.generators._base import TEXT, Cells, TableGenerator
from assay.generators._copies import Copies
from assay.generators._determined import determined_scores, determiners, determines
from assay.generators._forest import DonorForest, Growth
from assay.generators._invariants import Invariants
from assay.generators._kept import rules_kept
from assay.generators._law import Law, matrix_of
from assay.generators._packed import packed, unpacked
from assay.generators._recode import level_scores, strongest, target_of
from assay.generators._relations import place_of, repeated, smeared
from assay.generators._settings import Names, Rule, Share, Whole

THREADS = 4
LEVEL_ROWS = 20  # rows per value, on average, from which a column's numbers are kept as levels are
MOST_CLASSES = 10  # of a target by which leaves are cut
REDRAWS = 8  # times that a cell which breaks a rule is drawn again


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
    leaf : int, default 10
        Least rows of the subsample in a leaf. Smaller leaves copy rows, larger ones lose dependence.
    heavy : int, default 10
        Occurrences from which a number is kept as it is; a rarer one becomes any value, real or between two real ones, in the
        window of as many rows around it.
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
        Columns in the order they are drawn: `first`, then a target of at most 10 classes, then by ascending number of levels,
        but a column that another one determines after that one.
    laws_ : dict of str to Law
        The trees of each column, what they see, and the columns whose numbers it repeats.
    invariants_ : Invariants
        Inequalities and sums that every real row keeps.
    copies_ : Copies
        How rows drawn that equal a real one are thinned.

    Notes
    -----
    The chain rule, p(x) = p(x1) p(x2 | x1) ..., with each factor an average of piecewise constant conditional distributions.
    Numbers are told apart by rank, and by flags for null and for values that 2% of the rows have. A predictor's levels are
    ordered by the target's mean rank, or for several classes along the first principal component of the table of class shares
    per level, both shrunk towards the whole for rare levels. Targets with more than 64 levels are told apart by what their
    levels mean for the columns before. Null is a donor like any other.

    Of a leaf's donors only those of the row's own class of the target count where there are at least 3: labels stay tied to
    what few splits show.

    Rules of all real rows hold in all synthetic ones. A column that an earlier one determines (20 rows per level at least, on
    average) is looked up there. Inequalities and sums are those that `assay.data.constraints.mine` finds and those of the schema
    that no real row breaks: what breaks one is drawn again, at most 8 times, then set to the nearest value that keeps it, and of
    a sum's columns the last is computed. Grids are kept as values are made on the column's own grid. A number that repeats an
    earlier column's in .5% of the rows or more (a bill paid in full) is repeated as often.

    Every row draws its donors by itself: donors spread evenly over a leaf would halve the error of marginals and pairs, but
    such a sample repeats the real one by quota and says nothing true about its own noise. Numbers are moved by their rank among
    all rows, on the column's own grid (integers stay integers); where a column has 20 rows per value on average they stay.

    It cannot see what no split of one column at a time shows (parities), and nothing across rows. Values of columns with few
    levels are real ones. Rows that equal a real one are thinned to the rate at which real rows have a twin.

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
        leaf: int = 10,
        heavy: int = 10,
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
        self.invariants_ = rules_kept(self.order_, self.schema_, self.values_, codes, self.rows_)
        classes = self._classes(codes)
        with one_thread(), ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1)) as pool:
            learned = list(pool.map(lambda at: self._learn_one(at, codes, classes), range(len(self.order_))))
        self.laws_ = dict(zip(self.order_, learned, strict=True))
        names = [name for name in self.values_ if self.values_[name].levels]
        self.copies_ = Copies.none()
        if names:
            self.copies_ = Copies.learn(codes, self.values_, lambda n: self._continued({}, {}, self.order_, n, rng), names)

    def _order(self, codes: dict[str, np.ndarray]) -> tuple[str, ...]:
        for name in self.first:
            if name not in self.values_:
                self.schema_.column(name)
                raise UsageError(f"TreeChain.first must name modelled columns. Got {name!r}, an id, entity or text column.")
        classed = self._target_states is not None
        rest = [name for name in self.values_ if name not in self.first]
        rest.sort(key=lambda name: (not (classed and name == self.schema_.target), self.values_[name].levels))
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

    @property
    def _target_states(self) -> np.ndarray | None:
        """Codes of the target's classes, null among them; None where there is no target or it has too many."""
        values = self.values_.get(self.schema_.target or "")
        if values is None or self.schema_.task == "regression":
            return None
        states = np.flatnonzero(values.counts) - 2
        return states if 2 <= len(states) <= MOST_CLASSES else None

    def _classes(self, positions: Mapping[str, np.ndarray]) -> np.ndarray | None:
        states = self._target_states
        return None if states is None else np.searchsorted(states, positions[str(self.schema_.target)]).astype(np.int64)

    def _learn_one(self, at: int, codes: dict[str, np.ndarray], classes: np.ndarray | None) -> Law:
        name, before = self.order_[at], self.order_[:at]
        if not before or self.values_[name].levels + np.count_nonzero(self.values_[name].counts[:2]) < 2:
            return Law(DonorForest.alone(codes[name]), {})
        if rule := determiners(codes, self.values_, [name], before):
            return self._looked_up(codes, name, rule[name], at)
        values = self.values_[name]
        wanted = target_of(codes[name], values, [(codes[other], self.values_[other]) for other in before])
        kept = codes[name]
        found = [] if self.invariants_.fixes(name) else repeated(name, before, codes, self.values_)
        for place, (_, rows) in enumerate(found):
            wanted = np.column_stack([wanted, rows.astype(np.float64)])
            kept = np.where(rows, values.levels + place, kept).astype(np.int32)
        scores, matrix = self._seen(before, codes, wanted)
        growth = Growth(self.trees, self.subsample, self.features, self.leaf, self.rows)
        cut = classes if self.schema_.target in before else None
        forest = DonorForest.grow(matrix, wanted, kept, growth, self.seed_, at, classes=cut)
        return Law(forest, scores, tuple(other for other, _ in found))

    def _seen(
        self, names: Sequence[str], codes: dict[str, np.ndarray], wanted: np.ndarray
    ) -> tuple[dict[str, np.ndarray | None], np.ndarray]:
        """Give the predictors most strongly related to a target, with what stands for their levels, and their matrix."""
        scores = {
            other: None if self.values_[other].ordered else level_scores(codes[other], self.values_[other].levels, wanted)
            for other in names
        }
        matrix = matrix_of(scores, codes, self.rows_)
        chosen = strongest(matrix, wanted, self.predictors)
        kept = {names[place]: scores[names[place]] for place in chosen}
        return kept, np.ascontiguousarray(matrix[:, chosen]) if len(chosen) < len(names) else matrix

    def _looked_up(self, codes: dict[str, np.ndarray], name: str, other: str, at: int) -> Law:
        """Grow one tree that tells all levels of the determining column apart."""
        known = self.values_[other]
        scores = {other: None if known.ordered else determined_scores(codes[other], known.levels, codes[name])}
        exact = Growth(trees=1, subsample=1.0, features=1.0, leaf=1, rows=self.rows_)
        matrix = matrix_of(scores, codes, self.rows_)
        forest = DonorForest.grow(matrix, codes[name].astype(np.float64), codes[name], exact, self.seed_, at)
        return Law(forest, scores, exact=True)

    def _draw(self, n: int, rng: np.random.Generator) -> Cells:
        return self._thinned(lambda count: self._continued({}, {}, self.order_, count, rng), n, rng)

    def _thinned(self, draw: Callable[[int], Cells], n: int, rng: np.random.Generator) -> Cells:
        names = [name for name in self.values_ if self.values_[name].levels]
        return self.copies_.thinned(draw, n, self.values_, names, rng)

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
        numbers = {name: self.invariants_.numbers(name, cells[name]) for name in cells if name in self.invariants_.names}
        classes = self._classes(positions) if self.schema_.target in positions else None
        for name in names:
            law = self.laws_[name]
            if instead is not None and name == self.order_[0]:
                law = Law(instead, {})
            matrix = matrix_of(law.predictors, positions, n)
            codes = law.forest.draw(matrix, rng, classes)
            cells[name], positions[name] = self._cells(name, law, codes, cells, rng)
            if name in self.invariants_.names:
                self._mend(name, law, matrix, classes, cells, positions, numbers, rng)
            if name == self.schema_.target:
                classes = self._classes(positions) if self._target_states is not None else None
        return cells

    def _cells(
        self, name: str, law: Law, codes: np.ndarray, cells: Cells, rng: np.random.Generator
    ) -> tuple[pa.Array, np.ndarray]:
        """Turn donors into cells: numbers that repeat another column's, and rare ones moved among their neighbours."""
        values = self.values_[name]
        if values.numbers is None or law.exact or values.levels * LEVEL_ROWS <= self.rows_:
            return values.decode(codes), codes
        own = np.where(codes < values.levels, codes, -1)
        place = smeared(own, values, self.heavy, rng)
        low = np.floor(place).astype(np.int64)
        out = values.decode(low, np.minimum(low + 1, np.where(low < 0, low, values.levels - 1)), place - low)
        for at, other in enumerate(law.repeats):
            same = codes == values.levels + at
            if same.any():
                copied = cells[other].filter(pa.array(same))
                out = pc.replace_with_mask(out, pa.array(same), copied)
                place[same] = place_of(copied, values)
        return out, place

    def _mend(
        self,
        name: str,
        law: Law,
        matrix: np.ndarray,
        classes: np.ndarray | None,
        cells: Cells,
        positions: dict[str, np.ndarray],
        numbers: dict[str, np.ndarray],
        rng: np.random.Generator,
    ) -> None:
        """Draw again what breaks a rule, take the nearest value that keeps it where that does not help, and compute sums."""
        rules, values = self.invariants_, self.values_[name]
        bounds = rules.bounds(name, numbers)
        for again in range(REDRAWS + 1 if bounds else 0):
            assert bounds is not None
            drawn = rules.numbers(name, cells[name])
            bad = (drawn < bounds[0]) | (drawn > bounds[1])
            if not bad.any():
                break
            if again < REDRAWS:
                codes = law.forest.draw(matrix[bad], rng, None if classes is None else classes[bad])
                some = {other: cells[other].filter(pa.array(bad)) for other in law.repeats}
                new, place = self._cells(name, law, codes, some, rng)
            else:
                place = rules.nearest(name, bounds[0][bad], bounds[1][bad])
                new = values.decode(place)
            cells[name] = pc.replace_with_mask(cells[name], pa.array(bad), new)
            positions[name] = positions[name].astype(np.float64)
            positions[name][bad] = place
        if rules.fixes(name):
            cells[name] = rules.total(name, cells[name], numbers)
            known = cells[name].is_valid().to_numpy(zero_copy_only=False)
            positions[name] = positions[name].astype(np.float64)
            positions[name][known] = place_of(cells[name].drop_null(), values)
        numbers[name] = rules.numbers(name, cells[name])

    def _draw_where(self, n: int, condition: Condition, rng: np.random.Generator) -> Cells:
        """Draw the first column from donors that meet the condition, reject at the last one concerned, then go on."""
        end = 1 + max((self.order_.index(name) for name in condition.columns), default=-1)
        if end == 0:
            return self._draw(n, rng)
        donors = self.laws_[self.order_[0]].forest.donors
        met = donors[self._allowed(self.order_[0], condition)[donors + 2]]
        first = DonorForest.alone(met) if met.size else None
        before, after = self.order_[:end], self.order_[end:]

        def prefix(count: int) -> Cells:
            positions: dict[str, np.ndarray] = {}
            cells = self._continued({}, positions, before, count, rng, first)
            return {**cells, **{f"{name}\x00": pa.array(position) for name, position in positions.items()}}

        def draw(count: int) -> Cells:
            drawn = self._rejected(count, condition, prefix)
            positions = {name: drawn[f"{name}\x00"].to_numpy() for name in before}
            return self._continued({name: drawn[name] for name in before}, positions, after, count, rng)

        return self._thinned(draw, n, rng)

    def _state(self) -> dict[str, np.ndarray]:
        state = packed(self.order_, tuple(self.values_), self.laws_, self.invariants_)
        return state | {"copies.digests": self.copies_.digests, "copies.kept": np.array(self.copies_.kept)}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        columns = {name: self.schema_.column(name) for name in self.values_}
        self.order_, self.laws_, found = unpacked(state, tuple(self.values_))
        self.copies_ = Copies(state["copies.digests"], float(state["copies.kept"]))
        self.invariants_ = Invariants(self.order_, columns, self.values_, found)
