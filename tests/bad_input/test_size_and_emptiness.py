"""Tables with too little in them, or nothing but one thing; and tables with too much."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import assay
from bad_input.made import failing, patients, warned, with_column


def test_no_rows(refused, file):
    empty = file(patients().slice(0, 0), "empty.parquet")
    error = refused(empty, file(patients(), "made.parquet"))
    assert error.file == str(empty)
    assert "no rows" in error.message


def test_no_columns(refused, file):
    assert "no columns" in refused(pd.DataFrame(index=[0, 1])).message
    assert "no columns" in refused(file(pa.table({}), "none.parquet")).message


def test_header_only(refused, file):
    assert "no rows" in refused(file("a,b\n")).message


def test_empty_file(refused, file):
    assert "empty" in refused(file("")).message
    assert "empty" in refused(file(b"\xef\xbb\xbf \n")).message


def test_one_row(refused, file):
    assert "only 1 row" in refused(file("a,b\n1,2\n")).message


def test_under_twenty_rows_cannot_tell(handled):
    document = handled(patients(), patients(19, 1), holdout=patients(60, 2), target="ill")
    assert document["verdict"] == "cannot_tell"
    assert "19 rows" in document["reasons"][0]
    assert document["rows_needed"] == 20


def test_one_column(handled):
    for column in ("age", "ward"):
        assert handled(patients().select([column]), patients(80, 1).select([column]), policy="test")["checks"]


def test_only_a_key(handled):
    keys = [pa.table({"key": [f"k{side}{row}" for row in range(80)]}) for side in (0, 1)]
    document = handled(*keys)
    assert document["verdict"] != "trusted"
    assert "Taken as ids" in warned(document)


def test_constant_column(handled):
    real, made = (with_column(patients(80, seed), "site", ["A"] * 80) for seed in (0, 1))
    assert "'site' has one value only" in warned(handled(real, made))


def test_nothing_but_constants(handled):
    table = pa.table({"a": [1] * 60, "b": ["x"] * 60})
    assert handled(table, table, holdout=table.slice(0, 40))["verdict"] != "trusted"


def test_all_null_column_is_named_as_not_covered(handled):
    real, made = (with_column(patients(80, seed), "gone", pa.nulls(80, pa.string())) for seed in (0, 1))
    assert "'gone' has no values; it is not covered" in warned(handled(real, made))


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.date32(), pa.timestamp("ns", tz="UTC"), pa.time64("us")])
def test_all_null_datetime(handled, kind):
    real, made = (with_column(patients(80, seed), "when", pa.nulls(80, kind)) for seed in (0, 1))
    assert assay.load(real).schema.column("when").kind == "datetime"
    assert "'when' has no values" in warned(handled(real, made))


def test_all_but_one_percent_null(handled):
    cells = [1.5] + [None] * 199
    real, made = (with_column(patients(200, seed), "rare", cells) for seed in (0, 1))
    handled(real, made)


def test_nulls_only_in_synthetic_fail(handled):
    made = patients(300, 1)
    lab = [None if row % 2 else cell for row, cell in enumerate(made.column("lab").to_pylist())]
    assert "new_nulls" in failing(handled(patients(300), with_column(made, "lab", lab)))


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read as Linux tells it")
def test_three_hundred_thousand_levels_in_bounded_memory():
    code = (
        "import numpy as np, pyarrow as pa, resource, assay\n"
        "def table(seed):\n"
        "    rng = np.random.default_rng(seed)\n"
        "    names = np.char.add('level ', np.arange(300_000).astype(str))\n"
        "    cells = pa.array(names).take(pa.array(rng.permutation(np.repeat(np.arange(300_000), 2))))\n"
        "    return pa.table({'many': cells, 'x': rng.normal(size=600_000)})\n"
        "real, made = table(0), table(1)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "report = assay.check(real, made, policy='test', jobs=1)\n"
        "print(report.verdict, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert int(ended.stdout.split()[-1]) < 1500


def test_fifteen_thousand_columns_are_told_first():
    table = pa.table({f"x{position}": np.arange(3) for position in range(15_000)})
    data = assay.load(table)
    assert len(data.names) == 15_000
    from assay.data.hints import hints

    assert "112,492,500 pairs" in hints(data)[0]
