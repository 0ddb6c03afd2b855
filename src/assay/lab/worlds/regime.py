"""The regimes of the toy worlds, as words with a number: what a generation learns from."""

from __future__ import annotations

from dataclasses import dataclass

from assay.core.errors import UnknownNameError, UsageError

REGIMES = {
    "replace": "the rows that the last generation made",
    "accumulate": "all rows ever, real and made",
    "accumulate_subsample": "as many rows as in one generation, drawn anew without replacement from all rows ever",
    "mix": "a share of real rows, always the same ones, and rows that the last generation made",
    "fresh": "a share of real rows, new ones every time, and rows that the last generation made",
    "curated": "the rows that the last generation made and a verifier kept",
    "weighted": "new real rows and rows that the last generation made, each estimated apart and then weighted",
}
NUMBERED = ("mix", "fresh", "weighted")


@dataclass(frozen=True, slots=True)
class Regime:
    """What a generation learns from.

    Parameters
    ----------
    name : str
        A key of `REGIMES`.
    argument : str
        What follows the colon: the share of real rows of ``mix`` and ``fresh``; the weight of the real estimate of ``weighted``,
        a number or a word that the world knows, such as ``golden``.
    """

    name: str
    argument: str = ""

    @classmethod
    def parse(cls, text: str) -> Regime:
        """Read a regime such as ``replace`` or ``mix:0.1``.

        Raises
        ------
        UsageError
            If there is no such regime, or the number is missing, superfluous or outside (0, 1).

        Examples
        --------
        >>> Regime.parse("mix:0.1").share
        0.1
        """
        name, _, argument = text.partition(":")
        if name not in REGIMES:
            raise UnknownNameError("regime", name, REGIMES)
        if (name in NUMBERED) != bool(argument):
            example = {"weighted": "weighted:golden"}.get(name, f"{name}:0.1") if name in NUMBERED else name
            raise UsageError(f"Regime {text!r} cannot be read. Write {example!r}.")
        regime = cls(name, argument)
        if name in ("mix", "fresh"):
            regime.share  # noqa: B018 - asked now so that a wrong one is told before the work starts
        return regime

    @property
    def share(self) -> float:
        """The number after the colon, in (0, 1)."""
        try:
            share = float(self.argument)
        except ValueError:
            share = float("nan")
        if not 0 < share < 1:
            raise UsageError(f"Regime {self} needs a number in (0, 1) after the colon. Got {self.argument!r}.")
        return share

    def real_rows(self, rows: int) -> int:
        """Give how many of a generation's rows are real under ``mix`` and ``fresh``: the share, rounded to whole rows.

        Raises
        ------
        UsageError
            If that leaves no real row, or no row that was made.
        """
        real = round(self.share * rows)
        if not 0 < real < rows:
            raise UsageError(f"Regime {self} leaves {real} real rows of {rows}. Expected at least 1 and at most {rows - 1}.")
        return real

    def __str__(self) -> str:
        return f"{self.name}:{self.argument}" if self.argument else self.name
