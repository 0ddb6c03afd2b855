"""Few synthetic entities of many rows are few, whatever the remedy that asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.entities import entity_codes
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.remedies import _teacher
from assay.remedies._asked_slices import Half, ask
from assay.remedies._outcomes import Outcomes
from assay.remedies._ratio_choice import FOLDS, Ground, Tried, told_apart
from assay.remedies._teacher import Trial, trial
from assay.remedies.verify_rows import _more_surprising

REAL, ENTITIES, EACH = 200, 24, 40


def shared(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a value that all rows of an entity have, and the entities."""
    units = np.repeat(np.arange(ENTITIES), EACH)
    return rng.normal(size=ENTITIES)[units] + 0.1 * rng.normal(size=len(units)), units


def surprises(seed: int, known: bool = True) -> float:
    rng = np.random.default_rng([1, seed])
    theirs, units = shared(rng)
    outcomes = Outcomes("y", "regression", (), np.linspace(0.0, 1.0, 101))
    own = rng.normal(size=(REAL, 1))
    nothing = np.zeros_like(own)
    others = units if known else None
    found = Trial(outcomes, own, nothing, nothing, theirs[:, None], 0 * theirs[:, None], np.ones(len(theirs)), None, others, 1)
    return _more_surprising(found)


def ratios(seed: int, known: bool = True) -> float:
    rng = np.random.default_rng([2, seed])
    theirs, units = shared(rng)
    truth = np.repeat([1.0, 0.0], [REAL, len(units)])
    counts = np.where(truth > 0, 1.0, REAL / len(units))
    fold = np.concatenate([rng.permutation(REAL) % FOLDS, (rng.permutation(ENTITIES) % FOLDS)[units]])
    base = Ground(np.arange(len(units)), truth, counts, fold, 1.0, units if known else None)
    held = np.stack([np.zeros(len(truth)), np.concatenate([rng.normal(size=REAL), theirs])])
    one: Any = Tried("logistic", np.array([[1.0] * FOLDS, [0.5] * FOLDS]), held, None)  # pyright: ignore[reportArgumentType]
    return told_apart([one], base)[1]


def slices(seed: int, known: bool = True) -> float:
    """Labels follow the model by a slope that entities differ in."""
    rng = np.random.default_rng([3, seed])
    slope, units = shared(rng)

    def half(slope: np.ndarray, units: np.ndarray) -> Half:
        x = rng.normal(size=len(slope))
        table = pa.table({"x": x, "who": pa.array([f"p{unit}" for unit in units])})
        rows = Dataset(table, infer_schema(table, entity="who" if known else None))
        y = slope * x + rng.normal(size=len(x))
        return Half(rows, y[:, None], np.ones(len(x)), x[:, None])

    real = half(1 + rng.normal(size=REAL), np.arange(REAL))
    one = ask(({"column": "x", "low": -9.0, "high": 9.0},), real, half(1 + slope, units), rng)
    assert one is not None
    return one.p_value


@pytest.mark.parametrize(("draw", "draws", "most"), [(surprises, 400, 11), (ratios, 400, 11), (slices, 120, 5)])
def test_false_signs_are_as_rare_as_is_said(draw: Any, draws: int, most: int) -> None:
    """More at 1% has a chance of about 1 in 1,000."""
    assert sum(draw(seed) < 0.01 for seed in range(draws)) <= most


@pytest.mark.parametrize("draw", [surprises, ratios, slices])
def test_entities_are_worth_less_than_their_rows(draw: Any) -> None:
    apart = [(draw(seed), draw(seed, known=False)) for seed in range(20)]
    assert all(known >= alone for known, alone in apart if alone < 0.2)
    assert any(alone < 0.2 for _, alone in apart)


def test_entities_are_not_cut_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    halves: list[tuple[np.ndarray, np.ndarray]] = []
    cut = _teacher._halves
    monkeypatch.setattr(_teacher, "_halves", lambda *asked: halves.append(cut(*asked)) or halves[-1])
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "who": pa.array([f"p{at // EACH}" for at in range(ENTITIES * EACH)]),
            "x": rng.normal(size=ENTITIES * EACH),
            "y": rng.choice(["no", "yes"], ENTITIES * EACH).tolist(),
        }
    )
    schema = infer_schema(table, target="y", entity="who")
    synthetic = Dataset(table, schema)
    scene = Scene(Dataset(table.slice(0, 5 * EACH), schema), Amended.of(synthetic), 0)
    found = trial(scene, Outcomes.of(scene), rivals=False)
    units = entity_codes(synthetic)
    assert units is not None
    train, rest = halves[0]
    assert len(train) + len(rest) == len(table)
    assert not set(units[train]) & set(units[rest])
    assert found.others is not None
    assert len(np.unique(found.others)) == len(np.unique(units[rest]))
