"""The lineage of a file that has no room for it: a side file that tells whose stamp it is, even if a write was cut off."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from assay.core.errors import InputError
from assay.core.files import write_atomically
from assay.core.lineage import Lineage


def side_file(path: Path) -> Path:
    """Give the path of a file's lineage stamp."""
    return path.with_name(f"{path.name}.lineage.json")


def write_stamped(path: Path, data: bytes, lineage: Lineage | None) -> None:
    """Write a file and its stamp so that, wherever that is cut off, each content has the stamp that is its own.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    data : bytes
        Its content.
    lineage : Lineage or None
        Its stamp; None removes one that is there.

    Notes
    -----
    The side file is written first and knows both contents by their digests, the new and the old one; then the file; then the
    side file again, without the old one.
    """
    side = side_file(path)
    if lineage is None and not side.is_file():
        write_atomically(path, data)
        return
    entry: dict[str, Any] = {} if lineage is None else json.loads(lineage.to_json())
    entry["of"] = hashlib.sha256(data).hexdigest()
    if path.is_file():
        write_atomically(side, _text({**entry, "before": _own(path, side)}))
    elif lineage is not None:
        write_atomically(side, _text(entry))
    write_atomically(path, data)
    if lineage is None:
        side.unlink(missing_ok=True)
    else:
        write_atomically(side, _text(entry))


def read_stamp(path: Path) -> Lineage | None:
    """Read the stamp of a file, or None where it has none.

    Raises
    ------
    InputError
        If the side file is there but cannot be read.
    """
    side = side_file(path)
    if not side.is_file():
        return None
    try:
        entry = _own(path, side)
        if "generator" not in entry:
            return None
        return Lineage.from_json(json.dumps({key: part for key, part in entry.items() if key != "of"}))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        fix = "Generate the data again, or delete the side file."
        raise InputError("The lineage stamp cannot be read.", file=str(side), fix=fix) from error


def _own(path: Path, side: Path) -> dict[str, Any]:
    """Give the entry that belongs to the file as it stands; the newest where it was changed since."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not side.is_file():
        return {"of": digest}
    entry = dict(json.loads(side.read_bytes()))
    before = entry.pop("before", None)
    if before is not None and entry.get("of") != digest and before.get("of") == digest:
        return dict(before)
    return entry


def _text(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True).encode()
