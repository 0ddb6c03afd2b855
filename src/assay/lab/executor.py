"""Where the tasks of a long run are done: in this process, in others, or later on a cluster, with the same numbers."""

from __future__ import annotations

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from typing import Any, TypeVar

from assay.core.errors import InputError

Task = TypeVar("Task")
Result = TypeVar("Result")


class Executor(ABC):
    """Calls one function on many tasks.

    Notes
    -----
    The function is sent to each worker once, with all that hangs on it; tasks are small. What a task gives must depend on the
    task alone: then results are the same wherever and in whatever order tasks are done.
    """

    @abstractmethod
    def each(self, function: Callable[[Task], Result], take: Callable[[], Task | None]) -> Iterator[tuple[Task, Result]]:
        """Call a function on tasks that may only become known as others are done.

        Parameters
        ----------
        function : callable
            What to do.
        take : callable
            Gives the next task, None where there is none at the moment. It is asked again after each result was taken.

        Yields
        ------
        (task, result)
            As they are done.

        Raises
        ------
        InputError
            If a worker was ended from outside.
        """

    def map(self, function: Callable[[Task], Result], tasks: Iterable[Task]) -> list[Result]:
        """Call a function on each task; results in the order of the tasks."""
        waiting = enumerate(tasks)
        done = self.each(_Numbered(function), lambda: next(waiting, None))
        return [result for (_, _), result in sorted(done, key=lambda pair: pair[0][0])]


class InProcess(Executor):
    """Does one task after another, here.

    Examples
    --------
    >>> InProcess().map(abs, [-1, 2, -3])
    [1, 2, 3]
    """

    def each(self, function: Callable[[Task], Result], take: Callable[[], Task | None]) -> Iterator[tuple[Task, Result]]:
        """Call a function on tasks as they become known."""
        while (task := take()) is not None:
            yield task, function(task)


class Processes(Executor):
    """Does tasks in other processes of this machine.

    Parameters
    ----------
    jobs : int
        How many.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def each(self, function: Callable[[Task], Result], take: Callable[[], Task | None]) -> Iterator[tuple[Task, Result]]:
        """Call a function on tasks as they become known, ended at once where the caller is broken off."""
        # Not multiprocessing's own spawn: that runs a user's script again in every worker where the script is not guarded.
        from joblib.externals.loky import ProcessPoolExecutor

        pool: Any = ProcessPoolExecutor(self.jobs, initializer=_settle, initargs=(function,))
        running: dict[Future[Any], Task] = {}
        whole = False
        try:
            while True:
                while len(running) < self.jobs and (task := take()) is not None:
                    running[pool.submit(_call, task)] = task
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), _outcome(future)
            whole = True
        finally:
            pool.shutdown(wait=True, kill_workers=not whole)


def executor_of(jobs: int | None) -> Executor:
    """Give the executor for a number of jobs; None for all cores."""
    jobs = jobs or os.cpu_count() or 1
    return InProcess() if jobs == 1 else Processes(jobs)


class _Numbered:
    """Calls a function on the second part of a numbered task."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, task: tuple[int, Any]) -> Any:
        return self.function(task[1])


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise InputError(
            f"A process was ended from outside ({error}), perhaps for want of memory.",
            fix="Run it again with fewer --jobs; it goes on where it was.",
        ) from error


_here: list[Callable[[Any], Any]] = []


def _settle(function: Callable[[Any], Any]) -> None:
    """Make a worker process ready; an interruption is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here[:] = [function]


def _call(task: Any) -> Any:
    return _here[0](task)
