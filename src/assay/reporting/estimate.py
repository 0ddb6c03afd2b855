"""The result of an estimate: plain data inside, and every way to show or keep it outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.core.errors import UsageError
from assay.core.estimated import Answer, Quantity
from assay.core.files import write_atomically
from assay.reporting.documents import plain, to_json
from assay.reporting.frame import installed

ESTIMATE = "assay.estimate/1"


@dataclass(frozen=True)
class Estimated:
    """Everything that one estimate has to say.

    Parameters
    ----------
    answer : Answer
        Both intervals of every quantity, and what they rest on.
    settings : mapping
        What was asked.
    inputs : mapping
        ``real``, ``further`` and ``model`` with ``rows``, ``columns`` and ``sha256``.
    run : mapping
        ``assay_version``, ``versions``, ``command``, ``seed``, ``jobs``, ``timings``.

    Notes
    -----
    The ends of a quantile's interval are values of rows; nothing else in it is.
    """

    answer: Answer
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """``told``, or ``refused`` where predictions are too weak or populations differ: then the classical intervals stand."""
        return "told" if self.answer.status == "told" else "refused"

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 where an interval with predictions was given, 3 where it was refused."""
        return 0 if self.status == "told" else 3

    def __getitem__(self, quantity: str) -> Quantity:
        """Give one quantity by name: ``mean``, ``rate``, ``quantile``, ``intercept``, or a regressor."""
        for one in self.answer.quantities:
            if one.name == quantity:
                return one
        raise KeyError(quantity)

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.estimate/1` document; equal inputs, seed and versions give equal ones but for times."""
        answer = self.answer.to_dict()
        reason = answer.pop("status")
        return plain(
            {
                "schema": ESTIMATE,
                "status": self.status,
                "reason": None if reason == "told" else reason,
                **answer,
                "settings": self.settings,
                "inputs": self.inputs,
                "run": self.run,
            }
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Estimated:
        """Read what `to_dict` gave.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != ESTIMATE:
            raise UsageError(f"Estimated.from_dict needs a document with schema {ESTIMATE!r}. Got {document.get('schema')!r}.")
        answer = Answer.from_dict({**document, "status": document["reason"] or "told"})
        return cls(answer, dict(document["settings"]), dict(document["inputs"]), dict(document["run"]))

    def to_json(self) -> str:
        """Give the `assay.estimate/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_frame(self) -> Any:
        """Give one row per quantity, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        rows: list[dict[str, Any]] = []
        for one in self.answer.quantities:
            powered = one.powered
            rows.append(
                {
                    "quantity": one.name,
                    "classical": one.classical.value,
                    "classical_low": one.classical.low,
                    "classical_high": one.classical.high,
                    "powered": None if powered is None else powered.value,
                    "powered_low": None if powered is None else powered.low,
                    "powered_high": None if powered is None else powered.high,
                    "lambda": one.weight,
                    "width_ratio": one.width_ratio,
                    "worth_in_real_rows": one.worth,
                }
            )
        return installed(pa.Table.from_pylist(rows))

    def save(self, path: str | Path) -> Path:
        """Write the result whole or not at all, as JSON (`assay.estimate/1`).

        Raises
        ------
        UsageError
            If the path does not end in .json.
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".json":
            raise UsageError(f"Estimated.save needs a path that ends in .json. Got {str(path)!r}.")
        write_atomically(path, self.to_json().encode("utf-8", "backslashreplace"))
        return path

    def _repr_html_(self) -> str:
        from assay.reporting.estimate_html import card

        return card(self)

    def __repr__(self) -> str:
        return f"Estimated({self.status}: {len(self.answer.quantities)} quantities of {self.answer.rows.real} real rows)"
