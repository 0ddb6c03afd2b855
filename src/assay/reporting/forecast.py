"""The result of a forecast: plain data inside, and every way to show or keep it outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.core.errors import UsageError
from assay.core.files import write_atomically
from assay.core.forecast import Answers
from assay.reporting.documents import plain, to_json
from assay.reporting.frame import installed

FORECAST = "assay.forecast/1"


@dataclass(frozen=True)
class Forecast:
    """Everything that one forecast has to say.

    Parameters
    ----------
    answers : Answers
        Where every axis will be, when it leaves, what keeps it, and what that saved.
    settings : mapping
        What was asked, and of which pilots.
    run : mapping
        ``assay_version``, ``versions``, ``command``, ``seed``, ``jobs``, ``timings``.

    Notes
    -----
    It holds no value of the real rows.
    """

    answers: Answers
    settings: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """``told``, or ``cannot_tell`` where no axis could be forecast to any use."""
        return "told" if any(one.leaving.status != "cannot_tell" for one in self.answers.outlooks) else "cannot_tell"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 where something is told, 3 where nothing is."""
        return 0 if self.status == "told" else 3

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.forecast/1` document; equal inputs, seed and versions give equal ones but for times."""
        return plain(
            {
                "schema": FORECAST,
                "status": self.status,
                **self.answers.to_dict(),
                "settings": self.settings,
                "run": self.run,
            }
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Forecast:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != FORECAST:
            raise UsageError(f"Forecast.from_dict needs a document with schema {FORECAST!r}. Got {document.get('schema')!r}.")
        return cls(Answers.from_dict(document), dict(document["settings"]), dict(document["run"]))

    def to_json(self) -> str:
        """Give the `assay.forecast/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """Give the result with its pictures as one HTML page that needs no network."""
        from assay.reporting.forecast_html import page

        return page(self)

    def to_frame(self) -> Any:
        """Give one row per generation and axis, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        rows = [
            {
                "generator": one.generator,
                "regime": one.regime,
                "axis": one.axis,
                "rows": one.rows,
                "generation": band.generation,
                "middle": band.middle,
                "low": band.low,
                "high": band.high,
                "low_all": band.low_all,
                "high_all": band.high_all,
            }
            for one in self.answers.outlooks
            for band in one.bands
        ]
        return installed(pa.Table.from_pylist(rows))

    def save(self, path: str | Path) -> Path:
        """Write the result whole or not at all, as what the suffix says.

        Parameters
        ----------
        path : str or Path
            ``.json`` (`assay.forecast/1`) or ``.html`` (pictures).

        Raises
        ------
        UsageError
            If the suffix is another one.
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        writer = {".json": self.to_json, ".html": self.to_html, ".htm": self.to_html}.get(path.suffix.lower())
        if writer is None:
            raise UsageError(f"Forecast.save needs a path that ends in .json or .html. Got {str(path)!r}.")
        write_atomically(path, writer().encode("utf-8", "backslashreplace"))
        return path

    def __repr__(self) -> str:
        return f"Forecast({self.status}: {len(self.answers.outlooks)} outlooks to generation {self.answers.horizon})"
