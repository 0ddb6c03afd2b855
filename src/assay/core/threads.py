"""One BLAS and OpenMP thread a task: sums of products differ in their last bits between one thread and two."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

POOLS = ("numpy", "scipy", "sklearn", "faiss", "torch")


def one_thread() -> Any:
    """Limit the thread pools of all loaded libraries to one thread, until the context manager that is returned exits.

    Called without ``with``, as the initialiser of a worker thread, the limit stays.

    Notes
    -----
    Looking for the loaded libraries takes milliseconds, so what was found is kept until another one is imported.

    Examples
    --------
    >>> with one_thread():
    ...     pass
    """
    return _controller(tuple(name in sys.modules for name in POOLS)).limit(limits=1)


@cache
def _controller(loaded: tuple[bool, ...]) -> ThreadpoolController:
    return ThreadpoolController()
