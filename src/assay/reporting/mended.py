"""The result of mending: rows, weights and recipe, and every way to show or keep what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import UsageError
from assay.core.files import write_atomically
from assay.core.mended import (
    Calibration,
    Checked,
    FormScored,
    GroupGain,
    Left,
    Measured,
    Proof,
    Taken,
    Wanted,
    Why,
    Withheld,
    measured,
    to_plain,
)
from assay.core.verdict import EXIT_CODES
from assay.data.amended_files import uneven, write_amended
from assay.reporting.documents import MEND, plain, to_json

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.mending.recipe import Recipe

UNSEALED = ("no_holdout", "holdout_not_real", "holdout_seen")


@dataclass(frozen=True)
class Mended:
    """Everything that mending has to say, and what it made.

    Parameters
    ----------
    selection : {'unseen', 'refitted', 'shared'}
        How real rows that the generator did not see were had; 'shared': not at all, and selection is invalid.
    steps : tuple of Taken
        Remedies kept, in the order they are done.
    left : tuple of Left
        Plans left out.
    forms : tuple of FormScored
        Ways to train, by cross-validation, best first; empty without a target.
    baseline, chosen : str or None
        Words of the best form without mending, and of the one to use.
    unweighed : Why or None
        Why no use is weighed up, where none is.
    proof : Proof or None
        Scores on sealed rows.
    unproved : Why or None
        Why there is no proof, where there is none.
    withheld : Withheld or None
        Rows of the holdout that prove nothing, as they are not sealed; None where it was not looked.
    before, after : Checked or None
        What a check says of the rows; None without a holdout.
    wanted : tuple of Wanted
        Real rows worth collecting, best first.
    counts : mapping
        ``real``, ``synthetic``, ``mended``, ``from_real`` (rows made from real ones), ``effective`` (sample size by weights) and
        ``holdout`` rows.
    inputs, run : mapping
        As in a `Report`.
    recipe : Recipe, optional
        To do the same to other rows of the generator; not in the document.
    data : Dataset, optional
        The mended rows; not in the document.
    weights : numpy.ndarray of shape (rows,), optional
        Their weights, mean 1; not in the document.

    Notes
    -----
    It computes nothing. The document holds no value with fewer than 10 rows behind it.
    """

    selection: str
    steps: tuple[Taken, ...]
    left: tuple[Left, ...]
    forms: tuple[FormScored, ...]
    baseline: str | None
    chosen: str | None
    unweighed: Why | None
    proof: Proof | None
    unproved: Why | None
    withheld: Withheld | None
    before: Checked | None
    after: Checked | None
    wanted: tuple[Wanted, ...]
    counts: Mapping[str, Any]
    inputs: Mapping[str, Any]
    run: Mapping[str, Any]
    recipe: Recipe | None = field(default=None, compare=False)
    data: Dataset | None = field(default=None, compare=False)
    weights: np.ndarray | None = field(default=None, compare=False)

    @property
    def outcome(self) -> str:
        """What became of it, in one word.

        Notes
        -----
        ``gained`` and ``lost`` where the interval on sealed rows leaves out zero, ``unproven`` where it does not, ``unused``
        where mended rows are not the ones to train on, ``nothing`` where no remedy was kept, ``unproved`` without a proof,
        ``no_target`` where there is no use to weigh up, ``too_few`` where there are too few real rows to learn it from.
        """
        gain = None if self.proof is None else self.proof.gain
        if gain is not None and gain.beyond_noise and gain.value < 0:
            return "lost"
        if not self.steps:
            return "nothing"
        if self.chosen is None:
            return "no_target" if self.unweighed is None or self.unweighed.code == "no_target" else "too_few"
        if not any(form.rows == "mended" for form in self.forms if form.words == self.chosen):
            return "unused"
        if gain is None:
            return "unproved"
        return "gained" if gain.beyond_noise else "unproven"

    @property
    def best(self) -> str | None:
        """How to train: as chosen, or by the baseline where the choice lost on sealed rows beyond noise; None without a use."""
        return self.baseline if self.outcome == "lost" else self.chosen

    @property
    def verdict(self) -> str:
        """What a check says of the mended rows; ``not_trusted`` where they lost on sealed rows, ``cannot_tell`` without these.

        Notes
        -----
        A check against a holdout that is not sealed may tell against the rows, but not for them: ``cannot_tell``, too.
        """
        if self.outcome == "lost":
            return "not_trusted"
        if self.after is None or (self.after.verdict == "trusted" and not self.sealed):
            return "cannot_tell"
        return self.after.verdict

    @property
    def sealed(self) -> bool:
        """Whether there is a holdout, and nothing of it is known to have leaked."""
        leaked = self.withheld is not None and self.withheld.leaked
        return not leaked and (self.unproved is None or self.unproved.code not in UNSEALED)

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 the mended rows are trusted, 1 they are not, 3 cannot tell."""
        return EXIT_CODES[self.verdict]

    @property
    def sampled(self) -> dict[str, int]:
        """Rows of each table of which only a sample was worked on: as many as `counts` says of it."""
        given = {role: 0 if table is None else int(table["rows"]) for role, table in self.inputs.items()}
        return {role: rows for role, rows in given.items() if rows > int(self.counts[role])}

    @property
    def weighted(self) -> bool:
        """Whether the rows must be used with their weights."""
        return self.weights is not None and uneven(self.weights)

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.mend/1` document; the same inputs, seed and versions give the same but for ``run.timings``."""
        parts = (
            *(
                "outcome",
                "selection",
                "steps",
                "left",
                "forms",
                "baseline",
                "chosen",
                "unweighed",
                "proof",
                "unproved",
                "withheld",
            ),
            *("before", "after", "wanted", "counts", "sampled"),
        )
        return plain(
            {
                "schema": MEND,
                "verdict": self.verdict,
                **{name: to_plain(getattr(self, name)) for name in parts},
                "inputs": self.inputs,
                "run": self.run,
            }
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Mended:
        """Read what `to_dict` gave; rows, weights and recipe are not in it.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != MEND:
            raise UsageError(f"Mended.from_dict needs a document with schema {MEND!r}. Got {document.get('schema')!r}.")
        return cls(
            document["selection"],
            tuple(_read(Taken, entry) for entry in document["steps"]),
            tuple(_read(Left, entry) for entry in document["left"]),
            tuple(_read(FormScored, entry) for entry in document["forms"]),
            document["baseline"],
            document["chosen"],
            _read(Why, document["unweighed"]),
            _proof(document["proof"]),
            _read(Why, document["unproved"]),
            _read(Withheld, document["withheld"]),
            None if document["before"] is None else _checked(document["before"]),
            None if document["after"] is None else _checked(document["after"]),
            tuple(_read(Wanted, entry) for entry in document["wanted"]),
            dict(document["counts"]),
            dict(document["inputs"]),
            dict(document["run"]),
        )

    def to_json(self) -> str:
        """Give the `assay.mend/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """Give the result as one HTML page that needs no network and runs no script."""
        from assay.reporting.mended_html import page

        return page(self)

    def to_frame(self) -> Any:
        """Give one row per form of use, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        from assay.reporting.mended_frame import frame

        return frame(self.forms)

    def save(self, path: str | Path) -> Path:
        """Write the result whole or not at all: ``.json`` (`assay.mend/1`) or ``.html``.

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
            raise UsageError(
                f"Mended.save needs a path that ends in .json or .html. Got {str(path)!r}. Rows are written by write_rows, the "
                "recipe by recipe.save."
            )
        write_atomically(path, writer().encode("utf-8", "backslashreplace"))
        return path

    def write_rows(self, path: str | Path) -> tuple[Path, ...]:
        """Write the mended rows, and their weights beside them where they must be used.

        Parameters
        ----------
        path : str or Path
            Parquet, CSV or JSON Lines, as `assay.generate` writes. Weights go to ``<stem>.weights.parquet``, one column
            ``weight`` in the order of the rows.

        Returns
        -------
        tuple of Path
            What was written.
        """
        if self.data is None or self.weights is None:
            raise UsageError("This result was read from its document, which holds no rows. Call assay.mend for them.")
        return write_amended(self.data, self.weights, path)

    def __repr__(self) -> str:
        names = ", ".join(step.remedy for step in self.steps) or "nothing helped"
        return f"Mended({self.verdict}: {names})"

    def _repr_html_(self) -> str:
        from assay.reporting.mended_html import card

        return card(self)


def _read(kind: Any, entry: Mapping[str, Any] | None) -> Any:
    """Read a dataclass of plain fields, intervals and texts; nothing for nothing."""
    if entry is None:
        return None
    fields: dict[str, Any] = {}
    for name, part in entry.items():
        if isinstance(part, Mapping) and set(part) == {"value", "low", "high"}:  # type: ignore[reportUnknownArgumentType]
            fields[name] = Measured(**part)
        else:
            fields[name] = tuple(part) if isinstance(part, list) else part  # type: ignore[reportUnknownArgumentType]
    return kind(**fields)


def _proof(entry: Mapping[str, Any] | None) -> Proof | None:
    if entry is None:
        return None
    groups = tuple(_read(GroupGain, group) for group in entry["groups"])
    return replace(_read(Proof, entry), groups=groups, calibration=_read(Calibration, entry["calibration"]))


def _checked(entry: Mapping[str, Any]) -> Checked:
    return Checked(
        entry["verdict"],
        tuple(entry["reasons"]),
        tuple((code, mechanism, message) for code, mechanism, message in entry["findings"]),
        measured(entry["worth"]),
        measured(entry["copies"]),
        measured(entry["membership"]),
        entry["rows"],
    )
