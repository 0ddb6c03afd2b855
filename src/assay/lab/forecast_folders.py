"""Pilots that finished loops left in folders: read, and refused where they are half-written or of different worlds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assay.core.errors import InputError, UsageError
from assay.core.trajectory import Trajectory
from assay.lab.loop_record import RESULT, read_trajectory
from assay.lab.loop_store import RUN, SETTINGS

SAME = {"sha256": "real rows", "holdout_sha256": "sealed rows", "target": "target", "task": "task"}


def finished(folder: Path) -> list[Trajectory]:
    """Read the loop in a folder, or the loops in the folders in it; none where no loop was begun there.

    Raises
    ------
    InputError
        If a loop was begun and has no result yet.
    UsageError
        If several loops cannot be read together; see `require_one_world`.
    """
    parts = [folder] if _begun(folder) else sorted(path for path in folder.iterdir() if path.is_dir() and _begun(path))
    for part in parts:
        if not (part / RESULT).exists():
            again = (
                f"assay loop with --out {part}" if part == folder else f"assay forecast REAL (or assay loop) with --out {folder}"
            )
            if part != folder and not part.name.startswith("pilots-"):
                again = f"assay loop with --out {part}"
            raise InputError(
                "A loop was begun here and has no result yet.",
                file=str(part),
                fix=f"Run the command again that began it, {again}: it goes on from where it was.",
            )
    found = [read_trajectory(part) for part in parts]
    require_one_world([str(part) for part in parts], found)
    return found


def _begun(folder: Path) -> bool:
    """Whether a folder is that of a loop, ended or not."""
    if (folder / RESULT).exists():
        return True
    try:
        return json.loads((folder / SETTINGS).read_bytes()).get("schema") == RUN
    except (OSError, ValueError, AttributeError):
        return False


def require_one_world(names: Sequence[str], found: Sequence[Trajectory]) -> None:
    """Refuse trajectories that no one forecast can be made of.

    Parameters
    ----------
    names : sequence of str
        Their folders.
    found : sequence of Trajectory
        What was read there.

    Raises
    ------
    UsageError
        If real rows, sealed rows, target, task, or a generator's settings differ, or lineages of the same generator, regime and
        rows stand in two of them.
    """
    known: dict[str, tuple[str, object]] = {}
    for name, each in zip(names, found, strict=True):
        told = {what: each.real.get(key) for key, what in SAME.items()}
        told |= {f"settings of {generator}": own for generator, own in dict(each.settings.get("generators", {})).items()}
        for what, own in told.items():
            before, other = known.setdefault(what, (name, own))
            if own != other:
                raise UsageError(
                    f"One forecast needs pilots of one world. {before} and {name} have different {what}. Forecast them one by one"
                    + (", or run both with the same --holdout." if what == SAME["holdout_sha256"] else ".")
                )
        size = each.settings.get("size", 0)
        for generator, regime in dict.fromkeys((one.generator, one.regime) for one in each.lineages()):
            before, _ = known.setdefault(f"{generator}|{regime}|{size}", (name, None))
            if before != name:
                raise UsageError(
                    f"Lineages of {generator} under {regime} with {size} rows stand in {before} and in {name}. Leave one of them "
                    "out, or run one loop with more seeds."
                )
