"""Where results go: tried before the work starts, written whole, the JSON last; and the command that asks the same again."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.cli.streams import print_document, printing


def try_outputs(
    outputs: dict[str, str | None],
    inputs: tuple[str | None, ...],
    *,
    made: str | None = None,
    tables: dict[str, str | None] | None = None,
) -> None:
    """Find out before work starts whether every output can be written, and that none would overwrite a table.

    Parameters
    ----------
    outputs : dict of str to str or None
        Path by option.
    inputs : tuple of str or None
        Paths of what is read.
    made : str, optional
        A folder that the work makes where it is not there; outputs may lie in it.
    tables : dict of str to str or None, optional
        Paths, by option, of outputs that are tables, with weights beside them.
    """
    from assay.cli.failure import is_table
    from assay.core.errors import UsageError
    from assay.core.files import require_writable

    taken = {os.path.realpath(path): "an input" for path in inputs if path is not None}
    for option, path in (*outputs.items(), *_with_weights(tables or {})):
        if path is None or (option == "--json" and path == "-"):
            continue
        if path == "-":
            raise UsageError(f"{option} needs the name of a file. Got '-'; only --json writes to standard output.")
        if os.path.realpath(path) in taken:
            raise UsageError(f"{option} {path} is {taken[os.path.realpath(path)]} as well. Give it a path of its own.")
        if path != os.devnull:
            taken[os.path.realpath(path)] = "another output"
        require_writable(_probe(path, made))
        if option in outputs and is_table(path):
            raise UsageError(f"{option} needs a path for a report. Got {path!r}, the name of a table.")


def _with_weights(tables: dict[str, str | None]) -> list[tuple[str, str | None]]:
    """Give tables with the files of their weights; a name that says no format is an error."""
    from assay.core.errors import UsageError

    found: list[tuple[str, str | None]] = []
    for option, path in tables.items():
        if path is None:
            continue
        from assay.data.amended_files import weights_beside
        from assay.data.writers import SUFFIXES

        if not path.lower().endswith(SUFFIXES):
            raise UsageError(f"{option} needs the name of a table, with one of the endings {', '.join(SUFFIXES)}. Got {path!r}.")
        found += [(option, path), (f"{option}, with the weights", str(weights_beside(path)))]
    return found


def _probe(path: str, made: str | None) -> str:
    """Give the path to try in place of another: beside the first folder to be made, if the other lies in one that will be."""
    folder = Path(os.path.realpath(path)).parent
    if made is None or folder != Path(os.path.realpath(made)) or folder.exists():
        return path
    while not folder.parent.exists():
        folder = folder.parent
    return str(folder)


def deliver(
    outputs: Mapping[str, str | None],
    writers: Mapping[str, Callable[[], str]],
    show: Callable[[], None],
    told: Sequence[str] = (),
) -> None:
    """Write the files, then print.

    Parameters
    ----------
    outputs : mapping of str to str or None
        Path by option; ``-`` for ``--json`` prints the document and nothing else.
    writers : mapping of str to callable
        What gives the text of each option, in the order to be written in: the JSON last, so that it stands only where all else is
        written.
    show : callable
        Prints the result.
    told : sequence of str
        Lines to print after it.
    """
    from assay.core.files import write_atomically

    for option, text in writers.items():
        path = outputs.get(option)
        if path == "-" and option == "--json":
            print_document(text())
            return
        if path:
            write_atomically(path, text().encode("utf-8", "backslashreplace"))
    with printing():
        show()
        for line in (*told, *(f"Wrote {path}" for path in outputs.values() if path)):
            sys.stdout.write(f"  {line}\n")


def command_line_of(verb: str, arguments: tuple[str, ...], options: dict[str, Any], defaults: dict[str, Any]) -> str:
    """Give a verb's command: its arguments, then the options that are not left at their defaults.

    Examples
    --------
    >>> command_line_of("mend", ("a.csv", "b.csv"), {"unseen": True, "set": ("trees=9",), "null": "", "seed": 0}, {"null": ""})
    'assay mend a.csv b.csv --unseen --set trees=9 --seed 0'
    >>> command_line_of("estimate", ("a.csv", "b.csv"), {"q": 0.1234567, "budget": 90.0}, {})
    'assay estimate a.csv b.csv --q 0.1234567 --budget 90'
    """
    words = ["assay", verb, *arguments]
    for name, given in options.items():
        if given is None or given == defaults.get(name):
            continue
        if isinstance(given, bool):
            words += [f"--{name}"] if given else []
            continue
        for part in given if isinstance(given, tuple) else (given,):
            words += [f"--{name}", _number(part) if isinstance(part, float) else str(part)]
    return shlex.join(words)


def _number(part: float) -> str:
    """Write a number with all its digits, so that what is asked again is the same."""
    return repr(int(part)) if part.is_integer() and abs(part) < 1e15 else repr(part)
