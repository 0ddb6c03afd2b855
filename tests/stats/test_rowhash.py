import numpy as np
import pytest

from assay.stats import rowhash
from assay.stats.rowhash import column_digests, row_digests, row_ids


def test_ids_agree_with_sorting_whole_rows():
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 3, 500), rng.integers(0, 4, 500).astype(float), rng.random(500) < 0.5]
    whole = np.unique(np.column_stack([column.astype(float) for column in columns]), axis=0, return_inverse=True)[1].ravel()
    ids = row_ids(columns)
    assert len(np.unique(ids)) == len(np.unique(whole)) == ids.max() + 1
    assert all(len(np.unique(ids[whole == kind])) == 1 for kind in np.unique(whole))


def test_zeros_and_nans_are_what_they_are():
    ids = row_ids([np.array([0.0, -0.0, np.nan, -np.nan, 1.0])])
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]
    assert len(set(ids.tolist())) == 3


def test_large_integers_stay_apart():
    assert len(set(row_ids([np.array([2**53, 2**53 + 1, 2**63 - 1], dtype=np.int64)]).tolist())) == 3


def test_columns_are_not_interchangeable():
    assert row_digests([np.array([1]), np.array([2])])[0] != row_digests([np.array([2]), np.array([1])])[0]


def test_a_column_can_be_taken_out():
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, 9, 50) for _ in range(3)]
    without = row_digests(columns) - column_digests(columns[2], 2)
    assert np.array_equal(without, row_digests(columns[:2]))


def test_a_collision_is_found_and_resolved(monkeypatch):
    honest = rowhash.row_digests
    monkeypatch.setattr(rowhash, "row_digests", lambda columns, salt=0: honest(columns, salt) if salt else honest(columns) % 2)
    ids = row_ids([np.arange(100)])
    assert len(set(ids.tolist())) == 100


def test_texts_are_refused():
    with pytest.raises(TypeError, match="Encode texts"):
        column_digests(np.array(["a"]), 0)
