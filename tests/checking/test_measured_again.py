"""What a repair leaves of a finding, on tables whose damage is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.checking.context import CheckContext
from assay.checking.measured_again import left
from assay.checking.repairs import Repair, Repairs
from assay.core import registry
from assay.core.evidence import Item
from assay.data.impose import impose
from assay.testing.measure_contract import clinic, with_column
from assay.verbs.load import load

ROWS = 3_000


@contextmanager
def opened(real: pa.Table, synthetic: pa.Table, holdout: pa.Table) -> Iterator[CheckContext]:
    known = load(real, name="real", target="ill")
    others = [impose(load(table).table, known.schema, name=name) for name, table in (("s", synthetic), ("h", holdout))]
    with CheckContext(known, *others, seed=0, jobs=1, alpha=0.01) as context:
        yield context


def worst(context: CheckContext, measure: str, code: str) -> Item:
    evidence = registry.get("measure", measure)().measure(context)
    items = [item for family in evidence.families for item in family.items if item.facts.get("code", code) == code]
    return max(items, key=lambda item: item.harm_low)


@pytest.fixture(scope="module")
def drawn() -> tuple[pa.Table, pa.Table, pa.Table]:
    rng = np.random.default_rng(11)
    return clinic(ROWS, rng), clinic(ROWS, rng), clinic(ROWS, rng)


def noisy(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    return with_column(table, "cost", np.array(table["cost"]) * np.exp(rng.normal(0, 0.002, len(table))))


def test_digits_of_near_copies_vanish_with_the_copies(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, second, holdout = drawn
    copies = noisy(real.slice(0, 600), np.random.default_rng(1))
    with opened(real, pa.concat_tables([second.slice(0, ROWS - 600), copies]), holdout) as context:
        digits, near = worst(context, "value_spikes", "SPIKE03"), worst(context, "near_copies", "COPY03")
        repairs = Repairs(context)
        repair = repairs.without("near_copies", near)
        assert repair is not None
        share = left(repairs, "value_spikes", digits, repair)
        assert share is not None
        assert share < 0.3
        assert left(repairs, "value_spikes", digits, repairs.nothing) == pytest.approx(1.0)


def test_digits_of_all_rows_stay_when_copies_go(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, second, holdout = drawn
    rng = np.random.default_rng(2)
    synthetic = noisy(pa.concat_tables([second.slice(0, ROWS - 300), real.slice(0, 300)]), rng)
    with opened(real, synthetic, holdout) as context:
        digits, near = worst(context, "value_spikes", "SPIKE03"), worst(context, "near_copies", "COPY03")
        repairs = Repairs(context)
        repair = repairs.without("near_copies", near)
        assert repair is not None
        share = left(repairs, "value_spikes", digits, repair)
        assert share is not None
        assert share > 0.9


def test_rates_of_groups_follow_a_shift_of_the_labels(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, second, holdout = drawn
    sick = np.asarray(pc.equal(second["ill"], "yes"))
    kept = np.concatenate([np.flatnonzero(sick)[: sick.sum() // 2], np.flatnonzero(~sick)])
    with opened(real, second.take(pa.array(np.sort(kept))), holdout) as context:
        rate = worst(context, "group_gap", "GROUP01")
        repairs = Repairs(context)
        share = left(repairs, "group_gap", rate, repairs.column("ill")[1])
        assert share is not None
        assert share < 0.4


def test_rows_all_of_which_are_copies_leave_nothing_to_repeat(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, _, holdout = drawn
    synthetic = real.take(pa.array(np.random.default_rng(3).integers(0, ROWS, ROWS)))
    with opened(real, synthetic, holdout) as context:
        copies, repeats = worst(context, "exact_copies", "COPY01"), worst(context, "duplicate_rows", "DUP01")
        repairs = Repairs(context)
        repair = repairs.without("exact_copies", copies)
        assert repair is not None
        assert left(repairs, "duplicate_rows", repeats, repair) == 0.0


def test_labels_of_a_slice_are_measured_again_on_the_rows_that_stay(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, second, holdout = drawn
    ward, sick = np.array(second["ward"].to_pylist()), np.asarray(pc.equal(second["ill"], "yes"))
    turned = (ward == "surgery") & ~sick & (np.random.default_rng(4).random(ROWS) < 0.5)
    synthetic = with_column(second, "ill", np.where(turned | sick, "yes", "no"))
    with opened(real, synthetic, holdout) as context:
        item = worst(context, "label_agreement", "LABEL02")
        assert "ward" in item.estimate.columns
        assert item.harm_low > 0
        repairs = Repairs(context)
        assert left(repairs, "label_agreement", item, repairs.nothing) == pytest.approx(1.0)
        kept = left(repairs, "label_agreement", item, Repair(np.where(turned, 0.0, 1.0)))
        assert kept is not None
        # without them the slice is short of sick rows instead: half of those that are not are gone
        assert kept < 0.8
        # each turned row stands for itself and for the like of it that is gone: the share of the sick comes right
        wrong = Repair(np.where((ward == "surgery") & ~sick & ~turned, 2.0, np.where(turned, 0.0, 1.0)))
        mended = left(repairs, "label_agreement", item, wrong)
        assert mended is not None
        assert mended < 0.3
        # rows of other slices have no say
        elsewhere = left(repairs, "label_agreement", item, Repair(np.where(ward == "surgery", 1.0, 0.0)))
        assert elsewhere == pytest.approx(1.0, abs=0.15)


def test_labels_cannot_be_measured_again_where_nothing_stays_or_values_move(drawn: tuple[pa.Table, pa.Table, pa.Table]) -> None:
    real, second, holdout = drawn
    with opened(real, second, holdout) as context:
        item = worst(context, "label_agreement", "LABEL02")
        unmeasured = Repairs(context)
        assert left(unmeasured, "label_agreement", item, Repair(np.zeros(ROWS))) is None
        moved = Repair(np.ones(ROWS), moved={"age": np.zeros(ROWS, dtype=np.int64)})
        assert left(unmeasured, "label_agreement", item, moved) is None
    with opened(real, second, holdout) as fresh:  # no measure of labels ran here
        assert left(Repairs(fresh), "label_agreement", item, Repair(np.ones(ROWS))) is None
