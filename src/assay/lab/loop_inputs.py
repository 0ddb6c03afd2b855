"""The real rows of a loop: how many are trained on, sealed, and kept apart; refused before work where they are too few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay.core import registry
from assay.core.errors import UsageError
from assay.data.dataset import Dataset
from assay.data.split import split
from assay.generators._settings import check, from_text
from assay.lab.loop import LoopPlan
from assay.lab.loop_step import Maker

LEAST, LEAST_SEALED = 40, 40
MOST, SEALED = 5_000, 0.3
BESIDE = 2  # first parts that should fit beside each other, so that replicates differ


def sealed_apart(
    real: Dataset, holdout: Dataset | None, plan: LoopPlan, size: int | None, seed: int
) -> tuple[Dataset, Dataset, int]:
    """Seal a holdout off, where none was given, and choose the size of a generation.

    Parameters
    ----------
    real : Dataset
        Real rows, in memory.
    holdout : Dataset, optional
        Sealed rows given beside them.
    plan : LoopPlan
        What is to be run.
    size : int, optional
        Rows of a generation; default as many as the table allows, so that two first parts and what fresh regimes take fit into
        what is not sealed, at most 5,000; of a small table 40.
    seed : int
        Of the split.

    Returns
    -------
    pool : Dataset
        Real rows for generators.
    holdout : Dataset
        Sealed: if it is cut off here, 30% of the rows, but 40 at least and `size` at most.
    size : int
        Rows of a generation.

    Raises
    ------
    UsageError
        If the rows are too few for what is asked.
    """
    if holdout is not None:
        if len(holdout) < LEAST_SEALED:
            raise UsageError(
                f"A loop needs at least {LEAST_SEALED} sealed rows. Got {len(holdout)} in the holdout. Give a larger one, or "
                f"leave it out: of {_enough(plan):,} real rows or more the loop seals off as many itself."
            )
        size = _size(len(real), plan, size)
        _require_room(len(real), len(holdout), plan, size)
        return real, holdout, size
    there = len(real)
    most = max(round(SEALED * there), LEAST_SEALED)
    if there < LEAST_SEALED + LEAST:
        raise UsageError(
            f"A loop seals {LEAST_SEALED} real rows off and learns from {LEAST} others at least. Got {there:,} in all. "
            f"Give {_enough(plan):,} real rows or more, or sealed rows of their own with --holdout."
        )
    size = _size(there - most, plan, size)
    sealed = min(most, size)
    _require_room(there - sealed, sealed, plan, size)
    pool, holdout = split(real, holdout=sealed / there, seed=seed)
    while len(holdout) < LEAST_SEALED and there - sealed > size + plan.fresh_rows(size):  # entities are not cut
        sealed += 1
        pool, holdout = split(real, holdout=sealed / there, seed=seed)
    if len(holdout) < LEAST_SEALED:
        raise UsageError(
            f"A loop needs at least {LEAST_SEALED} sealed rows. Got {len(holdout)}, as the rows of an entity stay together. "
            "Give more real rows, or sealed rows of their own with --holdout."
        )
    _require_room(len(pool), len(holdout), plan, size)
    return pool, holdout, size


def _size(free: int, plan: LoopPlan, size: int | None) -> int:
    """Give the rows of a generation: those asked for, or as many as fit beside a second first part and fresh rows."""
    if size is None:
        greed = plan.fresh_rows(1000) / 1000
        return min(MOST, max(int(free / (BESIDE + greed)), LEAST))
    if size < LEAST:
        raise UsageError(f"A loop needs at least {LEAST} rows a generation. Got a size of {size}. Give a larger one.")
    return int(size)


def _enough(plan: LoopPlan) -> int:
    """Give the fewest real rows of which the loop can seal some off itself."""
    needed = LEAST + plan.fresh_rows(LEAST)  # of them `LEAST_SEALED` are sealed, as that is the size
    return LEAST_SEALED + needed


def _require_room(free: int, sealed: int, plan: LoopPlan, size: int) -> None:
    """Refuse a size, or a regime, for which the rows that are not sealed are too few."""
    fresh, fitting = plan.fresh_rows(size), _fitting(free, plan)
    more = f"{size + fresh:,} real rows beside the sealed ones"
    smaller = (f"a size of {fitting:,} or less",) if fitting else ()
    if free < size:
        raise UsageError(
            f"A loop of this size takes {size:,} real rows for generation 1, beside {sealed:,} sealed ones. "
            f"Got {free:,} that are not sealed. Give {_either(*smaller, more)}."
        )
    if free >= size + fresh:
        return
    greedy = max(plan.regimes, key=lambda regime: regime.fresh_rows(size))
    lasting = 1 + (free - size) // greedy.fresh_rows(size)
    fewer = (f"{lasting} generations",) if lasting > 1 else ()
    gentler = "a smaller share" if hasattr(greedy, "share") else f"another regime than {greedy.text}"
    raise UsageError(
        f"Under {greedy.text} each of {plan.generations:,} generations but the first takes {greedy.fresh_rows(size):,} new "
        f"real rows, {fresh:,} new ones in all, beside {size:,} for generation 1 and {sealed:,} sealed ones. "
        f"Got {free:,} that are not sealed. Give {_either(*fewer, gentler, *smaller, more)}."
    )


def _fitting(free: int, plan: LoopPlan) -> int:
    """Give the largest size that so many rows suffice for, 0 where none does."""
    size = int(free / (1 + plan.fresh_rows(1000) / 1000)) + 1
    while size >= LEAST and size + plan.fresh_rows(size) > free:
        size -= 1
    return size if size >= LEAST else 0


def _either(*ways: str) -> str:
    return " or ".join(filter(None, (", ".join(ways[:-1]), ways[-1])))


def makers_of(generators: Iterable[str], settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Maker]:
    """Look generators up, give settings their types, and refuse those that no generator would take, before any work.

    Raises
    ------
    UnknownNameError
        If there is none of that name.
    MissingDependencyError
        If it needs a package that is not installed.
    UsageError
        If none is named, it learns nothing, settings are for one that is not in the loop, or cannot be used.
    """
    names = tuple(dict.fromkeys(generators))
    if not names:
        raise UsageError(f"A loop needs at least one generator. Known: {', '.join(registry.names('generator'))}.")
    for name in names:
        if not getattr(registry.get("generator", name), "learns", True):
            raise UsageError(f"{name} learns nothing from rows, so no generation can learn from the one before. Leave it out.")
    stray = [name for name in settings if name not in names]
    if stray:
        raise UsageError(
            f"There are settings for {', '.join(stray)}, and the loop has {', '.join(names)}. Name it, or leave them out."
        )
    return {name: Maker(name, _typed(name, settings.get(name, {}))) for name in names}


def _typed(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    made = registry.get("generator", name)
    out = from_text(made, name, given)
    check(made.__name__, getattr(made, "rules", {}), out)
    return out
