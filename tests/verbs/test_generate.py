"""assay generate: from any table to stamped synthetic rows in a file."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.core.registry import get
from assay.data.readers import read_lineage
from assay.testing.contracts import mixed_table
from assay.verbs.generate import generate

REAL = mixed_table(200)


def test_the_same_rows_from_the_same_seed_whatever_the_frame():
    arrow = pa.table({"x": list(range(50)), "c": ["a", "b"] * 25})
    frames = (arrow, pd.DataFrame.from_arrow(arrow), pl.DataFrame(arrow))
    assert len({generate(frame, with_="tree_chain", n=20, seed=5).sha256 for frame in frames}) == 1
    assert generate(arrow, with_="tree_chain", n=20, seed=6).sha256 != generate(arrow, with_="tree_chain", n=20, seed=5).sha256


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_file_holds_rows_types_and_lineage(tmp_path, suffix):
    out = tmp_path / f"synthetic{suffix}"
    drawn = generate(REAL, with_="marginals", n=30, seed=2, out=out)
    lineage = read_lineage(out)
    assert lineage == drawn.lineage
    assert lineage is not None
    assert (lineage.generator, lineage.seed, lineage.parents) == ("marginals", 2, (REAL.sha256,))
    if suffix == ".parquet":
        kept = [name for name in REAL.names if name != "seen"]  # Parquet has no seconds: they come back as milliseconds
        assert pq.read_table(out).select(kept).schema.remove_metadata().equals(REAL.table.select(kept).schema)


def test_lineage_deepens_through_files(tmp_path):
    generate(REAL, with_="marginals", n=60, out=tmp_path / "first.parquet")
    second = generate(tmp_path / "first.parquet", with_="marginals", n=10)
    assert second.lineage is not None
    assert second.lineage.depth == 2


def test_saved_and_loaded_gives_the_same(tmp_path):
    first = generate(REAL, with_="tree_chain", n=25, seed=1, settings={"trees": "2"}, save=tmp_path / "model")
    again = generate(n=25, seed=1, load=tmp_path / "model")
    assert again.sha256 == first.sha256
    assert again.lineage == first.lineage
    where = generate(n=25, seed=1, load=tmp_path / "model", where="age > 40")
    assert (where.numbers("age") > 40).all()


def test_where_and_balance_together():
    drawn = generate(REAL, with_="tree_chain", n=30, where="age > 40", balance="member")
    assert (drawn.numbers("age") > 40).all()
    assert drawn.table.column("member").null_count == 10
    assert drawn.lineage is not None
    assert drawn.lineage.parameters["first"] == ("member", "age")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"with_": "tree_chian"}, UnknownNameError, "Did you mean 'tree_chain'?"),
        ({"settings": {"trees": "1"}}, UnknownNameError, "No setting of marginals 'trees'"),
        ({"n": 0}, UsageError, "n must be an integer >= 1. Got 0."),
        ({"with_": None}, UsageError, "needs a generator"),
        ({"real": None}, UsageError, "Got neither"),
        ({"load": "somewhere"}, UsageError, "Got both"),
        ({"device": "cuda"}, UsageError, "marginals runs on the CPU only. Got device='cuda'."),
        ({"where": "agee > 3"}, InputError, "Did you mean 'age'?"),
        ({"with_": "tree_chain", "where": "id = 3"}, InputError, "Column 'id' is id: it is not modelled"),
        ({"balance": "levle"}, InputError, "Did you mean 'level'?"),
        ({"target": "lvl"}, InputError, "lvl"),
        ({"out": "nowhere/at/all.parquet"}, InputError, "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(change, error, words):
    with pytest.raises(error) as raised:
        generate(**{"real": REAL, "with_": "marginals", "n": 5, **change})
    assert words in str(raised.value)


def test_a_folder_of_another_generator_or_with_settings_is_refused(tmp_path):
    generate(REAL, with_="marginals", n=5, save=tmp_path)
    with pytest.raises(UsageError, match=r"holds a 'marginals' generator. Got with_='tree_chain'"):
        generate(n=5, load=tmp_path, with_="tree_chain")
    with pytest.raises(UsageError, match="A saved generator keeps its settings"):
        generate(n=5, load=tmp_path, settings={"text": "null"})


def test_a_generator_fitted_on_another_device_draws_on_this_machine(tmp_path):
    pytest.importorskip("torch")
    made = get("generator", "vae")(epochs=2).fit(REAL, seed=1)
    made.device = "cuda:77"
    made.save(tmp_path)
    assert generate(n=5, seed=2, load=tmp_path).lineage.parameters["device"] == "cpu"
    with pytest.raises(UsageError, match=r"device must be one of those here: .*Got 'cuda:77'"):
        generate(n=5, load=tmp_path, device="cuda:77")


def test_where_a_loaded_generator_cannot_compute_is_said(tmp_path):
    generate(REAL, with_="marginals", n=5, save=tmp_path)
    with pytest.raises(UsageError, match="marginals runs on the CPU only"):
        generate(n=5, load=tmp_path, device="cuda")


@pytest.mark.parametrize("name", ["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"])
def test_a_real_table_with_everything_in_it(shared_data, name):
    drawn = generate(shared_data / "stroke.csv", with_=name, n=400, target="stroke", null="N/A")
    assert len(drawn) == 400
    assert drawn.table.column("bmi").null_count > 0
