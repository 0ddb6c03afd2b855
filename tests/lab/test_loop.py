from __future__ import annotations

import inspect
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from assay.core.errors import UsageError
from assay.core.trajectory import Descent
from assay.lab.executor import Processes
from assay.lab.loop import LoopPlan
from assay.lab.loop_step import Maker

from .toy_loop import Forgetful, Gaussian, ToyGauge, looping, told

ALL = ("replace", "accumulate", "accumulate_subsample", "mix:0.2", "fresh:0.2", "weighted:golden")
KEPT = {"none": set(), "last": {3}, "all": {1, 2, 3}}


def run(*arguments, **options):
    return looping(*arguments, **options).run(real={}, settings={})


def parquet(folder):
    return {path.relative_to(folder).as_posix().removesuffix(".parquet") for path in folder.rglob("*.parquet")}


def test_a_plan_has_every_generator_under_every_regime_with_every_seed():
    plan = LoopPlan.of(("a", "b"), ("replace", "mix:0.5", "mix:0.50"), 4, 2)
    assert len(plan.lineages) == 8
    assert plan.lineages[:3] == (Descent("a", "replace", 0), Descent("a", "replace", 1), Descent("a", "mix:0.5", 0))
    assert plan.fresh_rows(100) == 0
    assert LoopPlan.of(("a",), ("fresh:0.1", "weighted:golden"), 4, 2).fresh_rows(100) == 150


def test_every_lineage_has_every_generation_and_regimes_share_the_first(tmp_path):
    steps = []
    runner = looping(tmp_path, ALL, 3, 2, progress=lambda *step: steps.append(step))
    trajectory = runner.run(real={"rows": 400}, settings={"size": 50})
    assert trajectory.unfinished == ()
    assert [each.number for each in trajectory.generations] == [1, 2, 3] * 12
    assert runner.total == len(steps) == 2 + 12 * 2
    assert steps[-1][1:] == (26, 26)
    assert "generation 3" in steps[-1][0]
    for seed in (0, 1):
        firsts = [trajectory.of(Descent("bootstrap_rows", regime, seed))[0].readings for regime in ALL]
        assert all(first == firsts[0] for first in firsts)
    assert trajectory.of(Descent("bootstrap_rows", "replace", 0))[0].readings != (
        trajectory.of(Descent("bootstrap_rows", "replace", 1))[0].readings
    )
    assert trajectory.real == {"rows": 400}
    assert runner.origins[Descent("bootstrap_rows", "accumulate", 1), 3].corpus["rows"] == 150


def test_any_number_of_jobs_gives_equal_numbers(tmp_path):
    one, two = (
        run(tmp_path / str(jobs), ALL, 3, 1, executor=None if jobs == 1 else Processes(jobs), keep=keep)
        for jobs, keep in ((1, "all"), (2, "none"))
    )
    assert told(one) == told(two)


@pytest.mark.parametrize("keep", KEPT)
def test_disk_is_bounded_by_what_is_to_be_kept(tmp_path, keep):
    most = 0

    def count(*_):
        nonlocal most
        most = max(most, len(parquet(tmp_path)))

    run(tmp_path, ("replace", "accumulate"), 3, 1, keep=keep, progress=count)
    numbers = KEPT[keep]
    firsts = {"bootstrap_rows/_first/0/1"} if 1 in numbers else set()
    later = {f"bootstrap_rows/{regime}/0/{n}" for regime in ("replace", "accumulate") for n in numbers - {1}}
    assert parquet(tmp_path) == firsts | later
    assert most <= 5
    assert len(list(tmp_path.rglob("*.json"))) == 1 + 5


def test_with_one_generation_the_first_is_the_last(tmp_path):
    run(tmp_path, ("replace", "accumulate"), 1, 1, keep="last")
    assert parquet(tmp_path) == {"bootstrap_rows/_first/0/1"}


def test_what_is_done_is_not_done_again_and_a_loop_can_grow(tmp_path):
    steps = []
    small = run(tmp_path / "a", ("accumulate",), 2, 1)
    grown = run(tmp_path / "a", ("replace", "accumulate"), 3, 2, progress=lambda *step: steps.append(step))
    whole = run(tmp_path / "b", ("replace", "accumulate"), 3, 2)
    assert told(grown) == told(whole)
    assert told(small)[0] == told(whole)[0][6:8]
    assert len(steps) == 10 - 2
    again = []
    assert told(run(tmp_path / "a", ("replace", "accumulate"), 3, 2, progress=lambda *step: again.append(step))) == told(whole)
    assert again == []


def test_a_spent_budget_stops_all_lineages_at_the_same_age_and_says_so(tmp_path):
    clock = iter(np.arange(1.0, 1000.0))
    runner = looping(tmp_path, ("replace", "accumulate"), 4, 2, deadline=6.5, now=lambda: float(next(clock)))
    trajectory = runner.run(real={}, settings={})
    # six generations are begun: two first ones, and the second one of four lineages
    assert [each.number for each in trajectory.generations] == [1, 2] * 4
    assert {(number, reason) for _, number, reason in trajectory.unfinished} == {
        (3, "the budget was spent"),
        (4, "the budget was spent"),
    }
    assert told(run(tmp_path, ("replace", "accumulate"), 4, 2)) == told(run(tmp_path / "b", ("replace", "accumulate"), 4, 2))


def test_no_generation_is_begun_that_would_not_end_in_time(tmp_path):
    runner = looping(tmp_path, ("replace",), 3, 1, deadline=10.0, now=lambda: 9.9)
    runner._expected = lambda step: 0.05 if step.number == 1 else 0.2
    trajectory = runner.run(real={}, settings={})
    assert [each.number for each in trajectory.generations] == [1]
    assert [number for _, number, _ in trajectory.unfinished] == [2, 3]


def test_a_generator_that_fails_ends_its_lineages_and_no_other(tmp_path):
    makers = {"sound": Maker("sound", {}, Gaussian), "forgetful": Maker("forgetful", {}, Forgetful)}
    trajectory = run(tmp_path, ("replace", "accumulate"), 4, 1, makers=makers)
    assert [len(trajectory.of(descent)) for descent in trajectory.lineages()] == [4, 4, 2, 2]
    told_reasons = [(descent.regime, number, reason) for descent, number, reason in trajectory.unfinished]
    assert told_reasons == [
        ("replace", 3, "learning failed: ZeroDivisionError; see forgetful/replace/0/3.error.txt"),
        ("replace", 4, "generation 3 is missing"),
        ("accumulate", 3, "learning failed: ZeroDivisionError; see forgetful/accumulate/0/3.error.txt"),
        ("accumulate", 4, "generation 3 is missing"),
    ]


def test_a_generator_that_was_mended_leaves_no_traceback(tmp_path):
    run(tmp_path, ("replace",), 4, 1, makers={"toy": Maker("toy", {}, Forgetful)})
    assert [path.name for path in tmp_path.rglob("*.error.txt")] == ["3.error.txt"]
    mended = run(tmp_path, ("replace",), 4, 1, makers={"toy": Maker("toy", {}, Gaussian)})
    assert mended.unfinished == ()
    assert not list(tmp_path.rglob("*.error.txt"))


def test_keep_must_be_one_of_three(tmp_path):
    with pytest.raises(UsageError, match="none, last or all"):
        looping(tmp_path, keep="some")


KILLED = """
import sys, time
sys.path.insert(0, {tests!r})
from lab.toy_loop import ToyGauge, looping

class Slow(ToyGauge):
    def measure(self, rows, *, previous, seed):
        time.sleep(0.05)
        return super().measure(rows, previous=previous, seed=seed)

looping({folder!r}, ("replace", "accumulate", "fresh:0.2"), 5, 2, gauge=Slow()).run(real={{}}, settings={{}})
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_trajectory(tmp_path):
    folder = tmp_path / "killed"
    script = KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(folder))
    running = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    while running.poll() is None and len(list(folder.rglob("*/*/*/*.json"))) < 9:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    done = len(list(folder.rglob("*/*/*/*.json")))
    assert 9 <= done < 26
    steps = []
    regimes = ("replace", "accumulate", "fresh:0.2")
    resumed = run(folder, regimes, 5, 2, progress=lambda *step: steps.append(step))
    assert len(steps) == 26 - done
    assert told(resumed) == told(run(tmp_path / "whole", regimes, 5, 2))


class Counted(Gaussian):
    """Counts how often it learned, and how deep in calls."""

    depths: ClassVar[list[int]] = []

    def fit(self, real, *, seed=0):
        self.depths.append(len(inspect.stack(0)))
        return super().fit(real, seed=seed)


class Killed(ToyGauge):
    """Ends the process, as it were, while it measures for the ninth time."""

    left = 9

    def measure(self, rows, *, previous, seed):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
        return super().measure(rows, previous=previous, seed=seed)


@pytest.mark.parametrize("regimes", [("replace",), ("accumulate",), ("replace", "accumulate")])
@pytest.mark.parametrize("keep", ["none", "last"])
def test_after_a_kill_only_what_is_missing_is_learned(tmp_path, regimes, keep):
    makers, folder = {"toy": Maker("toy", {}, Counted)}, tmp_path / "killed"
    with pytest.raises(KeyboardInterrupt):
        run(folder, regimes, 6, 2, makers=makers, gauge=Killed(), keep=keep)
    assert len(list(folder.rglob("*/*/*/*.json"))) == 8
    Counted.depths.clear()
    resumed = looping(folder, regimes, 6, 2, makers=makers, keep=keep)
    assert told(resumed.run(real={}, settings={})) == told(run(tmp_path / "whole", regimes, 6, 2, makers=makers, keep=keep))
    assert len(Counted.depths) == resumed.total - 8 + resumed.total
    assert parquet(folder) == parquet(tmp_path / "whole")


def test_rows_are_made_again_one_after_the_other_each_once(tmp_path):
    makers = {"toy": Maker("toy", {}, Counted)}
    for regime in ("replace", "accumulate"):
        run(tmp_path, (regime,), 9, 1, makers=makers, keep="none")
        assert not parquet(tmp_path)
        Counted.depths.clear()
        run(tmp_path, (regime,), 10, 1, makers=makers, keep="none")
        assert len(Counted.depths) == 10
        assert len(set(Counted.depths[:9])) == 1  # calls are no deeper for the ninth than for the first


def test_a_shorter_loop_leaves_the_rows_of_a_longer_one(tmp_path):
    makers = {"toy": Maker("toy", {}, Counted)}
    for keep in ("last", "none"):
        folder = tmp_path / keep
        longer = run(folder, ("replace", "accumulate"), 5, 1, makers=makers, keep="last")
        shorter = run(folder, ("replace", "accumulate"), 3, 1, makers=makers, keep=keep)
        assert parquet(folder) == {"toy/replace/0/5", "toy/accumulate/0/5"}
        assert shorter.generations == tuple(each for each in longer.generations if each.number <= 3)
    # one that was cut short by its budget needs all of its rows
    clock = iter(np.arange(1.0, 1000.0))
    runner = looping(tmp_path / "cut", ("accumulate",), 8, 1, makers=makers, deadline=5.5, now=lambda: float(next(clock)))
    assert len(runner.run(real={}, settings={}).generations) == 5
    run(tmp_path / "cut", ("accumulate",), 2, 1, makers=makers)
    Counted.depths.clear()
    run(tmp_path / "cut", ("accumulate",), 8, 1, makers=makers)
    assert len(Counted.depths) == 3


def test_rows_of_a_finished_loop_go_where_less_is_to_be_kept(tmp_path):
    run(tmp_path, ("replace", "accumulate"), 3, 1, keep="all")
    run(tmp_path, ("replace", "accumulate"), 3, 1, keep="none")
    assert parquet(tmp_path) == set()


def test_the_spread_follows_the_law_of_gaussian_replacement(tmp_path):
    """Law 1: E[mean_n - mean_0]^2 = n / M, and the log of the variance drifts by psi((M - 1) / 2) - ln((M - 1) / 2) a step."""
    size, generations, seeds = 12, 3, 60
    trajectory = run(
        tmp_path, ("replace",), generations, seeds, makers={"toy": Maker("toy", {}, Gaussian)}, size=size, keep="none"
    )
    logs = np.array(
        [[2 * math.log(each.reading("spread").value) for each in trajectory.of(descent)] for descent in trajectory.lineages()]
    )
    steps = np.diff(logs, axis=1).ravel()
    half = (size - 1) / 2
    drift = -1 / (2 * half) - 1 / (12 * half**2)  # digamma less logarithm, to second order
    assert abs(steps.mean() - drift) < 3.5 * steps.std(ddof=1) / math.sqrt(len(steps))
    moves = np.array([each.reading("step").value for each in trajectory.generations if each.number > 1])
    spread = np.array([each.reading("spread").value for each in trajectory.generations if each.number < generations])
    scaled = moves / (spread * math.sqrt(1 / (size - 1)))  # the spread measured divides by M, the law's by M - 1
    assert abs((scaled**2).mean() - 1) < 3.5 * (scaled**2).std(ddof=1) / math.sqrt(len(scaled))
