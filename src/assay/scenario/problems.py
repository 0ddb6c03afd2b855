"""What is wrong with a scenario file, gathered so that all of it can be told at once, each with line and key."""

from __future__ import annotations

from typing import Any

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.scenario.lines import line_at, lines_of
from assay.scenario.model import Path, Scenario

MOST_TOLD = 50


class Problems:
    """A list of problems with one file.

    Parameters
    ----------
    file : str
        What messages call it.
    text : str
        Its content, to find the lines.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.found: list[tuple[Path, str]] = []
        self._sealed: set[Path] = set()

    def add(self, path: Path, told: str) -> None:
        """Note a problem, once, and none of a column or event that could not be read: it would only follow from that."""
        if (path, told) not in self.found and path[:4] not in self._sealed:
            self.found.append((path, told))

    def seal(self) -> None:
        """Take no more problems of the columns and events that have one."""
        self._sealed = {path[:4] for path, _ in self.found if len(path) >= 4}

    def of(self, path: Path) -> bool:
        """Whether a column or event has a problem."""
        return any(found[:4] == path[:4] for found, _ in self.found)

    def unknown(self, path: Path, entry: Any, known: Any, what: str) -> None:
        """Note every key of a table that is not known, with the nearest that is."""
        for key in entry:
            if key not in known:
                near = did_you_mean(key, known)
                self.add((*path, key), f"is not a key of {what}.{near} Known: {', '.join(known)}.")

    def raise_them(self) -> None:
        """Raise all problems found, in the order of the lines."""
        if not self.found:
            return
        lines = lines_of(self.text)
        errors: list[tuple[int, InputError]] = []
        for path, told in self.found:
            line = line_at(lines, path)
            where = f"line {line}, " if line is not None else ""
            errors.append((line or 0, InputError(f"{where}{dotted(path)}: {told}", file=self.file, row=line)))
        errors.sort(key=lambda error: error[0])
        told = [error for _, error in errors[:MOST_TOLD]]
        if len(errors) > MOST_TOLD:
            told.append(InputError(f"and {len(errors) - MOST_TOLD} more problems.", file=self.file))
        raise_all(told)


def dotted(path: Path) -> str:
    """Write a path as messages show it.

    Examples
    --------
    >>> dotted(("tables", "payments", "events", 0, "rate"))
    'tables.payments.events[0].rate'
    """
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else f".{part}" if out else str(part)
    return out or "the file"


def fault(scenario: Scenario, path: Path, told: str, *, column: str | None = None, fix: str = "") -> InputError:
    """Make the error for something that shows only when rows are made, with line and key."""
    line = line_at(lines_of(scenario.text), path)
    where = f"line {line}, " if line is not None else ""
    return InputError(f"{where}{dotted(path)}: {told}", file=scenario.file or None, column=column, row=line, fix=fix)
