"""``assay profile``: counts on disk, checked against counts on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from assay.cli.app import app
from assay.core.errors import UsageError


def table(path: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 10, 2_000)
    pq.write_table(pa.table({"age": age, "income": age + rng.normal(0, 5, 2_000)}), path)
    return path


def test_profiles_are_written_and_checked(tmp_path: Path) -> None:
    real, synthetic = table(tmp_path / "real.parquet", 0), table(tmp_path / "synthetic.parquet", 1)
    run = CliRunner()
    made = run.invoke(app, ["profile", str(real), "--out", str(tmp_path / "real.profile")])
    assert made.exit_code == 0
    assert "2,000 rows" in made.output
    arguments = [str(synthetic), "--like", str(tmp_path / "real.profile"), "--out", str(tmp_path / "synthetic.profile")]
    assert run.invoke(app, ["profile", *arguments]).exit_code == 0
    paths = [str(tmp_path / "real.profile"), str(tmp_path / "synthetic.profile")]
    checked = run.invoke(app, ["check", *paths, "--json", str(tmp_path / "report.json")])
    assert checked.exit_code == 3
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["verdict"] == "cannot_tell"
    assert report["inputs"]["real"]["rows"] == 2_000


def test_a_profile_never_overwrites_the_table(tmp_path: Path) -> None:
    real = table(tmp_path / "real.parquet", 0)
    with pytest.raises(UsageError, match="is the table itself"):
        CliRunner().invoke(app, ["profile", str(real), "--out", str(real)], catch_exceptions=False)


@pytest.mark.parametrize("option", ["--like", "--schema"])
def test_a_profile_never_overwrites_what_it_was_made_with(tmp_path: Path, option: str) -> None:
    real, other = table(tmp_path / "real.parquet", 0), tmp_path / "other"
    other.write_bytes(b"mine")
    with pytest.raises(UsageError, match="Give it a path of its own"):
        CliRunner().invoke(app, ["profile", str(real), option, str(other), "--out", str(other)], catch_exceptions=False)
    assert other.read_bytes() == b"mine"


def test_a_number_of_threads_that_cannot_be_is_refused(tmp_path: Path) -> None:
    real = table(tmp_path / "real.parquet", 0)
    for jobs in ("0", "-1"):
        with pytest.raises(UsageError, match="jobs must be an integer >= 1"):
            CliRunner().invoke(app, ["profile", str(real), "--out", str(tmp_path / "p"), "--jobs", jobs], catch_exceptions=False)
    assert not (tmp_path / "p").exists()
