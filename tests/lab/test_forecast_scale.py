from __future__ import annotations

import math

import numpy as np
import pytest

from assay.core.trajectory import Reading
from assay.lab.forecast_scale import Scale


def reading(value=0.7, half=0.02):
    return Reading("axis", value, value - half, value + half, 0.0, 0.05, 0.1)


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [((0.0, 1.0), "logit"), ((-1.0, 1.0), "logit"), ((0.0, math.inf), "log"), ((-math.inf, math.inf), "identity")],
)
def test_a_scale_follows_the_bounds_and_goes_back(bounds, kind):
    scale = Scale.of(bounds, [reading()])
    values = np.linspace(max(bounds[0], -0.9), min(bounds[1], 0.9), 9)
    assert scale.kind == kind
    assert np.all(np.diff(scale.to(values)) > 0)
    assert np.allclose(scale.back(scale.to(values)), values)


def test_a_value_at_a_bound_stays_finite_and_draws_stay_within():
    scale = Scale.of((0.0, 1.0), [reading(1.0, 0.0)])
    assert np.isfinite(scale.to(np.array([0.0, 1.0]))).all()
    assert scale.back(np.array([-900.0, 900.0])).tolist() == [0.0, 1.0]
    assert Scale.of((0.0, math.inf), [reading()]).back(np.array([-50.0]))[0] == 0.0


def test_the_variance_of_a_reading_is_that_of_its_interval():
    assert Scale("identity").variance(reading(0.7, 1.96 * 0.03)) == pytest.approx(0.03**2, rel=1e-3)
    logit = Scale("logit", 0.0, 1.0, 0.0)
    assert logit.variance(reading(0.5, 0.0196)) == pytest.approx((0.01 * 4) ** 2, rel=1e-2)  # dz = dv / (v (1 - v))
