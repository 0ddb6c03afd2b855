"""All parts of Assay mean the same class by the positive one, whatever the type of the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.measures.models_world import Alone

from assay.data.amended import Amended
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.measures._trial import trials
from assay.mending.task import Task
from assay.remedies._outcomes import Outcomes

PAIRS = {  # first and second level: the second is positive where nothing is said
    "bool": (False, True),
    "float": (0.0, 1.0),
    "other float": (1.0, 2.0),
    "int": (0, 1),
    "string": ("no", "yes"),
    "dictionary": ("no", "yes"),
}


def table_of(kind: str, second: float, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=200)
    high = rng.permutation(200) < 200 * second
    cells = pa.array([PAIRS[kind][int(one)] for one in high])
    return pa.table({"x": x, "z": x + high, "y": cells.dictionary_encode() if kind == "dictionary" else cells})


@pytest.mark.parametrize("named", [None, 0, 1])
@pytest.mark.parametrize("second", [0.3, 0.7])
@pytest.mark.parametrize("kind", PAIRS)
def test_all_mean_the_same_class(kind: str, second: float, named: int | None) -> None:
    positive: Any = None if named is None else PAIRS[kind][named]
    wanted = PAIRS[kind][1 if named is None else named]
    tables = [table_of(kind, second, seed) for seed in range(2)]
    schema = infer_schema(tables[0], target="y", positive=positive)
    real, synthetic = (Dataset(table, schema) for table in tables)
    truth = np.array([cell == wanted for cell in tables[0].column("y").to_pylist()])

    codec = Codec(schema).fit(real)
    np.testing.assert_array_equal(codec.labels(real) == 1, truth)
    assert codec.class_texts_[-1] == schema.positive
    scene = Scene(real, Amended.of(synthetic), seed=0)
    outcomes = Outcomes.of(scene)
    assert outcomes.classes == codec.class_texts_
    np.testing.assert_array_equal(outcomes.numbers(real)[:, 0] == 1, truth)
    np.testing.assert_array_equal(Task.of(real).codec.labels(real) == 1, truth)


@pytest.mark.parametrize("kind", ["bool", "float"])
def test_scores_of_the_check_mean_it_too(kind: str) -> None:
    """The majority is positive, as the user says."""
    tables = [table_of(kind, 0.3, seed) for seed in range(3)]
    schema = infer_schema(tables[0], target="y", positive=PAIRS[kind][0])
    judged = trials(Alone(*(Dataset(table, schema) for table in tables)))  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(judged.holdout.target.sum(), 140)
