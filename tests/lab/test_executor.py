from __future__ import annotations

import os
import signal

import pytest

from assay.core.errors import InputError
from assay.lab.executor import InProcess, Processes, executor_of


class Power:
    """Raises to a power that is sent once."""

    def __init__(self, exponent):
        self.exponent = exponent

    def __call__(self, base):
        return base**self.exponent


def grown(executor):
    """Tasks that become known as others are done: 3, then 2, then 1."""
    waiting, done = [3], []
    for task, result in executor.each(Power(2), lambda: waiting.pop() if waiting else None):
        done.append((task, result))
        if task > 1:
            waiting.append(task - 1)
    return done


def test_results_come_in_the_order_of_the_tasks_wherever_they_are_done():
    assert InProcess().map(Power(3), range(5)) == Processes(2).map(Power(3), range(5)) == [0, 1, 8, 27, 64]
    assert InProcess().map(Power(3), []) == []


def test_tasks_may_become_known_as_others_are_done():
    assert grown(InProcess()) == [(3, 9), (2, 4), (1, 1)]
    assert grown(Processes(2)) == [(3, 9), (2, 4), (1, 1)]


def test_one_job_stays_in_this_process():
    assert isinstance(executor_of(1), InProcess)
    assert executor_of(3).jobs == 3


def end_itself(_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_ended_from_outside_is_said():
    with pytest.raises(InputError, match="fewer --jobs"):
        Processes(1).map(end_itself, [1])
