"""Tables made by a scenario: exact counts, keys, order, rates, patterns and labels."""

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError
from assay.scenario.reading import load_scenario, read_scenario
from assay.scenario.schema import schema_of
from assay.scenario.world import make_tables

SHOP = """
[tables.customers]
rows = "n / 10"
[tables.customers.columns]
id = { id = "C{n:4}" }
rich = { distribution = "bernoulli", p = 0.3 }
joined = { distribution = "dates", start = 2020-01-01, end = 2021-01-01, type = "date32" }
[tables.items]
rows = 50
[tables.items.columns]
item = { numbering = { start = 100, step = 10 } }
price = { distribution = "uniform", low = 1, high = 9, round = 2 }
[tables.orders]
parent = "customers"
count = { distribution = "poisson", mean = "20 if rich else 2" }
[tables.orders.columns]
id = { reference = "customers" }
item = { reference = "items", weight = "1 if price > 5 else 0" }
at = { arrivals = { start = 2021-01-01, end = 2022-01-01, after = "customers.joined" } }
nth = { formula = "turn" }
paid = { formula = "items.price * 2", round = 2 }
joined = { formula = "customers.joined" }
"""


def made(text, n=1_000, seed=0, **options):
    return make_tables(read_scenario(text), n, seed=seed, **options)


def column(table, name):
    return np.array(table.column(name).to_pylist())


def one(columns, n=1_000, seed=0, events=""):
    return made(f"[tables.a.columns]\n{columns}\n{events}", n, seed)["a"]


def test_rows_keys_lookups_and_order_hold():
    tables = made(SHOP)
    orders, customers, items = (tables[name].to_pandas() for name in ("orders", "customers", "items"))
    assert (len(orders), len(customers), len(items)) == (1_000, 100, 50)
    assert customers["id"].is_unique
    assert items["item"].tolist() == list(range(100, 600, 10))
    joined = orders.merge(customers, on="id", suffixes=("", "_c")).merge(items, on="item")
    assert len(joined) == 1_000
    assert (joined["price"] > 5).all()
    assert np.allclose(joined["paid"], 2 * joined["price"])
    assert (joined["joined"] == joined["joined_c"]).all()
    assert (orders["at"].dt.date >= orders["joined"]).all()
    for _, rows in orders.groupby("id"):
        assert rows["at"].is_monotonic_increasing
        assert rows["nth"].tolist() == list(range(1, len(rows) + 1))
        assert rows.index.tolist() == list(range(rows.index[0], rows.index[0] + len(rows)))
    each = joined.groupby("rich").size() / customers.groupby("rich").size()
    assert 6 < each[True] / each[False] < 16


def test_two_references_to_one_table_are_told_apart_by_their_names():
    text = """
[tables.accounts]
rows = 20
[tables.accounts.columns]
id = { numbering = 1 }
money = { distribution = "uniform" }
[tables.payments]
parent = "accounts"
[tables.payments.columns]
sender = { reference = "accounts" }
receiver = { reference = "accounts" }
sent = { formula = "sender.money" }
got = { formula = "receiver.money" }
also = { formula = "accounts.money" }
"""
    tables = made(text, 500)
    money = dict(zip(column(tables["accounts"], "id"), column(tables["accounts"], "money"), strict=True))
    rows = tables["payments"].to_pandas()
    assert rows["sent"].tolist() == [money[key] for key in rows["sender"]] == rows["also"].tolist()
    assert rows["got"].tolist() == [money[key] for key in rows["receiver"]]
    assert rows["sender"].is_monotonic_increasing
    assert not rows["receiver"].is_monotonic_increasing


def test_counts_decide_the_rows_of_a_table_that_is_not_the_main_one():
    main = SHOP.replace("[tables.customers]", 'main = "customers"\n[tables.customers]', 1)
    tables = made(main.replace('rows = "n / 10"', ""), 200)
    assert tables["customers"].num_rows == 200
    rich = column(tables["customers"], "rich").sum()
    assert tables["orders"].num_rows == pytest.approx(20 * rich + 2 * (200 - rich), rel=0.15)


def test_order_time_sorts_all_rows():
    orders = made(SHOP.replace("[tables.orders]", '[tables.orders]\norder = "time"', 1))["orders"]
    at = column(orders, "at")
    assert (at[1:] >= at[:-1]).all()
    turns = {}
    for key, turn in zip(column(orders, "id"), column(orders, "nth"), strict=True):
        turns[key] = turns.get(key, 0) + 1
        assert turn == turns[key]


def test_equal_seeds_give_equal_tables_and_a_column_more_changes_no_other():
    first, again, other = made(SHOP), made(SHOP), made(SHOP, seed=1)
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["orders"].equals(other["orders"])
    more = made(SHOP.replace("nth = {", 'extra = { distribution = "normal" }\nnth = {'))
    assert more["orders"].drop_columns(["extra"]).equals(first["orders"])
    assert make_tables(read_scenario(SHOP), 1_000, seed=0, only="orders")["orders"].equals(first["orders"])


def test_one_row_can_be_asked_for():
    assert {name: table.num_rows for name, table in made(SHOP, 1).items()} == {"customers": 1, "items": 50, "orders": 1}


@pytest.mark.parametrize(("rate", "n"), [(0.002, 1_000), (0.002, 1_001), (0.0125, 999), (0.5, 3), (0.0, 100), (1.0, 100)])
def test_rates_are_exact_and_labels_right(rate, n):
    rows = one(
        "x = {distribution = 'normal'}\nlabel = {planted = 'all'}\nname = {planted = 'all', named = true, otherwise = 'none'}",
        n,
        events=f"[[tables.a.events]]\nname = 'odd'\nrate = {rate}\nset = {{x = 100}}\n",
    )
    label, x = column(rows, "label"), column(rows, "x")
    assert label.sum() == int(rate * n + 0.5)
    assert (label == (x == 100)).all()
    assert (label == (column(rows, "name") == "odd")).all()


def test_events_within_a_slice_never_meet_and_formulas_see_what_they_set():
    rows = one(
        "k = {values = ['a', 'b'], weights = [1, 3]}\nx = {distribution = 'uniform'}\ny = {formula = '2 * x'}\n"
        "e = {planted = ['first']}\nname = {planted = 'all', named = true}",
        2_000,
        events="[[tables.a.events]]\nname = 'first'\nrate = 0.5\nof = 'slice'\nwhen = \"k = 'a'\"\nset = {x = 'x + 10'}\n"
        "[[tables.a.events]]\nname = 'second'\ncount = 7\nset = {x = 'x + 20'}\n",
    )
    k, x, y, name = (column(rows, part) for part in ("k", "x", "y", "name"))
    assert (name == "second").sum() == 7
    assert (name == "first").sum() == int((k == "a").sum() * 0.5 + 0.5)
    assert (k[name == "first"] == "a").all()
    assert (column(rows, "e") == (name == "first")).all()
    assert ((x > 10) & (x < 11)).sum() == (name == "first").sum()
    assert np.allclose(y, 2 * x)
    assert rows.column("name").null_count == 2_000 - (name == "first").sum() - 7


def test_too_few_rows_for_an_event_is_an_error_with_line_and_key():
    event = "[[tables.a.events]]\nname = 'e'\nrate = 0.5\nwhen = \"k = 'b'\"\n"
    with pytest.raises(InputError, match=r"line 6, tables.a.events\[0\].rate: event 'e' needs 500 rows, but there are only 0"):
        one("k = {values = ['a']}\n", events=event)
    with pytest.raises(InputError, match="needs 2,000 rows, the table has 1,000"):
        one("k = {values = ['a']}\n", events="[[tables.a.events]]\nname = 'e'\ncount = 2000\n")


def test_bursts_are_short_of_one_card_at_one_merchant_and_end_in_a_large_payment():
    scenario = load_scenario("payments")
    rows = make_tables(scenario, 50_000, seed=3)["payments"].to_pandas()
    assert (rows["pattern"] == "card_testing").sum() == 60
    assert (rows["pattern"] == "stolen_card").sum() == 40
    assert (rows["fraud"] == (rows["pattern"] != "none")).all()
    bursts = rows[rows["pattern"] == "card_testing"]
    for _, burst in bursts.groupby(["card_id", "merchant_id"]):
        assert (burst["time"].max() - burst["time"].min()).total_seconds() <= 12 * 60
        assert burst["device"].nunique() == 1
        assert (burst["channel"] == "online").all()
        assert len(burst) == 1 or (burst["amount"].iloc[:-1] <= 4).all()
        assert burst["amount"].iloc[-1] > 4
    assert rows["time"].is_monotonic_increasing
    assert rows["payment_id"].is_unique
    assert np.allclose(rows["hour"], rows["time"].dt.hour)


def test_bursts_may_be_limited_to_some_parents_and_reach_no_further_than_the_end():
    text = SHOP.replace("nth = {", "e = { planted = 'all' }\nnth = {") + (
        "[[tables.orders.events]]\nname = 'e'\nrate = 0.3\npattern = 'burst'\nsize = 5\nwithin = '30 days'\n"
        "when = 'customers.rich'\nsame = ['item']\n"
    )
    tables = made(text, 2_000)
    orders = tables["orders"].to_pandas().merge(tables["customers"].to_pandas(), on="id")
    assert orders["e"].sum() == 600
    assert orders.loc[orders["e"], "rich"].all()
    assert orders["at"].max() < np.datetime64("2022-01-01")


def test_faults_stick_drift_jump_and_drop():
    columns = "m = {reference = 'machines'}\nt = {clock = {start = 2024-01-01, every = '1 minute'}}\n" + "".join(
        f"{name} = {{formula = '{value}', type = 'float64'}}\n"
        for name, value in (("a", "turn"), ("b", "0 * turn"), ("c", "0 * turn"), ("d", "turn"))
    )
    faults = (("stuck", "a", 10, ""), ("drift", "b", 8, 4), ("spike", "c", 1, 9), ("dropout", "d", 5, ""))
    text = "[tables.machines]\nrows = 10\n[tables.machines.columns]\nid = {numbering = 1}\n[tables.r]\nparent = 'machines'\n"
    text += f"[tables.r.columns]\n{columns}what = {{planted = 'all', named = true, otherwise = '-'}}\n"
    for kind, name, length, size in faults:
        text += f"[[tables.r.events]]\nname = '{kind}'\nrate = 0.1\npattern = 'stretch'\nlength = {length}\n"
        text += f"fault = '{kind}'\ncolumns = ['{name}']\n"
        text += f"size_of_fault = {size}\n" if size else ""
    rows = made(text, 2_000)["r"].to_pandas()
    for kind, *_ in faults:
        assert (rows["what"] == kind).sum() == 200
    rows["run"] = (rows["what"] != rows["what"].shift()).cumsum()
    turn = rows.groupby("m").cumcount() + 1
    assert (rows.loc[rows["what"] != "stuck", "a"] == turn[rows["what"] != "stuck"]).all()
    stuck = rows[rows["what"] == "stuck"]
    assert stuck.groupby(["m", "run"])["a"].nunique().max() <= 3  # neighbouring stretches may touch
    assert stuck["a"].nunique() < 60
    drift = rows.loc[rows["what"] == "drift", "b"]
    assert set(drift) == {0.5 * step for step in range(1, 9)}
    assert (rows.loc[rows["what"] == "spike", "c"] == 9).all()
    assert rows["d"].isna().equals(rows["what"] == "dropout")
    assert (rows.loc[rows["what"] != "spike", "c"] == 0).all()


def test_stretches_may_fill_everything():
    rows = one(
        "x = {distribution = 'normal'}\ne = {planted = 'all'}",
        500,
        events="[[tables.a.events]]\nname = 'e'\nrate = 1.0\npattern = 'stretch'\nlength = 7\n",
    )
    assert column(rows, "e").all()


def test_arrivals_follow_their_profiles():
    hours = [0] * 24
    hours[3], hours[20] = 1, 3
    rows = one(
        f"t = {{arrivals = {{start = 2024-01-01, end = 2026-01-01, hours = {hours}, "
        "weekdays = [1, 1, 1, 1, 1, 0, 0], growth = 1.0}}\n"
        "h = {formula = 'hour(t)'}\nw = {formula = 'weekday(t)'}\ny = {formula = 'year(t)'}",
        20_000,
    )
    h, w, y = (column(rows, name) for name in "hwy")
    assert set(h) == {3, 20}
    assert (h == 20).mean() == pytest.approx(0.75, abs=0.015)
    assert w.max() == 4
    assert (y == 2025).mean() == pytest.approx(2 / 3, abs=0.015)


def test_a_series_remembers_its_neighbour_and_forgets_between_entities():
    text = """
[tables.m]
rows = 100
[tables.m.columns]
id = { numbering = 1 }
[tables.r]
parent = "m"
[tables.r.columns]
id = { reference = "m" }
x = { distribution = "series", correlation = 0.9, sd = 2 }
"""
    rows = made(text, 40_000)["r"].to_pandas()
    assert rows["x"].std() == pytest.approx(2, abs=0.1)
    before = rows.groupby("id")["x"].shift()
    assert rows["x"].corr(before) == pytest.approx(0.9, abs=0.01)


def test_conditional_rules_mixtures_maps_and_nulls():
    rows = one(
        "k = {values = ['a', 'b', 'c'], weights = [2, 1, 1]}\n"
        "x = {cases = [{when = \"k = 'a'\", distribution = 'uniform', low = 0, high = 1}, {when = \"k = 'b'\", formula = '5'}]}\n"
        "m = {of = 'k', map = {a = 'one', b = {values = ['two', 'three']}}, otherwise = 'rest'}\n"
        "z = {mixture = [{formula = '0'}, {distribution = 'uniform', low = 1, high = 2}], "
        "weights = [3, \"1 if k = 'a' else 0\"]}\n"
        "s = {values = ['l', 'r'], weights = [\"1 if k = 'a' else 0\", 1]}\n"
        "n = {distribution = 'normal', null = \"0.5 if k = 'a' else 0\"}\n"
        "p = {distribution = 'bernoulli', p = \"logistic(-30 + 60 * (k = 'c'))\"}",
        4_000,
    ).to_pandas()
    a, b, c = (rows["k"] == level for level in "abc")
    assert rows.loc[a, "x"].between(0, 1).all()
    assert (rows.loc[b, "x"] == 5).all()
    assert rows.loc[c, "x"].isna().all()
    assert set(rows.loc[a, "m"]) == {"one"}
    assert set(rows.loc[b, "m"]) == {"two", "three"}
    assert set(rows.loc[c, "m"]) == {"rest"}
    assert (rows.loc[~a, "z"] == 0).all()
    assert (rows.loc[a, "z"] > 0).mean() == pytest.approx(0.25, abs=0.03)
    assert (rows.loc[~a, "s"] == "r").all()
    assert (rows.loc[a, "s"] == "l").mean() == pytest.approx(0.5, abs=0.04)
    assert rows.loc[a, "n"].isna().mean() == pytest.approx(0.5, abs=0.04)
    assert not rows.loc[~a, "n"].isna().any()
    assert (rows["p"] == c).all()


def test_types_rounding_steps_and_uniqueness():
    rows = one(
        "a = {distribution = 'uniform', low = 0.3, high = 9.7, round = 0, at_least = 0.3, at_most = 9.7}\n"
        "b = {distribution = 'normal', step = 0.25}\nc = {distribution = 'uniform', type = 'decimal128(6, 3)'}\n"
        "d = {distribution = 'integers', low = 1, high = 1000, unique = true, type = 'int16'}\n"
        "e = {id = '{letters:2}{digits:2}', unique = true}\nf = {distribution = 'poisson', mean = 3}\n"
        "g = {formula = 'f + 1'}\nh = {formula = 'f / 2', type = 'float32'}\ni = {formula = 'text(f)'}\n"
        "j = {distribution = 'dates', start = 2024-01-01, end = 2024-12-31, type = 'timestamp[ms, tz=UTC]'}\n"
        "k = {formula = 'null', type = 'int32'}\nl = {distribution = 'bernoulli', p = 0.5, type = 'int8'}\n"
        "m = {formula = 'f', type = 'string'}"
    )
    kinds = dict(zip(rows.schema.names, map(str, rows.schema.types), strict=True))
    assert kinds == {
        "a": "int64", "b": "double", "c": "decimal128(6, 3)", "d": "int16", "e": "string", "f": "int64", "g": "int64",
        "h": "float", "i": "string", "j": "timestamp[ms, tz=UTC]", "k": "int32", "l": "int8", "m": "string",
    }  # fmt: skip
    assert set(column(rows, "a")) == set(range(1, 10))
    assert np.array_equal(column(rows, "b") % 0.25, np.zeros(1_000))
    assert sorted(column(rows, "d")) == list(range(1, 1_001))
    assert len(set(column(rows, "e"))) == 1_000
    assert rows.column("k").null_count == 1_000
    assert rows.column("m").to_pylist() == [str(value) for value in column(rows, "f")]
    schema = schema_of(read_scenario("[tables.a.columns]\nl = {distribution = 'bernoulli', p = 0.5, type = 'int8'}"), "a")
    assert schema.column("l").kind == "boolean"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("x = {distribution = 'integers', low = 1, high = 3, unique = true}", "too few different values"),
        ("x = {distribution = 'normal', mean = 500, type = 'int8'}", "beyond int8"),
        ("x = {distribution = 'uniform', high = 100, type = 'decimal128(3, 2)'}", "decimal128"),
        ("x = {distribution = 'normal'}\ny = {formula = 'log(x)'}", "gives no finite number"),
        ("x = {distribution = 'normal'}\ny = {distribution = 'normal', sd = 'x'}", "sd must be more than 0"),
        ("x = {distribution = 'normal'}\ny = {distribution = 'bernoulli', p = 'x'}", "p must be from 0 to 1"),
        ("x = {distribution = 'normal'}\ny = {formula = '1', null = 'x'}", "must be a chance from 0 to 1"),
        ("x = {distribution = 'uniform', at_least = 3, at_most = 4}", "nothing of this distribution lies between"),
        ("x = {distribution = 'normal'}\ny = {values = ['a', 'b'], weights = ['x', 1]}", "a weight is negative"),
        ("x = {formula = '1 if row > 0 else 2', unique = true}", "must be unique"),
    ],
)
def test_what_shows_only_on_the_rows_names_its_line(columns, said):
    with pytest.raises(InputError) as raised:
        one(columns)
    assert said in str(raised.value)
    assert "line " in str(raised.value)


def test_a_table_of_a_million_rows_is_not_made_by_mistake():
    with pytest.raises(InputError, match="must give a number of rows"):
        made(SHOP.replace('"n / 10"', '"n * 1e9"'))
    with pytest.raises(InputError, match="at least 1 row"):
        made(SHOP, 0)


def test_made_up_names_are_drawn_from_a_seeded_pool():
    pytest.importorskip("faker")
    text = "x = {fake = 'name', locale = 'de_DE', pool = 50}\ny = {fake = 'city'}"
    rows = one(text, 5_000)
    assert rows.equals(one(text, 5_000))
    assert 40 <= len(set(column(rows, "x"))) <= 50
    assert not rows.equals(one(text, 5_000, seed=1))


def test_without_faker_it_says_how_to_install_it(monkeypatch):
    import sys

    from assay.core.errors import MissingDependencyError
    from assay.scenario import fake

    monkeypatch.setitem(sys.modules, "faker", None)
    fake._pool.cache_clear()
    with pytest.raises(MissingDependencyError, match=r"pip install -e '.\[rules\]'"):
        read_scenario("[tables.a.columns]\nx = {fake = 'name'}")


def test_tables_are_arrow_with_nothing_hidden():
    rows = made("[tables.a.columns]\nx = {distribution = 'normal', hidden = true}\ny = {formula = 'x'}")["a"]
    assert isinstance(rows, pa.Table)
    assert rows.column_names == ["y"]
