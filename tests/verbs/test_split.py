"""The verb reads any source and hands over two datasets."""

from __future__ import annotations

import pytest

from assay.core.errors import InputError
from assay.data.writers import write_table
from assay.verbs.load import load
from assay.verbs.split import split


def test_paths_frames_and_datasets_split_alike(tmp_path, make_table):
    table = make_table(200)
    path = write_table(load(table), tmp_path / "real.csv")
    parts = [split(source, holdout=0.25, seed=5) for source in (table, load(table))]
    assert parts[0][1].sha256 == parts[1][1].sha256
    assert [len(part) for part in split(path, holdout=0.25)] == [150, 50]
    assert [part.name for part in parts[0]] == ["real", "holdout"]


def test_unknown_entity(make_table):
    with pytest.raises(InputError, match="Did you mean 'city'"):
        split(make_table(50), entity="citty")
