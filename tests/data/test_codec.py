"""The codec learns on the real table only, keeps null a state of its own and puts no outlier in charge."""

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import NotFittedError, UsageError
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("id", "id", "int64"),
        Column("x", "numeric", "double", nullable=True),
        Column("n", "numeric", "int64"),
        Column("c", "categorical", "string"),
        Column("b", "boolean", "bool", nullable=True),
        Column("t", "datetime", "timestamp[us]"),
        Column("y", "categorical", "string"),
    ),
    target="y",
    task="binary",
    positive="no",
)


def table(**changes: list) -> pa.Table:
    columns = {
        "id": [1, 2, 3, 4],
        "x": [1.0, None, 3.0, 2.0],
        "n": [5, 6, 7, 8],
        "c": ["b", "a", "b", "c"],
        "b": [True, None, True, False],
        "t": pa.array([0, 1_000_000, 2_000_000, 3_000_000], pa.timestamp("us")),
        "y": ["yes", "no", "yes", "yes"],
    }
    return pa.table({**columns, **changes})


@pytest.fixture
def real() -> Dataset:
    return Dataset(table(), SCHEMA)


def test_ordinal_gives_frequency_ranks_nan_for_null_and_the_count_for_unseen(real: Dataset) -> None:
    codec = Codec(SCHEMA).fit(real)
    other = Dataset(table(c=["z", "c", None, "b"]), SCHEMA)
    np.testing.assert_array_equal(codec.ordinal(real, ["c"])[:, 0], [0, 1, 0, 2])
    np.testing.assert_array_equal(codec.ordinal(other, ["c"])[:, 0], [3, 2, np.nan, 0])
    np.testing.assert_array_equal(codec.ordinal(real, ["x", "t", "b"])[1], [np.nan, 1.0, np.nan])
    assert codec.ordinal(real).shape == (4, 6)  # the id is not encoded, the target is


def test_labels_put_the_positive_class_last_and_mark_unknown_ones(real: Dataset) -> None:
    codec = Codec(SCHEMA).fit(real)
    assert codec.classes_ == ("yes", "no")
    np.testing.assert_array_equal(codec.labels(real), [0, 1, 0, 0])
    np.testing.assert_array_equal(codec.labels(Dataset(table(y=["no", None, "maybe", "yes"]), SCHEMA)), [1, -1, -1, 0])


def test_labels_of_numbers() -> None:
    schema = Schema((Column("y", "numeric", "double"),), target="y", task="regression")
    data = Dataset(pa.table({"y": [1.5, None]}), schema)
    codec = Codec(schema).fit(data)
    np.testing.assert_array_equal(codec.labels(data), [1.5, np.nan])
    assert codec.classes_ == ()
    schema = schema.with_changes(task="binary", positive="0")
    data = Dataset(pa.table({"y": [0, 1, 1]}), schema)
    np.testing.assert_array_equal(Codec(schema).fit(data).labels(data), [1, 0, 0])


def test_different_levels_and_null_are_one_robust_standard_deviation_apart(real: Dataset) -> None:
    codec = Codec(SCHEMA).fit(real)
    levels = codec.distance(Dataset(table(c=["a", "b", "z", None]), SCHEMA), ["c"])
    between = np.linalg.norm(levels[:, None] - levels[None], axis=2)
    np.testing.assert_allclose(between[np.triu_indices(4, 1)], 1.0, rtol=1e-6)
    numbers = codec.distance(Dataset(table(x=[2.0, None, 2.0, 2.0]), SCHEMA), ["x"])
    np.testing.assert_allclose(np.linalg.norm(numbers[0] - numbers[1]), 1.0)


def test_nulls_that_real_does_not_have_are_seen(real: Dataset) -> None:
    codec = Codec(SCHEMA).fit(real)
    wide = codec.onehot(Dataset(table(n=[5, None, 7, 8], c=["a", None, "a", "a"]), SCHEMA), ["n", "c"])
    np.testing.assert_array_equal(wide[:, -1], [0, 2, 0, 0])


def test_many_levels_stay_narrow_and_extremes_stay_finite() -> None:
    schema = Schema((Column("c", "categorical", "string"), Column("x", "numeric", "double")))
    data = Dataset(pa.table({"c": [str(i) for i in range(5000)], "x": [1e308, -1e308] + [0.0] * 4998}), schema)
    codec = Codec(schema).fit(data)
    assert codec.onehot(data).shape[1] <= 52
    for matrix in (codec.onehot(data), codec.distance(data), codec.ordinal(data)):
        assert np.isfinite(matrix).all()
    assert codec.onehot(data, ["x"])[:, 0].max() <= 10.001


def test_empty_constant_and_all_null_columns_encode_without_nan() -> None:
    schema = Schema((Column("k", "numeric", "double"), Column("e", "numeric", "double"), Column("n", "categorical", "string")))
    data = Dataset(
        pa.table({"k": [2.0] * 3, "e": pa.array([None] * 3, pa.float64()), "n": pa.array([None] * 3, pa.string())}), schema
    )
    codec = Codec(schema).fit(data)
    assert np.isfinite(codec.onehot(data)).all()
    assert np.isnan(codec.ordinal(data)[:, 1:]).all()


def test_row_order_and_chunking_change_nothing_learned(real: Dataset) -> None:
    turned = Dataset(pa.concat_tables([real.table.slice(2), real.table.slice(0, 2)]), SCHEMA)
    first, second = Codec(SCHEMA).fit(real), Codec(SCHEMA).fit(turned)
    np.testing.assert_array_equal(first.onehot(real), second.onehot(real))
    np.testing.assert_array_equal(first.ordinal(real), second.ordinal(real))


def test_places_are_where_the_columns_are(real: Dataset) -> None:
    codec = Codec(real.schema).fit(real)
    whole = codec.distance(real)
    for name, place in codec.places().items():
        assert np.array_equal(whole[:, place], codec.distance(real, [name])[:, :-1])
    assert sum(place.stop - place.start for place in codec.places().values()) == whole.shape[1] - 1


def test_errors_say_what_to_do(real: Dataset) -> None:
    with pytest.raises(NotFittedError, match="Call fit"):
        Codec(SCHEMA).ordinal(real)
    codec = Codec(SCHEMA).fit(real)
    with pytest.raises(UsageError, match="'id'"):
        codec.ordinal(real, ["id"])
    with pytest.raises(UsageError, match="target"):
        Codec(SCHEMA.with_changes(target=None)).fit(real).labels(real)
