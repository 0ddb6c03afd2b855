"""The real rows of a loop: how many are trained on, sealed, and kept apart; refused before work where they are too few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay.core import registry
from assay.core.errors import InputError, UsageError
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
        what is not sealed, at most 5,000.
    seed : int
        Of the split.

    Returns
    -------
    pool : Dataset
        Real rows for generators.
    holdout : Dataset
        Sealed: if it is cut off here, 30% of the rows and at most `size`.
    size : int
        Rows of a generation.

    Raises
    ------
    UsageError
        If the rows are too few for what is asked.
    """
    there = len(real)
    free = there if holdout is not None else there - round(SEALED * there)
    greed = plan.fresh_rows(1000) / 1000
    if size is None:
        size = min(MOST, int(free / (BESIDE + greed)))
    if isinstance(size, bool) or size < LEAST:
        raise UsageError(
            f"A loop needs at least {LEAST} rows a generation. Got {size}, of {there:,} real rows. "
            "Give more real rows or a larger size."
        )
    if holdout is None:
        sealed = min(round(SEALED * there), size)
        if sealed < LEAST_SEALED or there - sealed < size:
            raise _too_few(there, sealed, size, 0)
        real, holdout = split(real, holdout=sealed / there, seed=seed)
    if len(holdout) < LEAST_SEALED:
        raise UsageError(f"A loop needs at least {LEAST_SEALED} sealed rows. Got {len(holdout)}. Give a larger holdout.")
    fresh = plan.fresh_rows(size)
    if len(real) < size + fresh:
        raise _too_few(len(real), len(holdout), size, fresh)
    return real, holdout, size


def _too_few(there: int, sealed: int, size: int, fresh: int) -> UsageError:
    reserve = f", and {fresh:,} new ones in later generations" if fresh else ""
    got = f"{there:,} {'that are not sealed' if fresh else 'in all'}"
    less = "a smaller size, a smaller share, fewer generations" if fresh else "a smaller size"
    return UsageError(
        f"A loop of this size takes {size:,} real rows for generation 1{reserve}, beside {sealed:,} sealed ones. Got {got}. "
        f"Give {less} or more real rows."
    )


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


def require_apart(real: Dataset, holdout: Dataset) -> None:
    """Refuse a holdout that is the real table itself."""
    if real.sha256 == holdout.sha256:
        raise InputError(
            "The holdout is the real table itself.",
            fix="Leave --holdout out, and the loop seals rows off itself, or: assay split REAL --holdout 0.3",
        )
