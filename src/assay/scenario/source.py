"""The file of a scenario, of tables or of a shared corpus: read as text, and parsed."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from assay.core.errors import InputError


def text_of(path: Path, name: str, largest: int) -> str:
    """Read a file as text.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What messages call it.
    largest : int
        Bytes that it may have.

    Raises
    ------
    InputError
        If it cannot be read, is too large, or is not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > largest:
            raise InputError(
                f"The scenario is too large: {size / 2**20:,.0f} MB. It may have {largest // 2**20} MB.",
                file=name,
                fix="Give a scenario file (TOML), not a table of rows.",
            )
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"The scenario cannot be read: {reason}.", file=name, fix="Check the path.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"line {line}: is not UTF-8 (byte {data[error.start]:#04x} at position {error.start})."
        raise InputError(message, file=name, row=line, fix="Save the file as UTF-8.") from error


def parsed(text: str, file: str) -> tuple[str, dict[str, Any]]:
    """Give the text with plain ends of lines, and the document.

    Raises
    ------
    InputError
        If it is not TOML, with the line.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return text, tomllib.loads(text)
    except RecursionError as error:
        raise InputError("is nested too deep to be read.", file=file, fix="Take out lists within lists.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        row = int(line[1]) if line else None
        raise InputError(f"is not TOML: {error}.", file=file, row=row, fix="Mend that line.") from error
    except ValueError as error:
        raise InputError(f"holds a value that cannot be read: {error}.", file=file, fix="Write a shorter number.") from error


def names_in(package: str, folder: str) -> tuple[str, ...]:
    """Give the names of the TOML files that ship in a folder of a package, sorted.

    Examples
    --------
    >>> "payments" in names_in("assay.scenario", "shipped")
    True
    """
    entries = (files(package) / folder).iterdir()
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml")))
