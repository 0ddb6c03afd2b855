"""Scenario files: every problem is told, with line and key, and all of them together."""

import pytest

from assay.core.errors import InputError, UnknownNameError
from assay.scenario.describe import describe
from assay.scenario.lines import lines_of
from assay.scenario.reading import load_scenario, read_scenario, shipped


def problems(text):
    with pytest.raises(InputError) as raised:
        read_scenario(text, file="s.toml")
    return [str(error) for error in raised.value.errors]


def test_problems_of_all_kinds_are_told_together_in_the_order_of_lines():
    told = problems(
        """senario = "x"
[tables.a]
row = 5
[tables.a.columns.x]
distribution = "nromal"
[tables.a.columns.y]
distribution = "normal"
sd = -1
[tables.a.columns.z]
formula = "w + 1"
[[tables.a.events]]
name = "e"
rate = 1.4
"""
    )
    assert [line.split(" ", 2)[2].split(": ")[0] for line in told] == [
        "1, senario",
        "3, tables.a.row",
        "5, tables.a.columns.x.distribution",
        "8, tables.a.columns.y.sd",
        "10, tables.a.columns.z.formula",
        "13, tables.a.events[0].rate",
    ]
    assert "Did you mean 'scenario'?" in told[0]
    assert "Did you mean 'normal'?" in told[2]
    assert "sd must be more than 0. Got -1" in told[3]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("x = {distribution = 'gamma', shape = 1}", "gamma needs mean"),
        ("x = {distribution = 'normal', mean = nan}", "must be a finite number"),
        ("x = {distribution = 'integers', low = 5, high = 2}", "high must be at least low"),
        ("x = {distribution = 'normal', at_least = 3, at_most = 2}", "at_least must not be more than at_most"),
        ("x = {distribution = 'normal', round = 2, step = 0.5}", "must stand without round"),
        ("x = {distribution = 'normal', type = 'int99'}", "No type 'int99'"),
        ("x = {values = ['a'], type = 'int64'}", "texts cannot be int64"),
        ("x = {values = ['a', 1]}", "nothing else beside them"),
        ("x = {values = ['a', 'b'], weights = [1, -1]}", "must not be negative"),
        ("x = {values = ['a', 'b'], weights = [1]}", "a list of 2 weights"),
        ("x = {values = ['a'], formula = '1'}", "Got values and formula"),
        ("x = {valus = ['a']}", "Did you mean 'values'?"),
        ("x = {id = 'abc'}", "no piece in braces"),
        ("x = {id = '{n'}", "brace without its partner"),
        ("x = {quantiles = [1, 3, 2]}", "must rise"),
        ("x = {quantiles = [1, 2, 3], shares = [0, 0.5, 0.9]}", "the last 1"),
        ("x = {cases = [{formula = '1'}, {formula = '2'}]}", "only the last case may be without"),
        ("x = {map = {a = 1}}", "map needs of"),
        ("x = {distribution = 'series', correlation = 1, sd = 1}", "between -1 and 1"),
        ("x = {distribution = 'dates', start = '2024-01-01', end = 2025-01-01}", "without quotes"),
        ("x = {arrivals = {start = 2025-01-01, end = 2024-01-01}}", "later than start"),
        ("x = {arrivals = {start = 2024-01-01, end = 2025-01-01, hours = [1, 2]}}", "a list of 24 weights"),
        ("x = {arrivals = {start = 2024-01-01, end = 2025-01-01, houres = 1}}", "Did you mean 'hours'?"),
        ("x = {clock = {start = 2024-01-01, every = '5 parsecs'}}", "must be a duration"),
        ("x = {clock = {start = 2024-01-01, every = '5 minutes', jitter = '6 minutes'}}", "less than every"),
        ("x = {reference = 'b'}", "No table 'b'"),
        ("x = {planted = ['e']}", "No event 'e'"),
        ("x = {mixture = [{numbering = 1}], weights = [1]}", "fills a whole column"),
        ("x = {values = ['a'], null = 1.5}", "from 0 to 1"),
        ("x = {values = ['a'], null = \"'a'\"}", "a chance or a condition"),
        ("x = {formula = 'null'}", "say its type"),
        ("x = {numbering = 1, hidden = true}", "a column that is not hidden"),
        ("x = {formula = 'y.z'}", "refers to no table 'y'"),
        ("x = {formula = 'y + 1'}\ny = {formula = 'x + 1'}", "x -> y -> x"),
        ("x = {fake = 'nme'}", "Did you mean 'name'?"),
        ("x = {fake = 'name', locale = 'xx_XX'}", "no locale"),
    ],
)
def test_what_is_wrong_with_a_column(columns, said):
    if "fake" in columns:
        pytest.importorskip("faker")
    told = problems(f"[tables.a.columns]\n{columns}\n")
    assert any(said in line for line in told), told
    assert all("line " in line and "tables.a" in line for line in told)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("rate = 0.1", "needs name"),
        ("name = 'e'", "one of them. Got neither"),
        ("name = 'e'\nrate = 0.1\ncount = 3", "one of them. Got both"),
        ("name = 'e'\nrate = 0.1\npattern = 'burts'", "must be one of rows, burst, stretch"),
        ("name = 'e'\nrate = 0.1\nlength = 3", 'goes with pattern = "stretch"'),
        ("name = 'e'\nrate = 0.1\npattern = 'burst'\nsize = 3\nwithin = '1 hour'", "needs a column with arrivals"),
        ("name = 'e'\nrate = 0.1\npattern = 'stretch'", "needs length"),
        ("name = 'e'\nrate = 0.1\npattern = 'stretch'\nlength = 2\nfault = 'stuk'", "must be one of stuck"),
        ("name = 'e'\nrate = 0.1\npattern = 'stretch'\nlength = 2\nfault = 'drift'\ncolumns = ['x']", "needs size_of_fault"),
        ("name = 'e'\nrate = 0.1\nset = {xx = 1}", "No column 'xx'"),
        ("name = 'e'\nrate = 0.1\nset = {x = \"'a'\"}", "must give a number"),
        ("name = 'e'\nrate = 0.1\nset = {label = true}", "it is filled by planted"),
        ("name = 'e'\nrate = 0.1\nwhen = 'x + 1'", "must be a truth"),
        ("name = 'e'\nrate = 0.1\nwhen = 'x > 1'\nset = {x = 2}", "in a circle"),
        ("name = 'e'\nrate = 0.1\nof = 'slice'", "goes with when"),
    ],
)
def test_what_is_wrong_with_an_event(event, said):
    columns = "[tables.a.columns]\nx = {distribution = 'normal'}\nlabel = {planted = 'all'}\n"
    told = problems(f"{columns}[[tables.a.events]]\n{event}\n")
    assert any(said in line for line in told), told


def test_rates_of_over_one_and_names_that_come_twice():
    event = "[[tables.a.events]]\nname = 'e'\nrate = 0.7\n"
    told = problems("[tables.a.columns]\nx = {distribution = 'normal'}\n" + 2 * event)
    assert any("add up to 1.4" in line and "line 3" in line for line in told)
    assert sum("names 2 events" in line for line in told) == 2


def test_tables_that_need_each_other():
    table = "[tables.{0}]\nrows = 3\n[tables.{0}.columns]\nk = {{numbering = 1}}\no = {{reference = '{1}'}}\n"
    told = problems(table.format("a", "b") + table.format("b", "a"))
    assert any("a -> b -> a" in line for line in told)


def test_a_table_of_unknown_size_and_one_without_a_key():
    told = problems("[tables.a.columns]\nx = {distribution = 'normal'}\n[tables.b.columns]\ny = {reference = 'a'}\n")
    assert any("needs rows" in line for line in told)
    assert any("has no key" in line for line in told)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n# nothing\n", "is empty"),
        (b"x = \n", "is not TOML"),
        (b'[tables.a.columns]\nx = "caf\xe9"\n', "line 2: is not UTF-8"),
        (b"x = " + b"[" * 5_000 + b"]" * 5_000, "nested too deep"),
        (b"title = 'x'\n", "must hold a table"),
        (b"tables = 3\n", "must hold a table"),
    ],
)
def test_files_that_are_no_scenario(tmp_path, data, said):
    path = tmp_path / "s.toml"
    path.write_bytes(data)
    with pytest.raises(InputError) as raised:
        load_scenario(path)
    assert said in str(raised.value)
    assert raised.value.file == str(path)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(InputError, match="too large: 100 MB"):
        load_scenario(path)


def test_names_that_nothing_ships_under_and_paths_that_do_not_exist(tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'payments'"):
        load_scenario("payment")
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(tmp_path)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xef\xbb\xbf[tables.a.columns]\r\nx = {numbering = 1}\r\n")
    assert load_scenario(path).main == "a"


def test_lines_are_found_whatever_the_layout():
    text = 'a.b = 1\n"c d" = """\n[x]\n"""\n[[e]]\n[e.f]\ng = [ # one\n  1,\n  {h = "]"},\n]\n[[e]]\nf = {g = 2}\n'
    found = lines_of(text)
    assert (found["a", "b"], found["c d",]) == (1, 2)
    assert found["e", 0, "f", "g", 1, "h"] == 9
    assert found["e", 1, "f", "g"] == 12
    assert ("x",) not in found


@pytest.mark.parametrize("name", shipped())
def test_those_that_ship_can_be_used_and_need_no_faker(name):
    lines = describe(load_scenario(name))
    assert lines[0].startswith("The scenario can be used")
    assert "fake" not in load_scenario(name).text
