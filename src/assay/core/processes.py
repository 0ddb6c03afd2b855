"""Processes for tasks that hold the interpreter, as the many small fits do: threads only wait for each other there."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from assay.core.threads import one_thread

log = logging.getLogger(__name__)

Result = TypeVar("Result")
IDLE_SECONDS = 60
_starting: list[threading.Thread] = []
_sizes: list[int] = [0]


def warm(jobs: int, module: str) -> None:
    """Start the processes in the background and let them import what their tasks will need.

    Parameters
    ----------
    jobs : int
        Tasks at a time, this process's own included; nothing is started for 1.
    module : str
        What they import.
    """
    if jobs > 1:
        starter = threading.Thread(target=_warm, args=(jobs, module), daemon=True)
        _starting[:] = [starter]
        starter.start()


def share_out(function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], jobs: int) -> list[Result]:
    """Call a function on each tuple of arguments, here and in other processes; results in order.

    Parameters
    ----------
    function : callable
        Defined at the top of a module.
    tasks : sequence of tuple
        Arguments; what several tasks have in common is sent once.
    jobs : int
        Portions, one of them for this process. The results do not depend on it.

    Notes
    -----
    Tasks are dealt out in turn, so that neighbours, which are alike, spread over the portions. What another process cannot do
    (none can be started, or one is ended from outside) is done in this one.

    Examples
    --------
    >>> share_out(divmod, [(7, 2), (9, 4)], 1)
    [(3, 1), (2, 1)]
    """
    jobs = min(jobs, len(tasks))
    if jobs < 2:
        return _portion(function, tasks)
    portions = [tasks[at::jobs] for at in range(jobs)]
    futures: list[Any] = []
    try:
        pool = _pool(jobs)
        futures = [pool.submit(_portion, function, portion) for portion in portions[1:]]
    except (OSError, RuntimeError) as error:
        log.warning("no further process could be started (%s): computing in this one", error)
    done = [_portion(function, portions[0])]
    for at, portion in enumerate(portions[1:]):
        done.append(_result(futures[at], function, portion) if at < len(futures) else _portion(function, portion))
    out: list[Any] = [None] * len(tasks)
    for at, part in enumerate(done):
        out[at::jobs] = part
    return out


def _result(future: Any, function: Callable[..., Result], portion: Sequence[tuple[Any, ...]]) -> list[Result]:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool as error:
        log.warning("a process was ended (%s): computing its tasks in this one", error)
        return _portion(function, portion)


def _pool(jobs: int) -> Any:
    from joblib.externals.loky import get_reusable_executor

    for starter in _starting:
        starter.join()
    return get_reusable_executor(max_workers=_size(jobs), timeout=IDLE_SECONDS)


def _size(jobs: int) -> int:
    """Give how many processes there are to be: never fewer than there were, as those would first be waited for and ended."""
    _sizes[0] = max(_sizes[0], jobs - 1)
    return _sizes[0]


def _warm(jobs: int, module: str) -> None:
    from joblib.externals.loky import get_reusable_executor

    try:
        pool = get_reusable_executor(max_workers=_size(jobs), timeout=IDLE_SECONDS)
        for _ in range(jobs - 1):
            pool.submit(__import__, module)
    except (OSError, RuntimeError) as error:
        log.info("no further process could be started: %s", error)


def _portion(function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]]) -> list[Result]:
    learning = sys.modules.get("sklearn.exceptions")
    with one_thread(), warnings.catch_warnings():
        if learning is not None:  # learners' iterations are bounded on purpose; every other warning is told
            warnings.simplefilter("ignore", learning.ConvergenceWarning)
        return [function(*task) for task in tasks]
