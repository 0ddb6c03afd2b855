"""Labels are a teacher's: surer than reality, right where it is right."""

from __future__ import annotations

import numpy as np
import pytest
from tests.damage.made_ground import changed, made_ground, made_table, planted

from assay.core.errors import NotApplicable
from assay.damage.sharpen_labels import SharpenLabels


@pytest.fixture(scope="module")
def ground():
    return made_ground(3000)


def agreement(dataset):
    table = dataset.table
    logit = 0.15 * (np.array(table["age"]) - 54.0) + 1.5 * (np.array(table["city"]) == "Ulm")
    return np.mean((logit > 0) == (np.array(table["grant"]) == "yes"))


def test_labels_follow_from_the_columns_more_than_they_should(ground):
    found = planted(SharpenLabels(1.0), ground)
    assert agreement(found.synthetic) > agreement(ground.sound) + 0.05
    assert len(found.rows) == len(ground.sound)


def test_half_of_the_labels_do_half_of_it(ground):
    half, whole = (planted(SharpenLabels(severity), ground) for severity in (0.5, 1.0))
    wrong = [len(changed(ground.sound, found.synthetic, "grant")) for found in (half, whole)]
    assert wrong[0] == pytest.approx(wrong[1] / 2, rel=0.25)
    assert set(changed(ground.sound, half.synthetic, "grant")) <= set(half.rows) < set(whole.rows)


def test_predictions_of_a_regression_vary_less():
    ground = made_ground(table=made_table(8000), target="income", task="regression")
    found = planted(SharpenLabels(1.0), ground)
    before, after = (np.log(part.numbers("income")) for part in (ground.sound, found.synthetic))
    age = ground.sound.numbers("age")
    assert np.std(after - age / 50) < 0.6 * np.std(before - age / 50)


def test_too_few_rows_teach_nothing():
    with pytest.raises(NotApplicable, match="to learn from"):
        planted(SharpenLabels(), made_ground(100))
