"""The result of a drill: plain data inside, and every way to show or keep it outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.drilled import FalseAlarms, KindDrilled, NotPlanted, Planting
from assay.core.errors import UsageError
from assay.core.files import write_atomically
from assay.reporting.documents import DRILL, plain, to_json


@dataclass(frozen=True)
class Drill:
    """Everything that one drill has to say.

    Parameters
    ----------
    kinds : tuple of KindDrilled
        Kinds of damage that were planted, by name.
    not_planted : tuple of NotPlanted
        Kinds that were not, each with the reason.
    false_alarms : FalseAlarms
        Sound rows refused.
    plantings : tuple of Planting
        All of them.
    sizes : tuple of mapping
        ``real``, ``synthetic`` and ``holdout`` rows of a planting: the full size, and the small one where the table has enough.
    asked : mapping
        ``rounds`` wanted, ``plantings`` of the whole plan, ``done`` before the budget ended.
    policy : mapping
        ``name`` and ``sha256`` of the policy that judged.
    inputs : mapping
        ``real`` with ``rows``, ``columns`` and ``sha256``.
    run : mapping
        ``assay_version``, ``versions``, ``command``, ``seed``, ``jobs``, ``timings``.

    Notes
    -----
    It computes nothing and holds no value of the real rows.
    """

    kinds: tuple[KindDrilled, ...]
    not_planted: tuple[NotPlanted, ...]
    false_alarms: FalseAlarms
    plantings: tuple[Planting, ...]
    sizes: tuple[Mapping[str, int], ...]
    asked: Mapping[str, int]
    policy: Mapping[str, Any]
    inputs: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def status(self) -> str:
        """``drilled``, or ``cannot_tell`` where nothing could be planted or the budget ended before that."""
        return "drilled" if self.kinds else "cannot_tell"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 whatever was noticed, 3 where nothing can be said."""
        return 0 if self.kinds else 3

    def __getitem__(self, kind: str) -> KindDrilled:
        """Give the result of one kind."""
        for one in self.kinds:
            if one.kind == kind:
                return one
        raise KeyError(kind)

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.drill/1` document; the same inputs, seed and versions give the same but for ``run.timings``."""
        return plain(
            {
                "schema": DRILL,
                "status": self.status,
                "inputs": self.inputs,
                "policy": self.policy,
                "sizes": self.sizes,
                "asked": self.asked,
                "false_alarms": self.false_alarms.to_dict(),
                "kinds": [kind.to_dict() for kind in self.kinds],
                "not_planted": [entry.to_dict() for entry in self.not_planted],
                "plantings": [planting.to_dict() for planting in self.plantings],
                "run": self.run,
            }
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Drill:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != DRILL:
            raise UsageError(f"Drill.from_dict needs a document with schema {DRILL!r}. Got {document.get('schema')!r}.")
        return cls(
            tuple(KindDrilled.from_dict(entry) for entry in document["kinds"]),
            tuple(NotPlanted(**entry) for entry in document["not_planted"]),
            FalseAlarms.from_dict(document["false_alarms"]),
            tuple(Planting.from_dict(entry) for entry in document["plantings"]),
            tuple(dict(size) for size in document["sizes"]),
            dict(document["asked"]),
            dict(document["policy"]),
            dict(document["inputs"]),
            dict(document["run"]),
        )

    def to_json(self) -> str:
        """Give the `assay.drill/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """Give the result as one HTML page that needs no network and runs no script."""
        from assay.reporting.drill_html import page

        return page(self)

    def to_frame(self) -> Any:
        """Give one row per kind and severity, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        from assay.reporting.drill_frame import frame

        return frame(self.kinds)

    def save(self, path: str | Path) -> Path:
        """Write the result whole or not at all, as what the suffix says.

        Parameters
        ----------
        path : str or Path
            ``.json`` (`assay.drill/1`) or ``.html``.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        UsageError
            If the suffix is another one.
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        writers = {".json": self.to_json, ".html": self.to_html, ".htm": self.to_html}
        writer = writers.get(path.suffix.lower())
        if writer is None:
            raise UsageError(f"Drill.save needs a path that ends in .json or .html. Got {str(path)!r}.")
        write_atomically(path, writer().encode("utf-8", "backslashreplace"))
        return path

    def _repr_html_(self) -> str:
        from assay.reporting.drill_html import card

        return card(self)

    def __repr__(self) -> str:
        below = sum(kind.standing == "below" for kind in self.kinds)
        return (
            f"Drill({below} of {len(self.kinds)} kinds caught at their material severity, "
            f"{self.false_alarms.alarms} false alarms in {self.false_alarms.checks} checks)"
        )
