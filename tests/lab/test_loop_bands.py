from __future__ import annotations

from assay.core.trajectory import Descent, Generation, Reading, Trajectory
from assay.lab.loop_bands import Band, Stop, bands, moved


def generation(seed, number, *readings, regime="replace"):
    found = tuple(Reading(axis, value, value, value, -1.0, 0.0, 1.0, column) for axis, value, column in readings)
    return Generation(Descent("toy", regime, seed), number, found)


def test_a_band_has_the_median_and_the_range_of_those_that_are_there():
    trajectory = Trajectory(
        (
            generation(0, 1, ("spread", 1.0, ""), ("spread", 9.0, "x")),
            generation(0, 2, ("spread", 2.0, "")),
            generation(1, 1, ("spread", 3.0, "")),
            generation(2, 1, ("spread", 8.0, "")),
        )
    )
    assert bands(trajectory) == (
        Band("toy", "replace", "spread", (Stop(1, 3.0, 1.0, 8.0, 3), Stop(2, 2.0, 2.0, 2.0, 1)), -1.0, 0.0, 1.0),
    )
    assert bands(Trajectory(())) == ()


def test_columns_stand_in_the_order_of_how_far_their_last_generation_left_the_floor():
    trajectory = Trajectory(
        (
            generation(0, 1, ("spread", 99.0, "was")),
            generation(0, 2, ("spread", 3.0, "x"), ("spread", 0.5, "was"), ("tail", -2.0, "y")),
            generation(1, 2, ("spread", 1.0, "x"), ("tail", -6.0, "y")),
        )
    )
    # x: mean of 2/2 and 0; y: mean of 1/2 and 5/2
    assert moved(trajectory, "toy", ("never", "was", "x", "y")) == ("y", "x", "was", "never")
    assert moved(trajectory, "other", ("x", "y")) == ("x", "y")
