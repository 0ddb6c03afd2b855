"""The eight definitions on trajectories of known fate."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.lineages import spread, trajectory

from assay.lab.collapse import (
    DEFINITIONS,
    Group,
    any_risk_increase,
    by_all_definitions,
    catastrophic_increase,
    changed_scaling_law,
    diverging_risk,
    groups,
    hallucinated_data,
    mode_entanglement,
    tail_disappearance,
    variance_collapse,
)

STEPS = np.arange(1, 9)
FLAT = np.zeros(8)


def group(**series: np.ndarray) -> Group:
    (found,) = groups(trajectory({name: spread(path) for name, path in series.items()}))
    return found


def test_any_increase_of_risk_needs_no_margin():
    found = any_risk_increase(group(tstr=0.9 - 0.006 * STEPS))
    assert (found.answer, found.generation, found.axis) == ("yes", 5, "tstr")


def test_where_no_loss_is_shown_it_is_said_how_large_a_one_is_excluded():
    values = spread(np.full(8, 0.9), noise=0.004)
    (found,) = groups(trajectory({"tstr": values}))
    told = any_risk_increase(found)
    loss = 0.92 - (0.9 - 2.7764451 * 0.004 / np.sqrt(5))  # floor's upper end, t with four degrees of freedom
    assert told.answer == "cannot_tell"
    assert f"one of more than {loss:.3g} is excluded (the margin is 0.02)" in told.reason
    assert loss > 0.02


def test_that_no_increase_is_there_is_said_only_where_the_largest_possible_one_is_negligible():
    def told(half: float, task: str | None = None, unfinished: int = 0) -> str:
        floor = (0.9 - half, 0.9, 0.9 + half)
        made = trajectory({"tstr": spread(np.full(8, 0.9), noise=1e-5)}, floors={"tstr": floor}, unfinished=unfinished, task=task)
        return any_risk_increase(groups(made)[0]).answer

    assert told(0.0015) == "no"
    assert told(0.0025) == "cannot_tell"
    assert told(0.0025, task="regression") == "no"  # a tenth of .03 of R2
    assert told(0.0015, unfinished=1) == "cannot_tell"


def test_a_table_too_small_to_tell_is_not_said_to_be_sound():
    small = trajectory({"log_variance": spread(FLAT)}, floors={"log_variance": (-0.3, 0.0, 0.3)})
    told = variance_collapse(groups(small)[0])
    assert told.answer == "cannot_tell"
    assert "log_variance: real samples of this size differ by up to 0.3, the margin is 0.095; give more rows" in told.reason
    large = trajectory({"log_variance": spread(FLAT)}, floors={"log_variance": (-0.09, 0.0, 0.09)})
    assert variance_collapse(groups(large)[0]).answer == "no"


def test_lineages_that_made_nothing_count_as_lineages():
    made = trajectory({"log_variance": spread(-0.1 * STEPS, seeds=2)}, unfinished=3)
    (found,) = groups(made)
    assert (found.begun, found.lost, found.broken) == (5, 3, 3)
    told = variance_collapse(found)
    assert told.answer == "cannot_tell"
    assert "3 lineages did not reach the end" in told.reason
    (enough,) = groups(trajectory({"log_variance": spread(-0.1 * STEPS, seeds=2)}, unfinished=2))
    assert variance_collapse(enough).answer == "yes"


def test_a_group_of_which_nothing_was_made_says_nothing():
    gone = trajectory({"log_variance": np.zeros((0, 8))}, unfinished=2)
    (found,) = groups(gone)
    assert (found.begun, found.last) == (2, 0)
    assert {each.answer for each in by_all_definitions(found)} == {"cannot_tell"}


def test_half_of_what_is_attainable_is_the_catastrophe():
    # attainable .90, chance .50: half is lost at .70
    assert catastrophic_increase(group(tstr=0.9 - 0.04 * STEPS)).generation == 6
    assert catastrophic_increase(group(tstr=np.full(8, 0.75))).answer == "no"
    (hopeless,) = groups(trajectory({"tstr": spread(np.full(3, 0.9))}))
    above = Group(hopeless.generator, hopeless.regime, hopeless.lineages, chance=0.88)
    assert catastrophic_increase(above).answer == "cannot_tell"


def test_a_risk_that_rises_as_fast_as_at_first_diverges_and_a_plateau_does_not():
    lines = 0.9 - np.array([0.018, 0.02, 0.022, 0.019, 0.021])[:, None] * STEPS
    (rising,) = groups(trajectory({"tstr": lines}))
    assert diverging_risk(rising).answer == "yes"
    plateau = 0.9 - np.array([0.1, 0.11, 0.09, 0.1, 0.1])[:, None] * (1 - np.exp(-2.0 * STEPS))
    (levelled,) = groups(trajectory({"tstr": plateau}))
    assert diverging_risk(levelled).answer == "no"
    assert diverging_risk(group(tstr=0.9 - 0.02 * np.arange(1, 5))).answer == "cannot_tell"


def test_a_risk_that_rises_within_what_real_rows_show_does_not_yet_diverge():
    jitter = 0.0005 * np.sin(np.arange(5)[:, None] * 5 + 3 * STEPS)
    (rising,) = groups(trajectory({"tstr": 0.9 - 0.001 * STEPS + jitter}))
    found = diverging_risk(rising)
    assert found.answer == "cannot_tell"
    assert "not yet beyond" in found.reason
    assert any_risk_increase(rising).answer == "cannot_tell"


def test_a_scaling_law_needs_several_sizes():
    assert changed_scaling_law(group(tstr=FLAT + 0.9)).answer == "cannot_tell"

    def sized(exponents: np.ndarray) -> dict[int, Group]:
        made = {}
        for size in (500, 1000, 2000, 4000):
            risk = 0.2 * (size / 500.0) ** -exponents
            noise = 1 + 0.01 * np.sin(np.arange(5)[:, None] * 7 + np.arange(len(exponents)) + size)
            (made[size],) = groups(trajectory({"tstr": 1 - risk * noise}))
        return made

    kept, flattened = sized(np.full(4, 0.5)), sized(np.array([0.5, 0.5, 0.2, 0.1]))
    assert changed_scaling_law(kept[500], kept).answer == "no"
    found = changed_scaling_law(flattened[500], flattened)
    assert (found.answer, found.generation) == ("yes", 3)


def test_a_spread_that_grows_is_no_variance_collapse():
    assert variance_collapse(group(log_variance=-0.03 * STEPS, log_determinant=FLAT)).generation == 4
    assert variance_collapse(group(log_variance=0.1 * STEPS, log_determinant=0.1 * STEPS)).answer == "no"


def test_modes_tails_and_inventions_read_their_axes():
    assert mode_entanglement(group(between_modes=0.02 * STEPS)).generation == 3
    gone = tail_disappearance(group(tail_mass=FLAT, rare_survival=-0.05 * STEPS))
    assert (gone.answer, gone.axis, gone.generation) == ("yes", "rare_survival", 3)
    assert tail_disappearance(group(tail_mass=0.2 * STEPS)).answer == "no"
    assert hallucinated_data(group(hallucinated=0.01 * STEPS)).generation == 4


def test_an_axis_that_was_not_measured_says_nothing():
    found = by_all_definitions(group(log_variance=FLAT))
    assert [each.definition for each in found] == [each.__name__ for each in DEFINITIONS]
    answers = {each.definition: each.answer for each in found}
    assert answers.pop("variance_collapse") == "no"
    assert set(answers.values()) == {"cannot_tell"}


def test_lineages_that_broke_off_are_no_proof_of_health():
    sound = trajectory({"log_variance": spread(FLAT)}, unfinished=2)
    (found,) = groups(sound)
    assert found.broken == 2
    answer = variance_collapse(found)
    assert answer.answer == "cannot_tell"
    assert "2 lineages did not reach the end" in answer.reason


def test_one_lineage_alone_is_told_as_one():
    (alone,) = groups(trajectory({"log_variance": -0.1 * STEPS[None, :]}))
    found = variance_collapse(alone)
    assert found.answer == "yes"
    assert "one lineage" in found.reason


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda each: each.__name__)
def test_every_definition_names_its_axis_and_its_source(definition):
    assert "Schaeffer" in definition.__doc__
    assert "Axis ``" in definition.__doc__ or "Axes ``" in definition.__doc__
