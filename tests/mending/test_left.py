from __future__ import annotations

import math

import numpy as np
import pytest

from assay.core.plan import Learned, Plan
from assay.data.amended import Amended
from assay.mending.choose import Chosen, Step
from assay.mending.judge import Judged
from assay.mending.left import left_out
from assay.mending.rounds import Dropped
from assay.stats.scores import Score

from .toy import rows

REAL, SYNTHETIC = rows(100, 1), rows(300, 2)
JUDGED = Judged(Score(0.5, np.zeros(100)), None)


def plan(remedy: str = "weigh_classes", *columns: str) -> Plan:
    return Plan(remedy, "label_shift", 0.001, 1.0, "a sign", columns or ("y",))


def reasons(*dropped: Dropped, steps: int = 0, target: bool = True) -> list[str]:
    done = tuple(Step(Learned(plan("match_line", f"c{at}"), {}), JUDGED, JUDGED) for at in range(steps))
    chosen = Chosen(done, dropped, Amended.of(SYNTHETIC), (), JUDGED, JUDGED)
    return [one.reason for one in left_out(chosen, REAL, target=target, late=False, seed=0)]


@pytest.mark.parametrize(
    ("told", "use", "said"),
    [
        (
            2.0,
            -4.0,
            "harder to tell from real ones by 2.0 standard errors, and models trained on them worse by 4.0: that is no gain",
        ),
        (-0.5, 0.2, "easier to tell from real ones by 0.5 standard errors, and models trained on them better by 0.2: that is no"),
        (-2.0, 3.0, "that is too much easier to tell"),
        (2.0, -1.9, "that is too little use for what else it gained"),
        (2.0, 1.0, "others were ahead of it on the first half of the real rows"),
        (-math.inf, -math.inf, "it could not be learned from part of the real rows, or left hardly any synthetic ones"),
    ],
)
def test_the_reason_says_what_it_did_and_why_that_was_not_enough(told, use, said):
    assert said in reasons(Dropped(plan(), told, use))[0]


def test_rows_made_from_real_ones_must_be_of_use_by_two_standard_errors():
    said = [reasons(Dropped(plan("refill_modes"), 5.0, use))[0] for use in (1.9, 2.1)]
    assert said[0].endswith("rows made from real ones must be of use by 2 standard errors")
    assert "others were ahead of it" in said[1]


def test_a_plan_whose_sign_went_with_anothers_step_is_told_so():
    assert reasons(Dropped(plan(), 2.0, 1.0), steps=1)[0].endswith("others were done before it, and then its sign was gone")


def test_without_a_target_use_is_not_spoken_of():
    (said,) = reasons(Dropped(plan(), -1.0, 0.0), target=False)
    assert said == "it made rows easier to tell from real ones by 1.0 standard errors: that is no gain in sum"


def test_what_was_kept_on_the_same_columns_is_not_left():
    assert reasons(Dropped(plan("match_line", "c0"), 2.0, 1.0), steps=1) == []
