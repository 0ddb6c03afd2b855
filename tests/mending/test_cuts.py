"""How sensitive columns part the sealed rows: codes, heavy values, ranges, and the share of each column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay import load
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.mending.proof.cuts import MOST_GROUPS, cut_rows


def cut(real: dict[str, object], sealed: dict[str, object] | None = None, **roles: str) -> list[tuple[str, int]]:
    """Cut sealed rows by all columns of the real table but `aside`, and give the groups' names and sizes."""
    sensitive = tuple(name for name in real if name != "aside")
    mine = load(pa.table(real), sensitive=sensitive, **roles)
    theirs = mine if sealed is None else impose(pa.table(sealed), mine.schema, name="holdout")
    found = cut_rows(Codec(mine.schema).fit(mine), mine, theirs)
    whole(found, theirs, sensitive)
    return [(one.name, len(one.rows)) for one in found]


def whole(found: list, sealed: Dataset, sensitive: tuple[str, ...]) -> None:
    """Every column holds every sealed row once, or says that it has no groups."""
    for name in sensitive:
        own = [one for one in found if one.column == name]
        rows = np.sort(np.concatenate([one.rows for one in own]))
        assert rows.tolist() == list(range(len(sealed))) or "no groups" in own[0].name


def spread(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(50.0, 10.0, count)


def test_codes_are_groups_by_their_values():
    race = np.repeat([1, 2, 3, 4], [80, 10, 6, 4])
    assert cut({"race": np.repeat([1, 2, 3, 4], [800, 100, 60, 40])}) == [
        ("race = 1", 800),
        ("race = 2", 100),
        ("race = 3", 60),
        ("race = 4", 40),
    ]
    # no value is named that fewer than ten real rows have, however many sealed ones do
    sealed = np.repeat([1, 2, 3, 7], [500, 100, 300, 50])
    assert cut({"race": race}, {"race": sealed}) == [("race = 1", 500), ("race = 2", 100), ("race: all smaller groups", 350)]


def test_few_values_of_few_rows_each_are_ranges():
    found = cut({"visits": np.repeat(np.arange(10), 6)})
    assert [name for name, _ in found] == ["visits < 2", "2 <= visits < 4.5", "4.5 <= visits < 7", "visits >= 7"]


def test_a_heavy_value_is_a_group_beside_the_ranges():
    hours = np.where(np.arange(400) < 200, 40.0, np.round(spread(0, 400), 3))
    heavy, *ranges = cut({"hours": hours})
    assert heavy == ("hours = 40", 200)
    assert len(ranges) == 2
    assert ranges[0][0].endswith(", not 40")  # the range that it lies in


def test_what_is_left_of_a_very_heavy_value_is_one_range():
    gain = np.where(np.arange(400) < 370, 0.0, 1_000 + 37.0 * np.arange(400))
    assert cut({"gain": gain}) == [("gain = 0", 370), ("gain is given, not 0", 30)]


def test_numbers_without_heavy_values_are_quarters():
    found = cut({"age": spread(0, 400)})
    assert len(found) == 4
    assert all(90 <= rows <= 110 for _, rows in found)


def test_nulls_are_a_group():
    assert ("age is null", 50) in cut({"age": pa.array([None] * 50 + spread(0, 150).tolist())})


def test_columns_share_the_groups_and_none_is_dropped():
    rng = np.random.default_rng(0)
    towns = rng.permutation(np.repeat([f"t{at:03}" for at in range(100)], np.arange(100) + 12))
    table = {"town": towns, "street": rng.permutation(towns), "sex": rng.choice(["her", "him"], len(towns))}
    found = cut(table)
    assert len(found) == MOST_GROUPS
    named = [name.partition(" ")[0].rstrip(":") for name, _ in found]
    assert (named.count("town"), named.count("street"), named.count("sex")) == (39, 39, 2)
    assert found[38][0] == "town: all smaller groups"
    assert "town = t099" in dict(found)
    assert "town = t000" not in dict(found)


def test_columns_beyond_the_cap_keep_a_group_each():
    rng = np.random.default_rng(0)
    found = cut({f"c{at}": rng.choice(["a", "b"], 60) for at in range(100)})
    assert len(found) == 100


def test_a_column_that_makes_no_groups_says_so():
    count = 200
    table = {
        "ssn": [f"{at * 7919 % 100_003:09}" for at in range(count)],
        "sick": np.tile(["no", "yes"], count // 2),
        "person": np.arange(count) // 4,
        "sex": np.tile(["her", "her", "him", "him"], count // 4),
    }
    assert cut(table, target="sick", entity="person") == [
        ("ssn: no groups, as it is an id", 0),
        ("sick: no groups, as it is the target", 0),
        ("person: no groups, as it is the entity", 0),
        ("sex = her", 100),
        ("sex = him", 100),
    ]
