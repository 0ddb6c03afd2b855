import os
import time

import numpy as np
import pytest

from assay.core import processes
from assay.core.processes import share_out


def _square(number, table):
    return number**2 + float(table.sum()), os.getpid()


def test_results_come_in_order_and_do_not_depend_on_the_number_of_processes():
    table = np.arange(4.0)
    tasks = [(number, table) for number in range(7)]
    alone = share_out(_square, tasks, 1)
    together = share_out(_square, tasks, 2)
    assert [value for value, _ in together] == [value for value, _ in alone] == [number**2 + 6.0 for number in range(7)]
    assert len({process for _, process in alone}) == 1
    assert len({process for _, process in together}) == 2


def test_more_jobs_than_tasks_and_no_task_at_all():
    assert share_out(divmod, [(7, 2)], 8) == [(3, 1)]
    assert share_out(divmod, [], 2) == []


def test_processes_at_work_are_not_ended_where_fewer_are_needed():
    pool = processes._pool(4)
    pool.submit(time.sleep, 1.0)
    assert share_out(divmod, [(7, 2), (9, 4)], 2) == [(3, 1), (2, 1)]  # a warning of a pool that shrinks would be an error
    assert processes._pool(2) is pool


def test_errors_of_a_task_come_through():
    with pytest.raises(ZeroDivisionError):
        share_out(divmod, [(1, 1), (1, 0)], 2)


def test_what_no_process_can_do_is_done_here(monkeypatch, caplog):
    def none(jobs):
        raise OSError("no semaphores")

    monkeypatch.setattr(processes, "_pool", none)
    assert share_out(divmod, [(7, 2), (9, 4), (5, 5)], 2) == [(3, 1), (2, 1), (1, 0)]
    assert "no semaphores" in caplog.text


def _ends_elsewhere(parent):
    if os.getpid() != parent:
        os._exit(3)
    return parent


def test_the_tasks_of_a_process_that_is_ended_are_done_here(caplog):
    here = os.getpid()
    assert share_out(_ends_elsewhere, [(here,), (here,), (here,)], 2) == [here] * 3
    assert "a process was ended" in caplog.text
