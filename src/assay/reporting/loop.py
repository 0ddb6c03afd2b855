"""The result of a loop: plain data inside, and every way to show or keep it outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.core.errors import UsageError
from assay.core.files import write_atomically
from assay.core.trajectory import Descent, Trajectory
from assay.lab.collapse import Collapse, by_all_definitions
from assay.lab.leaving import groups
from assay.lab.loop_record import LOOP, Origin, lineages_of, points, trajectory_of
from assay.lab.loop_summary import Course, courses
from assay.lab.portrait import Layout
from assay.reporting.documents import plain, to_json
from assay.reporting.frame import installed


@dataclass(frozen=True)
class Loop:
    """Everything that one loop has to say.

    Parameters
    ----------
    trajectory : Trajectory
        Every axis of every generation of every lineage.
    origins : mapping of (Descent, int) to Origin
        Where the rows of each generation come from, and which axes could not be measured.
    run : mapping
        ``assay_version``, ``versions``, ``command``, ``seed``, ``jobs``, ``timings``.
    layout : Layout, optional
        The bins in which rows are counted for pictures.

    Notes
    -----
    It holds no value of the real rows; edges and levels of bins have ten real rows behind them at least.
    """

    trajectory: Trajectory
    origins: Mapping[tuple[Descent, int], Origin] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout | None = None

    @property
    def status(self) -> str:
        """``finished``, or ``unfinished`` where a generation could not be made or measured, or the budget ended before."""
        return "unfinished" if self.trajectory.unfinished else "finished"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 where it ran through, 3 where something is unfinished."""
        return 3 if self.trajectory.unfinished else 0

    @property
    def courses(self) -> tuple[Course, ...]:
        """Every axis at the first and the last generation, and when it left its margin."""
        return courses(self.trajectory)

    @property
    def collapses(self) -> dict[tuple[str, str], tuple[Collapse, ...]]:
        """What each published definition of collapse says, by generator and regime."""
        return {(group.generator, group.regime): by_all_definitions(group) for group in groups(self.trajectory)}

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.loop/1` document; equal inputs, seed and versions give equal ones but for times."""
        timings = {
            **self.run.get("timings", {}),
            "generations": [
                {**each.descent._asdict(), "number": each.number, **each.seconds} for each in self.trajectory.generations
            ],
        }
        return plain(
            {
                "schema": LOOP,
                "status": self.status,
                "real": self.trajectory.real,
                "settings": self.trajectory.settings,
                "groups": self._groups(),
                "lineages": lineages_of(self.trajectory, self.origins),
                "unfinished": [
                    {**descent._asdict(), "number": number, "reason": reason}
                    for descent, number, reason in self.trajectory.unfinished
                ],
                "layout": None if self.layout is None else self.layout.to_dict(),
                "run": {**self.run, "timings": timings},
            }
        )

    def _groups(self) -> list[dict[str, Any]]:
        """Give what left its margin when, and what the definitions say, of each generator and regime."""
        courses = self.courses
        return [
            {
                "generator": generator,
                "regime": regime,
                "left": [
                    {"axis": one.axis, "generation": one.left, "sure": one.sure}
                    for one in courses
                    if (one.generator, one.regime, one.left is None) == (generator, regime, False)
                ],
                "collapse": [one._asdict() for one in found],
            }
            for (generator, regime), found in self.collapses.items()
        ]

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Loop:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != LOOP:
            raise UsageError(f"Loop.from_dict needs a document with schema {LOOP!r}. Got {document.get('schema')!r}.")
        origins = {
            (Descent(*(lineage[name] for name in Descent._fields)), each["number"]): Origin.from_dict(each)
            for lineage in document["lineages"]
            for each in lineage["generations"]
        }
        timings = {name: part for name, part in document["run"]["timings"].items() if name != "generations"}
        found = document.get("layout")
        layout = None if found is None else Layout.from_dict(found)
        return cls(trajectory_of(document), origins, {**document["run"], "timings": timings}, layout)

    def to_json(self) -> str:
        """Give the `assay.loop/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """Give the result with its pictures as one HTML page that needs no network."""
        from assay.reporting.loop_html import page

        return page(self)

    def to_frame(self) -> Any:
        """Give one row per reading, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        return installed(points(self.trajectory))

    def save(self, path: str | Path) -> Path:
        """Write the result whole or not at all, as what the suffix says.

        Parameters
        ----------
        path : str or Path
            ``.json`` (`assay.loop/1`), ``.parquet`` (one row per reading) or ``.html`` (pictures).

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
        if writer is not None:
            write_atomically(path, writer().encode("utf-8", "backslashreplace"))
        elif path.suffix.lower() == ".parquet":
            write_atomically(path, _parquet(self.trajectory))
        else:
            raise UsageError(f"Loop.save needs a path that ends in .json, .parquet or .html. Got {str(path)!r}.")
        return path

    def _repr_html_(self) -> str:
        from assay.reporting.loop_html import card

        return card(self)

    def __repr__(self) -> str:
        trajectory = self.trajectory
        left = f", {len(trajectory.unfinished)} unfinished" if trajectory.unfinished else ""
        return f"Loop({len(trajectory.lineages())} lineages, {len(trajectory.generations)} generations{left})"


def _parquet(trajectory: Trajectory) -> bytes:
    import io

    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(points(trajectory), sink, compression="zstd", version="2.6", write_page_checksum=True)
    return sink.getvalue()
