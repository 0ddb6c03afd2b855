"""One planted damage at a time: its mechanism comes first among the findings, with its column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.checking.context import CheckContext
from assay.checking.plan import plan
from assay.checking.repairs import Repairs
from assay.checking.run import run
from assay.core import registry
from assay.core.estimate import Estimate
from assay.core.evidence import Item
from assay.core.finding import Finding
from assay.core.verdict import Verdict
from assay.data.impose import impose
from assay.judging.causes import candidates
from assay.judging.decide import judge
from assay.judging.findings import Found
from assay.judging.policy import load_policy
from assay.judging.verdict import conclude
from assay.testing.measure_contract import clinic, with_column
from assay.verbs.load import load

ROWS = 5_000
SLOW = {"utility", "worth_in_real_rows", "membership", "too_close", "calibration", "label_agreement"}
Tables = tuple[pa.Table, pa.Table, pa.Table]


@cache
def samples(rows: int = ROWS) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Draw real, holdout, and twice as many rows to plant damage in."""
    rng = np.random.default_rng(5)
    return clinic(rows, rng), clinic(rows, rng), clinic(2 * rows, rng)


def checked(real: pa.Table, synthetic: pa.Table, holdout: pa.Table) -> Verdict:
    """Judge by all measures but the slowest."""
    known = load(real, name="real", target="ill")
    others = [impose(load(table).table, known.schema, name=name) for name, table in (("s", synthetic), ("h", holdout))]
    rules = load_policy("train")
    steps = plan(known.schema, holdout=True, only=set(registry.names("measure")) - SLOW)
    with CheckContext(known, *others, seed=0, jobs=1, alpha=rules.alpha) as context:
        judgement = judge(run(steps, context), rules, rows=len(real))
        return conclude(judgement, rules, repairs=lambda: Repairs(context))


def values(table: pa.Table, name: str) -> np.ndarray:
    return np.array(table[name].to_numpy(zero_copy_only=False), dtype=float)


def numeric(table: pa.Table, name: str, numbers: np.ndarray) -> pa.Table:
    kind = table.schema.field(name).type
    missing = np.isnan(numbers)
    numbers = np.where(missing, 0, np.round(numbers) if pa.types.is_integer(kind) else numbers)
    return table.set_column(table.column_names.index(name), name, pa.array(numbers, mask=missing).cast(kind))


def rows(table: pa.Table, at: np.ndarray) -> pa.Table:
    return table.take(pa.array(at))


def drop(table: pa.Table, gone: np.ndarray) -> pa.Table:
    return rows(table, np.flatnonzero(~gone)[:ROWS])


def ill(table: pa.Table) -> np.ndarray:
    return np.asarray(pc.equal(table["ill"], "yes"))


RNG = np.random.default_rng(17)


def tail_clipped(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    cost = values(pool, "cost")
    return real, numeric(pool, "cost", np.minimum(cost, np.quantile(cost, 0.95))).slice(0, ROWS), holdout


def tail_dropped(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    cost = values(pool, "cost")
    return real, drop(pool, cost > np.quantile(cost, 0.93)), holdout


def both_tails_dropped(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    lab = values(pool, "lab")
    low, high = np.nanquantile(lab, (0.03, 0.97))
    return real, drop(pool, (lab < low) | (lab > high)), holdout


def rare_level_dropped(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    return real, drop(pool, np.asarray(pc.equal(pool["ward"], "rare"))), holdout


def rare_level_mapped(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    ward = np.array(pool["ward"].to_pylist())
    return real, with_column(pool, "ward", np.where(ward == "rare", "surgery", ward).tolist()).slice(0, ROWS), holdout


def class_refilled(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    sound = pool.slice(0, ROWS)
    well, sick = np.flatnonzero(~ill(sound)), np.flatnonzero(ill(sound))
    return real, rows(sound, np.concatenate([well, RNG.choice(sick[: len(sick) // 5], len(sick))])), holdout


def class_refilled_with_noise(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    _, synthetic, _ = class_refilled(real, holdout, pool)
    well = int((~ill(synthetic)).sum())
    return real, pa.concat_tables([synthetic.slice(0, well), noisy(synthetic.slice(well))]), holdout


def rows_copied(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    return real, pa.concat_tables([pool.slice(0, ROWS - 800), real.slice(0, 800)]), holdout


def rows_copied_with_noise(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    return real, pa.concat_tables([pool.slice(0, ROWS - 800), noisy(real.slice(0, 800))]), holdout


def noisy(table: pa.Table) -> pa.Table:
    for name in ("cost", "lab"):
        table = numeric(table, name, values(table, name) * np.exp(RNG.normal(0, 0.002, len(table))))
    return table


def spread_shrunk(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    lab = values(pool, "lab")
    return real, numeric(pool, "lab", np.nanmean(lab) + 0.7 * (lab - np.nanmean(lab))).slice(0, ROWS), holdout


def spread_inflated(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    age = values(pool, "age")
    return real, numeric(pool, "age", age.mean() + 1.4 * (age - age.mean())).slice(0, ROWS), holdout


def values_spiked(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    lab = values(pool, "lab")
    return real, numeric(pool, "lab", np.where(RNG.random(len(lab)) < 0.12, 103.0, lab)).slice(0, ROWS), holdout


def units_changed(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    return real, numeric(pool, "lab", values(pool, "lab") * 2.54).slice(0, ROWS), holdout


def column_shuffled(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    sound = pool.slice(0, ROWS)
    return real, numeric(sound, "age", RNG.permutation(values(sound, "age"))), holdout


def labels_shuffled(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    sound = pool.slice(0, ROWS)
    return real, with_column(sound, "ill", RNG.permutation(np.array(sound["ill"].to_pylist())).tolist()), holdout


def class_resampled(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    sick, well = np.flatnonzero(ill(pool)), np.flatnonzero(~ill(pool))
    few = ROWS // 4
    return real, rows(pool, np.concatenate([sick[:few], well[: ROWS - few]])), holdout


def resampled_by_age(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    rank = np.argsort(np.argsort(values(pool, "age"))) / len(pool)
    keys = RNG.exponential(size=len(pool)) / np.exp(2.5 * rank)
    return real, rows(pool, np.sort(np.argsort(keys)[:ROWS])), holdout


def values_missing(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    cost = values(pool, "cost")
    return real, numeric(pool, "cost", np.where(RNG.random(len(cost)) < 0.12, np.nan, cost)).slice(0, ROWS), holdout


def missing_at_random(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    made = []
    for table in (real, holdout, pool.slice(0, ROWS)):
        gone = RNG.random(ROWS) < np.where(values(table, "age") > 60, 0.6, 0.05)
        if len(made) == 2:
            gone = RNG.permutation(gone)
        made.append(numeric(table, "lab", np.where(gone, np.nan, values(table, "lab"))))
    return made[0], made[2], made[1]


def rule_broken(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    made = []
    for table in (real, holdout, pool.slice(0, ROWS)):
        total = values(table, "cost") + values(table, "age")
        if len(made) == 2:
            total[:240] = np.roll(total[:240], 1)
        made.append(table.append_column("total", pa.array(total)))
    return made[0], made[2], made[1]


def holdout_leaked(real: pa.Table, holdout: pa.Table, pool: pa.Table) -> Tables:
    return real, pool.slice(0, ROWS), pa.concat_tables([holdout.slice(800), real.slice(0, 800)])


PLANTED: list[tuple[Callable[[pa.Table, pa.Table, pa.Table], Tables], str, str]] = [
    (tail_clipped, "tail_loss", "cost"),
    (tail_dropped, "tail_loss", "cost"),
    (both_tails_dropped, "tail_loss", "lab"),
    (rare_level_dropped, "rare_level_loss", "ward"),
    (rare_level_mapped, "rare_level_loss", "ward"),
    (class_refilled, "duplication", "ill"),
    (class_refilled_with_noise, "duplication", "ill"),
    (rows_copied, "memorisation", ""),
    (rows_copied_with_noise, "memorisation", ""),
    (spread_shrunk, "variance_change", "lab"),
    (spread_inflated, "variance_change", "age"),
    (values_spiked, "artefact", "lab"),
    (units_changed, "artefact", "lab"),
    (column_shuffled, "broken_dependence", "age"),
    (labels_shuffled, "label_noise", "ill"),
    (class_resampled, "label_shift", "ill"),
    (resampled_by_age, "covariate_shift", "age"),
    (values_missing, "missingness_change", "cost"),
    (missing_at_random, "missingness_change", "lab"),
    (rule_broken, "constraint_violation", "total"),
    (holdout_leaked, "evaluation_leakage", ""),
]


@pytest.mark.parametrize(("damage", "mechanism", "column"), PLANTED, ids=[entry[0].__name__ for entry in PLANTED])
def test_mechanism_and_column_come_first(
    damage: Callable[[pa.Table, pa.Table, pa.Table], Tables], mechanism: str, column: str
) -> None:
    if damage is values_spiked and "value_spikes" not in registry.names("measure"):
        pytest.skip("no measure of single values is there")
    verdict = checked(*damage(*samples()))
    assert verdict.verdict == "not_trusted"
    first = verdict.findings[0]
    assert first.mechanism == mechanism, shown(verdict.findings)
    assert not column or column in first.columns, shown(verdict.findings)
    assert verdict.mechanisms[0][0] == mechanism
    assert sum(score for _, score in verdict.mechanisms) == pytest.approx(1.0)


def test_a_consequence_says_what_explains_it() -> None:
    verdict = checked(*tail_dropped(*samples()))
    explained = [finding for finding in verdict.findings if "Explained by TAIL01 on cost." in finding.message]
    assert {finding.code for finding in explained} & {"VAR01", "C2ST01", "DIST01"}
    assert all(finding.confidence < verdict.findings[0].confidence for finding in explained)


FEW = 3_000


def plain(rows: int, rng: np.random.Generator, *, sharp: bool = False) -> pa.Table:
    """Draw three independent numbers and a level, of which two numbers decide the target."""
    x, z, w = rng.normal(size=(3, rows))
    sick = 1.2 * (x + z) + (0.0 if sharp else rng.logistic(size=rows)) > 0
    return pa.table(
        {
            "x": pa.array(x.round(3)),
            "z": pa.array(z.round(3)),
            "w": pa.array(w.round(3)),
            "k": pa.array(rng.choice(["p", "q", "r"], rows).tolist()),
            "ill": pa.array(np.where(sick, "yes", "no").tolist()),
        }
    )


@cache
def plains() -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng(21)
    return plain(FEW, rng), plain(FEW, rng), plain(6 * FEW, rng)


def middle(table: pa.Table) -> np.ndarray:
    """Rows of a square, a third of the table, in which either label is as likely."""
    return (np.abs(values(table, "x")) < 0.8) & (np.abs(values(table, "z")) < 0.8)


def test_rows_selected_along_two_columns_are_one_selection() -> None:
    real, holdout, pool = plains()
    ranks = [np.argsort(np.argsort(values(pool, name))) / len(pool) for name in ("x", "z")]
    keys = np.random.default_rng(22).exponential(size=len(pool)) / np.exp(2.5 * (ranks[0] + ranks[1]))
    verdict = checked(real, rows(pool, np.sort(np.argsort(keys)[:FEW])), holdout)
    first = verdict.findings[0]
    assert first.mechanism == "covariate_shift", shown(verdict.findings)
    assert set(first.columns) == {"x", "z"}
    assert verdict.mechanisms[0][0] == "covariate_shift"
    assert verdict.mechanisms[0][1] > 0.8
    mean = next(at for at, one in enumerate(verdict.findings) if one.code == "DIST01" and not one.columns)
    assert f"Explained by DIST01 on {first.columns[0]}" in verdict.findings[mean].message
    # where both are low nearly no row is left: a region that the selection explains
    regions = [one for one in verdict.findings if one.code == "MODE01"]
    assert regions
    assert all("Explained by DIST01" in one.message for one in regions), shown(verdict.findings)


def test_a_region_without_rows_of_any_label_is_a_mode() -> None:
    real, holdout, pool = plains()
    verdict = checked(real, rows(pool, np.flatnonzero(~middle(pool))[:FEW]), holdout)
    first = verdict.findings[0]
    assert (first.code, first.mechanism) == ("MODE01", "mode_drop"), shown(verdict.findings)
    assert set(first.columns) >= {"x", "z"}
    assert "ill" not in first.columns


def test_a_region_without_rows_of_one_label_is_a_matter_of_labels() -> None:
    real, holdout, pool = plains()
    gone = (middle(pool) & ill(pool))[:FEW]
    instead = np.flatnonzero(middle(pool) & ~ill(pool))
    at = np.arange(FEW)
    at[gone] = instead[instead >= FEW][: gone.sum()]  # the region keeps its rows, all of them of the other label
    verdict = checked(real, rows(pool, at), holdout)
    first = verdict.findings[0]
    assert (first.code, first.mechanism) == ("MODE01", "label_shift"), shown(verdict.findings)
    assert set(first.columns) >= {"ill"}
    assert first.slice is not None
    assert "ill = yes" in first.slice


def test_labels_sharper_than_reality_are_not_called_noise() -> None:
    real, holdout, _ = plains()
    verdict = checked(real, plain(FEW, np.random.default_rng(23), sharp=True), holdout)
    assert "ill" in verdict.findings[0].columns
    scores = dict(verdict.mechanisms)
    # a region short of the less likely label is what sharp labels look like from outside
    assert verdict.findings[0].mechanism in ("overconfidence", "label_shift"), shown(verdict.findings)
    assert scores["overconfidence"] > scores.get("label_noise", 0.0)
    assert any(one.code == "LABEL04" for one in verdict.findings)


def made(measure: str, mechanism: str, columns: tuple[str, ...], *, mean: bool = False) -> Found:
    estimate = Estimate(measure, 1.0, 0.0, 0.0, 0.0, 1.0, 0.5, 1.5, 100, 100, "by hand", columns=columns)
    item = Item(estimate, 0.5, 1.5, facts={"mean": True} if mean else {})
    finding = Finding("DIST01", mechanism, "critical", columns, "says what", (), "mend it", 0.99)
    return Found(finding, 3.0, measure, item)


def test_a_mean_says_less_than_the_places_it_is_a_mean_of() -> None:
    family = [made("ks_distance", "covariate_shift", (), mean=True), made("ks_distance", "covariate_shift", ("x",))]
    mean, place = candidates(family, None)
    assert mean.specific < place.specific
    alone = candidates([family[0], made("tail_mass", "tail_loss", ("x",))], None)
    assert alone[0].specific == place.specific  # without places of its own it speaks for itself


def shown(findings: tuple[Finding, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(finding.code, finding.mechanism, finding.columns) for finding in findings]
