"""Keys never come twice nor go missing, and tables may be empty: what refers to nothing is refused or not made."""

import numpy as np
import pytest

from assay.core.errors import InputError
from assay.scenario.reading import read_scenario
from assay.scenario.world import make_tables

PARENTS = """
main = "p"
[tables.p.columns]
id = { numbering = 1 }
x = { distribution = "normal" }
[tables.c]
parent = "p"
count = "1 if x > %s else 0"
[tables.c.columns]
n = { id = "C{n}" }
p = { reference = "p" }
at = { arrivals = { start = 2024-01-01, end = 2025-01-01 } }
k = { values = ["a", "b"] }
text = { formula = "concat(k, padded(turn, 3))" }
later = { formula = "add_days(at, 1) if p.x > 0 else null" }
s = { distribution = "series", correlation = 0.5, sd = 1 }
u = { distribution = "integers", low = 1, high = 9, unique = true }
m = { of = "k", map = { a = 1, b = 2 } }
e = { planted = "all" }
[[tables.c.events]]
name = "e"
rate = 0.5
[tables.d]
parent = "c"
count = 2
[tables.d.columns]
c = { reference = "c" }
t = { clock = { start = 2024-01-01, every = "1 day" } }
"""


def refused(text, n=50):
    with pytest.raises(InputError) as raised:
        make_tables(read_scenario(text), n, seed=0)
    return str(raised.value)


def test_no_counts_no_rows():
    tables = make_tables(read_scenario(PARENTS % 99), 30, seed=0)
    assert {name: table.num_rows for name, table in tables.items()} == {"p": 30, "c": 0, "d": 0}
    some = make_tables(read_scenario(PARENTS % 0), 4, seed=0)
    assert some["c"].schema == tables["c"].schema
    assert some["c"].num_rows == sum(x > 0 for x in some["p"].column("x").to_pylist())


def test_rows_that_need_a_row_of_an_empty_table_are_refused():
    text = PARENTS % 99
    assert "has no row that 5 rows could refer to" in refused(
        text + "[tables.f]\nrows = 5\n[tables.f.columns]\nc = {reference = 'c'}\n"
    )
    assert "has no row that 5 rows could belong to" in refused(
        text + "[tables.f]\nrows = 5\nparent = 'c'\n[tables.f.columns]\nc = {reference = 'c'}\n"
    )


KEY = "[tables.p]\nrows = {rows}\nkey = 'id'\n[tables.p.columns]\nid = {rule}\n[tables.c.columns]\nz = {{reference = 'p'}}\n"


@pytest.mark.parametrize(
    ("rule", "rows", "said"),
    [
        ("{numbering = 1, null = 0.5}", 5, "may be null: rows would refer to none"),
        ("{cases = [{when = 'row < 3', formula = 'row'}]}", 5, "which is null in 3 rows"),
        ("{numbering = 1, step = 10}", 5, "numbering = {start = 1, step = 10}"),
        ("{numbering = 16777216, type = 'float32'}", 5, "Take int64"),
        ("{arrivals = {start = 2024-01-01, end = 2024-01-02}}", 5_000, "take a column of ids or numbers"),
        ("{values = ['a', 'b']}", 5, "too few different values"),
    ],
)
def test_keys_that_would_not_hold_are_refused(rule, rows, said):
    assert said in refused(KEY.format(rule=rule, rows=rows))


def test_a_reference_is_a_key_only_of_a_table_with_one_row_a_parent():
    text = "main = '{main}'\n[tables.p.columns]\nid = {{numbering = 1}}\n[tables.q]\nparent = 'p'\ncount = {count}\nkey = 'p'\n"
    text += "[tables.q.columns]\np = {{reference = 'p'}}\nx = {{distribution = 'normal'}}\n"
    text += "[tables.r]\nrows = 20\n[tables.r.columns]\nq = {{reference = 'q'}}\nx = {{formula = 'q.x'}}\n"
    tables = make_tables(read_scenario(text.format(main="p", count=1)), 9, seed=0)
    of = dict(zip(tables["q"].column("p").to_pylist(), tables["q"].column("x").to_pylist(), strict=True))
    assert tables["r"].column("x").to_pylist() == [of[key] for key in tables["r"].column("q").to_pylist()]
    assert "must be unique" in refused(text.format(main="p", count=2), 9)


@pytest.mark.parametrize("seed", range(4))
def test_what_an_event_sets_in_a_unique_column_stays(seed):
    event = "[[tables.a.events]]\nname = 'e'\nrate = {}\nset = {{x = {}}}\n"
    columns = "[tables.a.columns]\nx = {distribution = 'integers', low = 1, high = 60, unique = true}\ne = {planted = 'all'}\n"
    rows = make_tables(read_scenario(columns + event.format(0.02, 7)), 50, seed=seed)["a"].to_pandas()
    assert rows["e"].sum() == 1
    assert rows.loc[rows["e"], "x"].tolist() == [7]
    assert rows["x"].is_unique
    assert "events set" in refused(columns + event.format(0.2, 7))


@pytest.mark.parametrize("seed", range(4))
def test_a_slice_is_of_all_rows_that_meet_when_whoever_has_taken_some(seed):
    text = """
[tables.a.columns]
k = { values = ["a", "b"] }
n = { planted = "all", named = true, otherwise = "-" }
[[tables.a.events]]
name = "first"
rate = 0.25
[[tables.a.events]]
name = "second"
rate = 0.5
of = "slice"
when = "k = 'a'"
"""
    rows = make_tables(read_scenario(text), 1_000, seed=seed)["a"].to_pandas()
    assert (rows["n"] == "first").sum() == 250
    assert (rows["n"] == "second").sum() == int(0.5 * (rows["k"] == "a").sum() + 0.5)
    assert (rows.loc[rows["n"] == "second", "k"] == "a").all()


@pytest.mark.parametrize("seed", range(4))
def test_bursts_keep_to_the_span_of_their_parent(seed):
    text = """
[tables.p]
rows = 40
[tables.p.columns]
id = { numbering = 1 }
since = { distribution = "dates", start = 2024-01-01, end = 2024-06-01, type = "date32" }
until = { formula = "add_days(since, 3)", type = "date32" }
[tables.a]
parent = "p"
[tables.a.columns]
id = { reference = "p" }
t = { arrivals = { start = 2024-01-01, end = 2025-01-01, after = "p.since", before = "p.until" }, type = "timestamp[us]" }
since = { formula = "p.since" }
until = { formula = "p.until" }
e = { planted = "all" }
[[tables.a.events]]
name = "e"
rate = 0.5
pattern = "burst"
size = 5
within = "30 days"
"""
    rows = make_tables(read_scenario(text), 2_000, seed=seed)["a"].to_pandas()
    assert rows["e"].sum() == 1_000
    assert (rows["t"] >= rows["since"].astype("datetime64[us]")).all()
    assert (rows["t"] <= rows["until"].astype("datetime64[us]")).all()
    short = make_tables(
        read_scenario(text.replace("2025-01-01", "2024-01-02").replace(', after = "p.since", before = "p.until"', "")),
        500,
        seed=seed,
    )
    assert np.array(short["a"].column("t"), dtype="M8[us]").max() < np.datetime64("2024-01-02")


def test_a_time_with_no_rate_has_no_arrivals():
    text = "[tables.a.columns]\nt = {arrivals = {start = 2024-01-06, end = 2024-01-08, weekdays = [1, 1, 1, 1, 1, 0, 0]}}"
    assert "nothing can arrive" in refused(text)


def test_texts_that_go_by_the_day_are_refused():
    pytest.importorskip("faker")
    assert "goes by today's date" in refused("[tables.a.columns]\nx = {fake = 'iso8601'}")
    assert "goes by today's date" in refused("[tables.a.columns]\nx = {fake = 'credit_card_expire'}")
