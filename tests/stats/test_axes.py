from __future__ import annotations

import numpy as np

from assay.stats.axes import LEAST_BEHIND, level_axis, number_axis


def test_conditions_hold_where_their_words_say() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(50, 20, 2_000).round(2)
    axis = number_axis("x", values, values)
    for member, name in zip(axis.member, axis.names, strict=True):
        inside = member[axis.cells] > 0
        parts = name.split(" ")
        if parts[1] == ">=":
            said = values >= float(parts[2])
        elif parts[0] == "x":
            said = values < float(parts[2])
        else:
            said = (values >= float(parts[0])) & (values < float(parts[4]))
        assert (inside == said).all(), name


def test_cut_points_are_round_and_have_rows_on_both_sides() -> None:
    values = np.exp(np.random.default_rng(1).normal(8, 1.5, 3_000))
    axis = number_axis("pay", values, values)
    cuts = {float(name.split(" ")[2]) for name in axis.names if name.startswith("pay <")}
    assert len(cuts) > 5
    for cut in cuts:
        assert cut not in values
        assert min((values < cut).sum(), (values >= cut).sum()) >= LEAST_BEHIND
        assert len(f"{cut:g}".rstrip("0").replace(".", "")) <= 4


def test_heavy_values_are_named_as_values_and_years_stay_years() -> None:
    gain = np.concatenate([np.zeros(900), np.random.default_rng(2).integers(2_000, 9_000, 100)])
    assert "gain = 0" in number_axis("gain", gain, gain).names
    years = np.repeat(np.arange(2010.0, 2015.0), 200)
    assert {f"year = {year}" for year in range(2010, 2015)} <= set(number_axis("year", years, years).names)


def test_nulls_are_a_condition_where_ten_real_rows_have_them() -> None:
    many = np.concatenate([np.arange(100.0), np.full(10, np.nan)])
    few = np.concatenate([np.arange(100.0), np.full(9, np.nan)])
    assert "x is null" in number_axis("x", many, many).names
    assert "x is null" not in number_axis("x", many, few).names


def test_levels_behind_fewer_than_ten_real_rows_have_no_name() -> None:
    reference = np.repeat([0.0, 1.0, 2.0], [50, 10, 9])
    axis = level_axis("ward", np.array([0.0, 1.0, 2.0, 3.0, np.nan]), reference, ["a", "b", "secret"])
    assert axis.names == ("ward = a", "ward = b")
    assert axis.member[:, axis.cells].sum(axis=0).tolist() == [1, 1, 0, 0, 0]


def test_constants_and_empty_columns_have_no_condition_that_divides() -> None:
    for values in (np.full(100, 3.0), np.full(100, np.nan), np.empty(0)):
        axis = number_axis("x", values, values)
        assert all(name == "x is null" for name in axis.names)
