"""Saved profiles: they check without rows, add up, refuse what was changed, and show nothing of a few rows."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.checking.disclosure import LEAST
from assay.checking.profile_files import ProfiledDataset, is_profile, read_profile, write_profile
from assay.core.errors import InputError, UsageError
from assay.verbs.check import check
from assay.verbs.load import load
from assay.verbs.profile import profile

COUNTED = ("ks_distance", "wasserstein_distance", "category_gap", "pair_gap", "variance_ratio", "tail_mass", "missingness_gap")


def people(rows: int, seed: int, *, shift: float = 0.0) -> pa.Table:
    rng = np.random.default_rng(seed)
    age = rng.normal(50 + shift, 15, rows).round(7)
    city = np.array(["Bonn", "Ulm", "Jena"])[rng.integers(0, 3, rows)].astype(object)
    city[:7] = "a village"
    gain = np.where(rng.random(rows) < 0.9, 0.0, np.exp(rng.normal(8, 1, rows))).round(5)
    return pa.table({"age": age, "city": city.tolist(), "gain": gain, "ill": (age + rng.normal(0, 20, rows) > 60).tolist()})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    profile(people(4_000, 0), out=tmp_path / "real.profile", target="ill")
    return tmp_path / "real.profile"


def test_what_is_read_is_what_was_written(saved: Path, tmp_path: Path) -> None:
    made = read_profile(saved)
    again = profile(people(4_000, 0), target="ill")
    assert is_profile(saved)
    assert made.schema == again.schema
    assert made.sha256 == load(people(4_000, 0)).sha256
    assert len(made) == 4_000
    for field in dataclasses.fields(made.profile):
        if field.name != "layout":
            assert np.array_equal(getattr(made.profile, field.name), getattr(again.profile, field.name))
    write_profile(tmp_path / "twice.profile", made)
    assert (tmp_path / "twice.profile").read_bytes() == saved.read_bytes()


def test_profiles_built_apart_from_one_layout_add_up(saved: Path, tmp_path: Path) -> None:
    parts = []
    for at in (0, 1):
        pq.write_table(people(4_000, 1).slice(2_000 * at, 2_000), tmp_path / f"{at}.parquet")
        profile(tmp_path / f"{at}.parquet", like=saved, out=tmp_path / f"{at}.profile")
        parts.append(read_profile(tmp_path / f"{at}.profile"))
    whole = profile(people(4_000, 1), like=saved).profile
    added = parts[0] + parts[1]
    assert len(added) == added.profile.total == 4_000
    assert np.array_equal(added.profile.cells.sum(axis=0), whole.cells.sum(axis=0))
    assert added.profile.moments.sum(axis=0) == pytest.approx(whole.moments.sum(axis=0))
    assert np.array_equal((parts[0].profile + parts[1].profile).rows, added.profile.rows)
    assert added.profile.pairs.sum() == whole.pairs.sum()  # small crossed counts are pooled, none is lost
    report = check(saved, people(4_000, 1))
    write_profile(tmp_path / "added.profile", added)
    again = check(saved, tmp_path / "added.profile")
    outcomes = [{entry.family: entry.outcome for entry in part.scorecard.checks} for part in (report, again)]
    assert outcomes[0]["ks_distance"] == outcomes[1]["ks_distance"] == "pass"


def test_profiles_suffice_for_all_counts(saved: Path, tmp_path: Path) -> None:
    profile(people(4_000, 1), like=saved, out=tmp_path / "synthetic.profile")
    profile(people(4_000, 1, shift=8.0), like=saved, out=tmp_path / "shifted.profile")
    good = check(saved, tmp_path / "synthetic.profile", policy="train")
    bad = check(saved, tmp_path / "shifted.profile", policy="train")
    outcomes = {entry.family: entry.outcome for entry in bad.scorecard.checks}
    assert outcomes["ks_distance"] == "fail"
    assert bad.verdict == "not_trusted"
    outcomes = {entry.family: entry.outcome for entry in good.scorecard.checks}
    assert "fail" not in outcomes.values()
    assert good.verdict == "cannot_tell"
    reasons = {part.measure: part.reason for part in good.scorecard.not_checked}
    assert "real is a saved profile" in reasons["schema_match"]
    measured = {part.measure for part in good.scorecard.estimates}
    assert {"ks_distance", "pair_gap", "category_gap"} <= measured


def test_a_profile_against_a_table_equals_profile_against_profile(saved: Path, tmp_path: Path) -> None:
    profile(people(3_000, 1), like=saved, out=tmp_path / "synthetic.profile")
    pq.write_table(people(3_000, 1), tmp_path / "synthetic.parquet")
    pq.write_table(people(4_000, 0), tmp_path / "real.parquet")
    reports = [check(saved, other, policy="test") for other in (tmp_path / "synthetic.profile", tmp_path / "synthetic.parquet")]
    numbers = [[part.to_dict() for part in report.scorecard.estimates if part.measure in COUNTED] for report in reports]
    assert numbers[0]
    assert numbers[0] == numbers[1]


def test_other_cells_and_other_columns_are_refused(saved: Path, tmp_path: Path) -> None:
    profile(people(4_000, 1), out=tmp_path / "own.profile")
    with pytest.raises(InputError, match="counts other cells"):
        check(saved, tmp_path / "own.profile")
    with pytest.raises(InputError, match="no column 'age'"):
        check(saved, people(500, 1).drop_columns("age"))
    with pytest.raises(UsageError, match="own schema"):
        check(saved, people(500, 1), target="ill")
    with pytest.raises(UsageError, match="holdout must be a table"):
        check(people(500, 1), people(500, 2), holdout=saved)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_changed_byte_is_noticed(saved: Path, at: float) -> None:
    data = bytearray(saved.read_bytes())
    data[int(at * len(data))] ^= 0x5A
    saved.write_bytes(bytes(data))
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(saved)


def test_a_cut_file_and_another_archive_are_refused(saved: Path, tmp_path: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-500])
    with pytest.raises(InputError, match="cannot be read"):
        check(saved, people(500, 1))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", "b")
    assert not is_profile(tmp_path / "other.zip")


def test_nothing_of_fewer_than_ten_rows_is_shown(tmp_path: Path) -> None:
    table = people(4_000, 0)
    made = profile(table, out=tmp_path / "t.profile", target="ill")
    for cells in made.profile.layout.columns:
        counts = made.profile.counts(cells.name)
        values = table.column(cells.name)
        if cells.levels is not None:
            assert "a village" not in cells.levels.to_pylist()
            assert counts[: len(cells.levels)].min() >= LEAST
            continue
        assert counts[:-1].min() >= LEAST
        numbers, times = np.unique(values.to_numpy(), return_counts=True)
        rare = set(numbers[times < LEAST].tolist())
        assert not rare & set(cells.edges.tolist())
        assert not rare & set(np.ravel(cells.scales)[np.isfinite(np.ravel(cells.scales))].tolist())
        assert not rare & set(cells.ends)
    for array in (made.profile.pairs, made.profile.triples, made.profile.digits):
        total = array.sum(axis=0)
        assert not ((total > 0) & (total < LEAST)).any()
    for sums in (made.profile.moments, made.profile.excesses):
        assert not ((sums[..., 0] > 0) & (sums[..., 0] < LEAST)).any()
    times = made.profile.spikes[..., 1]
    assert not ((times > 0) & (times < LEAST)).any()


def test_a_profile_has_no_rows_to_give(saved: Path) -> None:
    made = load(saved)
    assert isinstance(made, ProfiledDataset)
    with pytest.raises(UsageError, match="no rows"):
        _ = made.source
