import numpy as np
import pytest

from assay.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli

P_VALUES = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]


def test_the_classic_ten():
    assert np.flatnonzero(benjamini_hochberg(P_VALUES)).tolist() == [0, 1]
    assert np.flatnonzero(benjamini_yekutieli(P_VALUES)).tolist() == [0]


@pytest.mark.parametrize("rule", [benjamini_hochberg, benjamini_yekutieli])
def test_order_does_not_matter(rule):
    order = np.random.default_rng(0).permutation(10)
    assert rule(np.array(P_VALUES)[order]).tolist() == rule(P_VALUES)[order].tolist()


def test_steps_up_over_a_gap():
    assert benjamini_hochberg([0.04, 0.045]).all()
    assert not benjamini_yekutieli([0.04, 0.045]).any()


@pytest.mark.parametrize("rule", [benjamini_hochberg, benjamini_yekutieli])
def test_nothing_in_nothing_out(rule):
    assert rule([]).tolist() == []


@pytest.mark.parametrize("wrong", [[0.5, 1.5], [float("nan")], [[0.1]]])
def test_no_p_values(wrong):
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        benjamini_yekutieli(wrong)
