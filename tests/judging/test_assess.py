"""From three tables to a verdict, without the verb around it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.inputs import LEAST_ROWS, Tables
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.infer import infer_schema
from assay.judging.assess import Assessment, assess, readers_of_rows, wanted
from assay.judging.policy import Policy, load_policy
from assay.verbs.check import check

POLICY = """
name = "counts"
purpose = "Tests."
error = 0.05
needs = [{needs}]

[checks.schema_match]
material = 0.001
blind = 0.02
reason = "It must fit."

[checks.ks_distance]
material = 0.05
mean = 0.05
blind = 0.5
reason = "It must lie where reality lies."
"""


def policy(folder: Path, needs: str = "") -> Policy:
    path = folder / f"counts-{needs.strip(chr(34)) or 'none'}.toml"
    path.write_text(POLICY.replace("{needs}", needs), encoding="utf-8")
    return load_policy(path)


def table(rows: int, rng: np.random.Generator, shift: float = 0.0) -> pa.Table:
    return pa.table(
        {
            "x": pa.array((rng.normal(size=rows) + shift).round(3)),
            "z": pa.array(rng.gamma(2.0, size=rows).round(3)),
            "k": pa.array(rng.choice(["p", "q", "r"], rows).tolist()),
            "y": pa.array(rng.choice(["no", "yes"], rows).tolist()),
        }
    )


def together(real: pa.Table, synthetic: pa.Table, holdout: pa.Table | None, **roles: str) -> Tables:
    known = Dataset(real, infer_schema(real, **roles), name="real")  # type: ignore[arg-type]
    others = [
        None if part is None else impose(part, known.schema, name=name)
        for name, part in (("synthetic", synthetic), ("holdout", holdout))
    ]
    assert others[0] is not None
    return Tables(known, others[0], others[1])


def judged(tables: Tables, rules: Policy, **options: object) -> Assessment:
    return assess(tables, tables, rules, **options)  # type: ignore[arg-type]


@pytest.fixture
def shifted() -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng(0)
    return table(600, rng), table(600, rng, 0.6), table(300, rng)


def test_the_verdict_is_that_of_a_check(tmp_path: Path, shifted: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    rules = policy(tmp_path)
    found = judged(together(*shifted, target="y"), rules, seed=3)
    report = check(shifted[0], shifted[1], holdout=shifted[2], target="y", policy=tmp_path / "counts-none.toml", seed=3, jobs=1)
    assert found.verdict.verdict == report.verdict == "not_trusted"
    assert found.verdict.findings == report.findings
    assert found.verdict.reasons == report.reasons
    assert found.verdict.findings[0].columns == ("x",)
    assert found.scorecard == report.scorecard
    assert found.pictures == report.pictures
    assert {run.name for run in found.runs} >= wanted(rules)


def test_pictures_are_made_only_where_they_are_drawn(tmp_path: Path, shifted: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    rules, tables = policy(tmp_path), together(*shifted)
    drawn, bare = judged(tables, rules), judged(tables, rules, draw=False)
    assert drawn.pictures
    assert ("x",) in {picture.columns for picture in drawn.pictures}
    assert bare.pictures == ()
    assert bare.verdict == drawn.verdict


def test_sound_rows_are_trusted_and_have_no_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    found = judged(together(table(3_000, rng), table(3_000, rng), table(1_500, rng)), policy(tmp_path))
    assert found.verdict.verdict == "trusted"
    assert found.verdict.findings == ()
    assert found.pictures == ()


@pytest.mark.parametrize("role", ["real", "synthetic", "holdout"])
def test_too_few_rows_cannot_tell_and_say_how_many_would(role: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    sizes = {"real": 200, "synthetic": 200, "holdout": 200, role: LEAST_ROWS - 1}
    tables = together(*(table(rows, rng) for rows in sizes.values()))
    found = judged(tables, policy(tmp_path))
    assert found.verdict.verdict == "cannot_tell"
    assert found.verdict.rows_needed == LEAST_ROWS
    assert found.verdict.reasons == (f"the {role} table has 19 rows; fewer than 20 tell nothing",)
    assert found.runs == ()
    assert {one.measure for one in found.scorecard.not_checked} == {"ks_distance", "schema_match"}
    assert all(one.outcome == "skipped" for one in found.scorecard.not_checked)


def test_just_enough_rows_are_measured(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    found = judged(together(*(table(LEAST_ROWS, rng) for _ in range(3))), policy(tmp_path))
    assert found.runs
    assert found.verdict.verdict in ("cannot_tell", "trusted")


def test_few_entities_cannot_tell_and_no_number_of_rows_settles_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    parts = []
    for role in "rsh":
        part = table(200, rng)
        parts.append(part.append_column("who", pa.array([f"{role}{at // 20}" for at in range(200)])))
    found = judged(together(*parts, entity="who"), policy(tmp_path))
    assert found.verdict.verdict == "cannot_tell"
    assert "10 entities" in found.verdict.reasons[0]
    assert found.verdict.rows_needed is None


def test_what_the_policy_needs_and_is_left_out_blocks_trust(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    tables = together(table(3_000, rng), table(3_000, rng), None)
    found = judged(tables, policy(tmp_path, '"holdout"'))
    assert found.verdict.verdict == "cannot_tell"
    assert any("holdout" in reason for reason in found.verdict.reasons)
    assert judged(tables, policy(tmp_path)).verdict.verdict == "trusted"


def test_a_table_seen_in_part_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    tables = together(*(table(400, rng) for _ in range(3)))
    found = judged(tables, policy(tmp_path), cut={"real": (400, 90_000)})
    assert any("400 of 90,000 real rows" in warning for warning in found.scorecard.warnings)


def test_what_a_policy_asks_for_is_known_beforehand(tmp_path: Path) -> None:
    only = tmp_path / "distances.toml"
    head, schema_match, rest = POLICY.replace("{needs}", "").partition("[checks.schema_match]")
    only.write_text(head + "[checks.ks_distance]" + rest.partition("[checks.ks_distance]")[2], encoding="utf-8")
    assert schema_match
    assert wanted(load_policy(only)) == {"ks_distance"}
    assert not readers_of_rows(load_policy(only))
    assert readers_of_rows(policy(tmp_path))
    assert "worth_in_real_rows" in wanted(load_policy("train"))  # the utility's findings are told in real rows
    assert "worth_in_real_rows" not in wanted(load_policy(only))
