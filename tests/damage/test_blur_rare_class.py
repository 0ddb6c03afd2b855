"""The rare class keeps its share and loses what distinguishes it."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tests.damage.made_ground import made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.blur_rare_class import BlurRareClass


@pytest.fixture(scope="module")
def ground():
    return made_ground(3000)


def ages(dataset, label):
    return dataset.numbers("age")[np.array(dataset.table["grant"]) == label].mean()


@pytest.mark.parametrize("severity", [0.1, 0.6, 1.0])
def test_class_moves_towards_the_others_in_proportion(ground, severity):
    found = planted(BlurRareClass(severity), ground)
    counts = Counter(ground.sound.table["grant"].to_pylist())
    rare, common = min(counts, key=lambda label: counts[label]), max(counts, key=lambda label: counts[label])
    assert Counter(found.synthetic.table["grant"].to_pylist()) == counts
    before = ages(ground.sound, rare) - ages(ground.sound, common)
    assert ages(found.synthetic, rare) - ages(found.synthetic, common) == pytest.approx((1 - severity) * before, abs=2.5)
    assert len(found.rows) == round(severity * counts[rare])


def test_no_row_is_repeated(ground):
    found = planted(BlurRareClass(1.0), ground)
    rows = [tuple(row.values()) for row in found.synthetic.table.to_pylist()]
    assert len(set(rows)) == len(rows)


def test_classes_of_a_regression_do_not_exist():
    with pytest.raises(NotApplicable, match="no classes"):
        planted(BlurRareClass(), made_ground(table=made_table(8000), target="hours", task="regression"))
