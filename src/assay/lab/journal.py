"""What a drill has done so far, kept on disk as it goes, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from assay.core.drilled import Planting
from assay.core.errors import InputError, UsageError

FILE = "plantings.jsonl"
JOURNAL = "assay.drill.journal/1"
Key = tuple[str | None, int, int, float | None]


class Journal:
    """Plantings by their tasks; every new one is appended to a file at once.

    Parameters
    ----------
    folder : str or Path, optional
        Where the file lies; made where it is not there. None keeps plantings in memory only.
    about : mapping
        What every outcome depends on besides its task: table, roles, seed, policy, version.

    Raises
    ------
    UsageError
        If the folder holds plantings of another drill.
    InputError
        If it cannot be written to.

    Notes
    -----
    One line a planting, flushed to the disk before the next is begun. A last line that a kill cut short is not counted and is
    cut off. The file tells no value of the table.
    """

    def __init__(self, folder: str | Path | None, about: Mapping[str, Any]) -> None:
        self.done: dict[Key, Planting] = {}
        self._file: BinaryIO | None = None
        if folder is None:
            return
        path = Path(folder) / FILE
        head = {"schema": JOURNAL, "sha256": _digest(about), **about}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._read(path, head) if path.exists() else 0
            self._file = path.open("r+b" if path.exists() else "x+b")
            self._file.truncate(whole)
            self._file.seek(whole)
            if not whole:
                self._append(head)
        except OSError as error:
            raise InputError(
                f"The drill cannot be kept here: {error.strerror or error}.",
                file=str(path),
                fix="Give --out a folder that you may write to.",
            ) from error

    def add(self, planting: Planting) -> None:
        """Keep a planting."""
        self.done[_key(planting)] = planting
        if self._file is not None:
            self._append(planting.to_dict())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, entry: Mapping[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(entry, ensure_ascii=True, allow_nan=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, path: Path, head: Mapping[str, Any]) -> int:
        """Read what was done, and give the bytes of whole lines."""
        whole = 0
        for at, line in enumerate(path.read_bytes().splitlines(keepends=True)):
            if not line.endswith(b"\n"):
                break
            try:
                entry = json.loads(line)
                planting = None if at == 0 else Planting.from_dict(entry)
            except (ValueError, TypeError, KeyError):
                raise _other(path, f"line {at + 1} is not one of Assay's") from None
            if planting is None:
                _require_same(path, entry, head)
            else:
                self.done[_key(planting)] = planting
            whole += len(line)
        return whole


def _key(planting: Planting) -> Key:
    return planting.kind, planting.rows, planting.round, planting.severity


def _digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _require_same(path: Path, entry: Any, head: Mapping[str, Any]) -> None:
    if not isinstance(entry, dict) or entry.get("schema") != JOURNAL:
        raise _other(path, "it is not the journal of a drill")
    if entry.get("sha256") != head["sha256"]:
        differing = [key for key in head if key not in ("schema", "sha256") and entry.get(key) != head[key]]
        raise _other(path, f"it holds a drill with another {' and another '.join(differing) or 'key'}")


def _other(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} cannot be gone on with: {why}. Give --out another folder, or remove that file.")
