from __future__ import annotations

import importlib.util

import pandas
import polars
import pyarrow
import pytest
from sample_reports import bad

from assay.reporting import frame as module


@pytest.mark.parametrize(
    ("absent", "kind"), [((), pandas.DataFrame), (("pandas",), polars.DataFrame), (("pandas", "polars"), pyarrow.Table)]
)
def test_the_frame_is_of_what_is_installed(monkeypatch, absent, kind):
    def find(name, *rest):
        return None if name in absent else importlib.util.find_spec(name, *rest)

    monkeypatch.setattr(module, "find_spec", find)
    assert isinstance(bad().to_frame(), kind)


def test_one_row_per_check_with_its_worst_item_and_mean():
    rows = module.table(bad().scorecard.checks).to_pylist()
    assert len(rows) == len(bad().scorecard.checks)
    tail = rows[0]
    assert (tail["family"], tail["outcome"], tail["where"]) == ("tail_mass", "fail", "capital-gain")
    assert (tail["effect"], tail["margin"], tail["mean_effect"], tail["mean_margin"]) == (-3.62, 0.69, -0.61, 0.35)
    broken = next(row for row in rows if row["outcome"] == "error")
    assert broken["effect"] is None
    assert "empty" in broken["reason"]
