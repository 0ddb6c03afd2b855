"""Write a file whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from assay.core.errors import InputError


def write_atomically(path: str | Path, data: bytes) -> None:
    """Write bytes so that a reader sees the old file or the new one, never half of it.

    Parameters
    ----------
    path : str or Path
        Where. A symbolic link is followed; a device or a pipe is written to directly.
    data : bytes
        What.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written to, or the disk is full. The old file is then untouched.

    Notes
    -----
    A temporary file in the same folder is filled, flushed to the disk and renamed over the old one.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_bytes(data)
            return
        _replace(target, data)
    except OSError as error:
        raise _unwritable(path, error) from error


def require_writable(path: str | Path, endings: tuple[str, ...] = ()) -> None:
    """Find out before the work starts whether a file can be written, and leave nothing behind.

    Parameters
    ----------
    path : str or Path
        Where.
    endings : tuple of str
        Endings that a format is known for; any will do where there are none.

    Raises
    ------
    InputError
        If it cannot.
    """
    if endings and not str(path).lower().endswith(endings):
        written = Path(path).suffix or "a path without ending"
        raise InputError(f"No format is written to {written}.", file=str(path), fix=f"End it in {', '.join(endings)}.")
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if target.exists() and not target.is_file():
            return
        descriptor, temporary = tempfile.mkstemp(prefix=".assay-", dir=target.parent)
        os.close(descriptor)
        Path(temporary).unlink()
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "it is read-only")
    except OSError as error:
        raise _unwritable(path, error) from error


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError(21, "it is a folder")
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(prefix=".assay-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _unwritable(path: str | Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        f"Cannot write this file: {reason[:1].lower()}{reason[1:]}.",
        file=str(path),
        fix="Give a path in an existing folder that you may write to.",
    )
