"""Seeds: one number in, an independent generator for every task out, the same at any number of jobs."""

from __future__ import annotations

import hashlib

import numpy as np


def spawn(seed: int, *task: str | int) -> np.random.Generator:
    """Make the generator of one named task.

    Parameters
    ----------
    seed : int
        The user's seed, not negative.
    *task : str or int
        The task's name, such as ``"utility", "refit", 3``. Equal names give equal streams, different names independent ones.

    Examples
    --------
    >>> bool(spawn(0, "a").random() == spawn(0, "a").random())
    True
    >>> bool(spawn(0, "a").random() == spawn(0, "b").random())
    False
    """
    return np.random.default_rng(np.random.SeedSequence(entropy=int(seed), spawn_key=tuple(_words(task))))


def integer_seed(seed: int, *task: str | int) -> int:
    """Make a 31-bit seed for a library that takes an integer."""
    return int(spawn(seed, *task).integers(0, 2**31 - 1))


def _words(task: tuple[str | int, ...]) -> list[int]:
    digest = hashlib.sha256("\x1f".join(f"{type(part).__name__}:{part}" for part in task).encode()).digest()
    return [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 16, 4)]
