"""What `map` gives at one job and at several, in threads and in processes."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pytest

from assay.checking.context import APART_ROWS, CheckContext
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema


def numbers(rows: int) -> Dataset:
    table = pa.table({"x": pa.array(np.random.default_rng(0).normal(size=rows)), "k": pa.array(["p", "q"] * (rows // 2))})
    return Dataset(table, infer_schema(table))


def context(rows: int, jobs: int) -> CheckContext:
    dataset = numbers(rows)
    return CheckContext(dataset, dataset, None, seed=0, jobs=jobs, alpha=0.01)


def product(left: np.ndarray, right: np.ndarray, power: int) -> np.ndarray:
    """Give a float32 product, whose last bits depend on how many threads add it up."""
    out = left
    for _ in range(power):
        out = np.tanh(out @ right)
    return out


def process(_: int) -> int:
    return os.getpid()


def tasks() -> list[tuple[np.ndarray, np.ndarray, int]]:
    rng = np.random.default_rng(1)
    right = (rng.normal(size=(120, 120)) / 11).astype(np.float32)
    return [(rng.normal(size=(300, 120)).astype(np.float32), right, power) for power in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize("apart", [False, True])
def test_results_are_equal_and_in_order_at_any_number_of_jobs(apart: bool) -> None:
    found = []
    for jobs in (1, 2):
        with context(APART_ROWS, jobs) as one:
            found.append(one.map(product, tasks(), apart=apart))
    assert [part.shape for part in found[0]] == [(300, 120)] * 5
    for alone, shared in zip(*found, strict=True):
        assert np.array_equal(alone, shared)
    # the tasks differ, so an exchanged order would show
    assert not np.array_equal(found[0][0], found[0][1])


def test_only_tasks_that_hold_the_interpreter_go_to_other_processes_and_only_on_many_rows() -> None:
    here = {os.getpid()}
    cases = [(APART_ROWS, 2, True, 2), (APART_ROWS, 2, False, 1), (APART_ROWS, 1, True, 1), (APART_ROWS - 2, 2, True, 1)]
    for rows, jobs, apart, processes in cases:
        with context(rows, jobs) as one:
            found = one.map(process, [(at,) for at in range(4)], apart=apart)
        assert len(set(found)) == processes, (rows, jobs, apart)
        assert here <= set(found)


def test_nothing_and_one_task_are_mapped() -> None:
    for jobs in (1, 2):
        with context(APART_ROWS, jobs) as one:
            assert one.map(product, [], apart=True) == []
            assert len(one.map(process, [(1,)], apart=True)) == 1


def failing(at: int) -> int:
    if at == 2:
        raise ValueError("the third task cannot be done")
    return at


@pytest.mark.parametrize("apart", [False, True])
def test_what_a_task_raises_comes_out(apart: bool) -> None:
    for jobs in (1, 2):
        with context(APART_ROWS, jobs) as one, pytest.raises(ValueError, match="third task"):
            one.map(failing, [(at,) for at in range(4)], apart=apart)


def test_what_is_shared_is_made_once() -> None:
    made = []
    with context(100, 1) as one:
        for _ in range(3):
            assert one.share("key", lambda: made.append(1) or len(made)) == 1
    assert made == [1]


def test_streams_of_chance_have_names() -> None:
    with context(100, 1) as one, context(100, 2) as two:
        assert one.rng("a", 1).random() == two.rng("a", 1).random()
        assert one.rng("a", 1).random() != one.rng("a", 2).random()
