"""What every remedy must keep to: subclass `RemedyContract` in a test file and name the remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.stats import binom

from assay.core import registry
from assay.core.errors import NotApplicable
from assay.core.finding import MECHANISMS
from assay.core.plan import Plan
from assay.core.seeds import spawn
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.scene import Scene
from assay.stats.rowhash import row_ids
from assay.testing.remedy_scenes import few_and_many, harmed, odd

BACKED = 10
ENOUGH = 3
CERTAIN = 0.999
DIGITS = 5
ROUNDING = 1e-9
KINDS = {"rows", "weights", "values", "labels"}


class Learnt(NamedTuple):
    """A plan in the scene that it was made for, with what was learned for it and the rows that come of it."""

    label: str
    scene: Scene
    plan: Plan
    setting: Mapping[str, Any]
    rows: Amended


class RemedyContract:
    """The contract of a remedy.

    Attributes
    ----------
    name : str
        Registry name.
    rounds : int
        Pairs of samples of one population that signs are asked for.
    error : float
        Chance of a false sign in these.

    Notes
    -----
    Override `scenes` where the catalogue of damages has nothing that the remedy mends. It cannot see whether a remedy does any
    good: that is measured by `assay mend` on real rows it did not learn from, and by a test of its own.
    """

    name: ClassVar[str]
    rounds: ClassVar[int] = 30
    error: ClassVar[float] = 0.05
    _found: ClassVar[list[Learnt] | None]

    def __init_subclass__(cls) -> None:
        cls._found = None

    def scenes(self) -> Iterator[tuple[str, Scene]]:
        """Give scenes that lack what the remedy mends, by a name for messages, those that show it best first."""
        return harmed(self.kind.mends)

    @property
    def kind(self) -> Any:
        """The class under test."""
        return registry.get("remedy", self.name)

    def apply(self, setting: Mapping[str, Any], rows: Amended, real: Dataset, *, seed: int = 3) -> Amended:
        """Do what was learned."""
        return self.kind().apply(setting, rows, real, spawn(seed, "contract", self.name))

    def signs(self, scene: Scene) -> list[Plan]:
        """Ask for plans; none where the remedy does not apply."""
        if self.kind.needs_target and scene.schema.target is None:
            return []
        try:
            return list(self.kind().signs(scene))
        except NotApplicable:
            return []

    def learned(self) -> list[Learnt]:
        """Give plans of the first scenes that have signs, learned and done; computed once."""
        kept = type(self)._found
        if kept is not None:
            return kept
        found: list[Learnt] = []
        for label, scene in self.scenes():
            plans = self.signs(scene)
            for plan in plans:
                try:
                    setting = self.kind().learn(plan, scene)
                except NotApplicable:
                    continue
                found.append(Learnt(label, scene, plan, setting, self.apply(setting, scene.rows, scene.real)))
            if len({one.label for one in found}) >= ENOUGH:
                break
        type(self)._found = found
        return found

    def test_it_says_what_it_is(self) -> None:
        """Ask for every attribute, each of its kind."""
        kind = self.kind
        assert kind.question.endswith("?")
        assert len(kind.cannot_see.split()) >= 3
        assert isinstance(kind.mends, frozenset)
        assert kind.mends
        assert kind.mends <= set(MECHANISMS)
        assert kind.changes in KINDS
        assert isinstance(kind.also, frozenset)
        assert kind.also <= KINDS - {kind.changes}
        assert isinstance(kind.anchors, bool)
        assert isinstance(kind.needs_target, bool)
        assert kind.__doc__

    def test_two_samples_of_one_population_give_no_sign(self) -> None:
        """Ask that signs are false no more often than the error given allows, by a binomial bound over all rounds."""
        false: list[tuple[int, str]] = []
        for seed in range(self.rounds):
            real, synthetic = few_and_many(seed)
            plans = self.signs(Scene(real, Amended.of(synthetic), seed, self.error))
            false += [(seed, plan.sign) for plan in plans[:1]]
        assert len(false) <= binom.ppf(CERTAIN, self.rounds, self.error), false

    def test_some_scene_has_signs(self) -> None:
        """Ask that it sees what it mends in one scene at least, and can learn there."""
        assert self.learned()

    def test_plans_are_sound(self) -> None:
        """Ask for plans of this remedy, with a mechanism that it mends, a p-value below the error, and JSON."""
        for label, scene, plan, _, _ in self.learned():
            assert plan.remedy == self.name, label
            assert plan.mechanism in self.kind.mends, label
            assert 0 <= plan.p_value < scene.error, (label, plan.p_value)
            assert 0 <= plan.numbers < np.inf, label
            assert plan.sign[0].isupper() or not plan.sign[0].isalpha(), (label, plan.sign)
            assert plan.sign.endswith("."), (label, plan.sign)
            assert set(plan.columns) <= set(scene.synthetic.names), (label, plan.columns)
            json.dumps(dict(plan.options), allow_nan=False)

    def test_equal_scenes_give_equal_plans(self) -> None:
        """Ask for the same plans and the same learned numbers from equal scenes."""
        for label, scene, plan, setting, _ in self.learned()[:ENOUGH]:
            again = Scene(scene.real, scene.rows, scene.seed, scene.error)
            assert plan in self.signs(again), label
            assert _text(self.kind().learn(plan, again)) == _text(setting), label

    def test_what_is_learned_is_json(self) -> None:
        """Ask for JSON without NaN that does the same when it is read back."""
        for label, scene, _, setting, rows in self.learned():
            again = self.apply(json.loads(_text(setting)), scene.rows, scene.real)
            assert _same(rows, again), label

    def test_what_is_learned_tells_no_rare_value(self) -> None:
        """Ask that no level and no long number with fewer than ten real rows behind it is in plan or setting."""
        for label, scene, plan, setting, _ in self.learned():
            texts, numbers = _rare(scene.real)
            told = [*_parts(json.loads(_text(setting))), *_parts(json.loads(_text(plan.options)))]
            assert not texts & {part for part in told if isinstance(part, str)}, label
            assert not numbers & {part for part in told if isinstance(part, float)}, label
            assert not any(f" {text} " in plan.sign for text in texts), (label, plan.sign)

    def test_rows_keep_schema_and_types(self) -> None:
        """Ask for the columns, types and schema of the rows given."""
        for label, scene, _, _, rows in self.learned():
            assert rows.table.table.schema.equals(scene.synthetic.table.schema), label
            assert rows.table.schema == scene.synthetic.schema, label
            assert len(rows), label

    def test_weights_are_sound(self) -> None:
        """Ask for finite weights, none negative, of positive sum, and for marks of rows made from real ones, which stand last."""
        for label, scene, _, _, rows in self.learned():
            _require_sound(rows, label)
            assert self.kind.anchors or int(rows.anchored.sum()) <= int(scene.rows.anchored.sum()), label

    def test_it_changes_what_it_says(self) -> None:
        """Ask that something changes, and nothing but what ``changes`` and ``also`` tell of; see `changed`."""
        said = {self.kind.changes, *self.kind.also}
        for label, scene, _, setting, rows in self.learned():
            before = scene.rows
            assert not _same(before, rows), label
            later = _mended_before(before)
            for first, second in ((before, rows), (later, self.apply(setting, later, scene.real))):
                assert changed(first, second) <= said, label

    def test_rows_made_from_real_ones_keep_their_cells(self) -> None:
        """Ask that no cell changes in rows that were made from real ones, which only a remedy that drops rows may leave out."""
        drops = "rows" in {self.kind.changes, *self.kind.also} and not self.kind.anchors
        for label, scene, _, setting, _ in self.learned():
            before = _mended_before(scene.rows)
            after = self.apply(setting, before, scene.real)
            old, new = (rows.table.take(np.flatnonzero(rows.anchored)) for rows in (before, after))
            assert self.kind.anchors or not _new(old, new), label
            assert drops or not _new(new, old), label

    def test_inputs_stay_as_they_are(self) -> None:
        """Ask that nothing is written into real rows, synthetic rows or weights."""
        for label, scene, plan, setting, _ in self.learned()[:ENOUGH]:
            parts = (scene.rows.weights, scene.rows.anchored)
            before = [_digest(scene.real), _digest(scene.synthetic), *(part.tobytes() for part in parts), _text(setting)]
            self.signs(scene)
            self.kind().learn(plan, scene)
            self.apply(setting, scene.rows, scene.real)
            after = [_digest(scene.real), _digest(scene.synthetic), *(part.tobytes() for part in parts), _text(setting)]
            assert before == after, label

    def test_equal_draws_give_equal_rows(self) -> None:
        """Ask for the same rows, bit for bit, from equal states of the generator."""
        for label, scene, _, setting, rows in self.learned():
            assert _same(rows, self.apply(setting, scene.rows, scene.real)), label

    def test_it_is_replayed_on_other_rows(self) -> None:
        """Ask that what was learned is done to other rows of the generator, to a few, and to rows that were mended before."""
        for label, scene, _, setting, _ in self.learned():
            rows = scene.rows
            others = (rows.take(np.arange(len(rows) // 2)), rows.take(np.arange(5)), _mended_before(rows))
            for other in others:
                found = self.apply(setting, other, scene.real)
                assert found.table.table.schema.equals(scene.synthetic.table.schema), label
                if len(found):
                    _require_sound(found, label)

    def test_weighed_rows_are_looked_at(self) -> None:
        """Ask that rows which were mended before, with weights and rows made from real ones, can be learned from."""
        for label, scene, plan, _, _ in self.learned()[:ENOUGH]:
            later = Scene(scene.real, _mended_before(scene.rows), scene.seed, scene.error)
            for again in [plan, *self.signs(later)]:
                with suppress(NotApplicable):
                    _require_sound(self.apply(self.kind().learn(again, later), later.rows, later.real), label)

    def test_it_learns_from_part_of_the_rows_or_says_that_it_cannot(self) -> None:
        """Ask for JSON or `NotApplicable`, and no other error, from a fold of the real rows and from ever fewer."""
        for label, scene, plan, _, _ in self.learned()[:ENOUGH]:
            for rows in (3 * len(scene.real) // 4, 40, 12, 3):
                part = Scene(scene.real.take(np.arange(rows)), scene.rows, scene.seed, scene.error)
                try:
                    setting = self.kind().learn(plan, part)
                except NotApplicable:
                    continue
                found = self.apply(json.loads(_text(setting)), part.rows, part.real)
                if len(found):
                    _require_sound(found, f"{label}, {rows} rows")

    def test_odd_tables_give_no_error(self) -> None:
        """Ask for plans, none, or `NotApplicable` on constant, empty, tiny and one-column tables, without a target too."""
        for label, scene in odd():
            for plan in self.signs(scene):
                try:
                    setting = self.kind().learn(plan, scene)
                except NotApplicable:
                    continue
                found = self.apply(json.loads(_text(setting)), scene.rows, scene.real)
                assert found.table.table.schema.equals(scene.synthetic.table.schema), label
                if len(found):
                    _require_sound(found, label)


def changed(before: Amended, after: Amended) -> set[str]:
    """Say what a remedy changed: which rows there are, their weights, their targets alone, or other cells too.

    Notes
    -----
    Rows made from real ones are rows; of the others those are compared that are in both tables, by their cells. Weights count as
    changed where the ratio of new to old ones is not the same for all. Where rows were left out and old weights were uneven, only
    rows are asked whose equals had one weight, and none if cells changed, too.
    """
    first, second = (rows.take(np.flatnonzero(~rows.anchored)) for rows in (before, after))
    target = before.table.schema.target
    rest = [name for name in before.table.names if name != target]
    found: set[str] = set()
    if len(first) != len(second) or after.anchored.sum() != before.anchored.sum():
        found.add("rows")
    if rest and _new(first.table.select(rest), second.table.select(rest)):
        found.add("values")
    elif _new(first.table, second.table):
        found.add("labels")
    if len(first) == len(second) or not found & {"values", "labels"} or np.ptp(first.weights) == 0:
        old = first.weights if len(first) == len(second) else _old_weights(first, second)
        ratio = second.weights[old > 0] / old[old > 0]
        if second.weights[old == 0].any() or (len(ratio) and np.ptp(ratio) > ROUNDING * ratio.max()):
            found.add("weights")
    return found


def _old_weights(before: Amended, after: Amended) -> np.ndarray:
    """Give the weight that each row had; nan where its equals had several."""
    if np.ptp(before.weights) == 0:
        return np.full(len(after), before.weights[0])
    ids = _ids(before.table, after.table)
    n = len(before)
    least, most = np.full(ids.max() + 1, np.inf), np.full(ids.max() + 1, -np.inf)
    np.minimum.at(least, ids[:n], before.weights)
    np.maximum.at(most, ids[:n], before.weights)
    return np.where(least == most, most, np.nan)[ids[n:]]


def _require_sound(rows: Amended, label: str) -> None:
    for part in (rows.weights, rows.anchored):
        assert part.shape == (len(rows.table),), label
    assert np.isfinite(rows.weights).all(), label
    assert (rows.weights >= 0).all(), label
    assert rows.weights.sum() > 0, label
    assert rows.anchored.dtype == np.bool_, label
    assert not (np.diff(rows.anchored.astype(int)) < 0).any(), f"{label}: rows made from real ones do not stand last"


def _mended_before(rows: Amended) -> Amended:
    """Give uneven weights, some of them zero, and mark the last rows as made from real ones."""
    weights = np.resize([0.4, 1.6, 1.0, 0.0, 2.0], len(rows))
    anchored = np.arange(len(rows)) >= len(rows) - len(rows) // 20
    return Amended(rows.table, weights * (len(rows) / weights.sum()), anchored)


def _same(first: Amended, second: Amended) -> bool:
    return (
        first.table.table.equals(second.table.table)
        and np.array_equal(first.weights, second.weights)
        and np.array_equal(first.anchored, second.anchored)
    )


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(dict(content), allow_nan=False, sort_keys=True)


def _parts(content: Any) -> Iterator[Any]:
    """Give all texts and numbers in JSON."""
    if isinstance(content, dict):
        for key, part in content.items():
            yield key
            yield from _parts(part)
    elif isinstance(content, list):
        for part in content:
            yield from _parts(part)
    else:
        yield content


def _rare(real: Dataset) -> tuple[set[str], set[float]]:
    """Give texts, and numbers of many digits, that stand in fewer than ten rows."""
    texts: set[str] = set()
    numbers: set[float] = set()
    for name in real.names:
        column = real.table.column(name)
        kind = column.type
        if not (pa.types.is_string(kind) or pa.types.is_floating(kind)):
            continue
        for entry in column.value_counts().to_pylist():
            value = entry["values"]
            if entry["counts"] >= BACKED or value is None:
                continue
            if isinstance(value, str):
                texts.add(value)
            elif len(repr(value).strip("-").replace(".", "").strip("0")) >= DIGITS:
                numbers.add(value)
    return texts - set(real.names), numbers


def _digest(dataset: Dataset) -> str:
    """Digest anew: a dataset keeps the digest that it has once given."""
    return Dataset(dataset.table, dataset.schema).sha256


def _new(before: Dataset, after: Dataset) -> int:
    """Count the rows of the second table that the first lacks, or has less often."""
    ids = _ids(before, after)
    times = [np.bincount(part, minlength=ids.max() + 1) for part in (ids[: len(before)], ids[len(before) :])]
    return int(np.maximum(times[1] - times[0], 0).sum())


def _ids(first: Dataset, second: Dataset) -> np.ndarray:
    """Give the rows of both tables numbers, equal ones alike."""
    both = pa.concat_tables([first.table, second.table])
    codes = [np.asarray(column.combine_chunks().dictionary_encode().indices.fill_null(-1)) for column in both.columns]
    return row_ids([own.astype(np.int64) for own in codes])
