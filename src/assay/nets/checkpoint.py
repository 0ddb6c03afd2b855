"""A training on its way in a folder: safetensors and JSON, written atomically."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from assay.core.files import write_atomically

COUNTERS = "training.json"


class Checkpoint:
    """Where a training left off.

    Parameters
    ----------
    folder : Path or None
        Where it lies; None: nowhere, nothing is written.
    key : str
        What makes two trainings the same. A checkpoint of another key is written over, never taken up.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self.folder = folder
        self.key = f"{key} torch {torch.__version__}"

    def write(self, tensors: Mapping[str, Tensor], counters: Mapping[str, Any]) -> None:
        """Write it, the counters last: they hold the digest of the tensors they belong to."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
        digest = hashlib.sha256(data).hexdigest()
        document = {"schema": "assay.training/1", "key": self.key, "sha256": digest, **counters}
        fresh = self.folder / f"training-{digest[:12]}.safetensors"
        write_atomically(fresh, data)
        write_atomically(self.folder / COUNTERS, json.dumps(document, allow_nan=False).encode())
        for old in set(self.folder.glob("training-*.safetensors")) - {fresh}:
            old.unlink(missing_ok=True)

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Give tensors and counters, or None where there is no whole checkpoint of this key."""
        if self.folder is None:
            return None
        try:
            document = json.loads((self.folder / COUNTERS).read_bytes())
            data = (self.folder / f"training-{document['sha256'][:12]}.safetensors").read_bytes()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if document.get("key") != self.key or hashlib.sha256(data).hexdigest() != document["sha256"]:
            return None
        return load(data), document

    def remove(self) -> None:
        """Take it away: the training has ended."""
        if self.folder is None:
            return
        for file in (self.folder / COUNTERS, *self.folder.glob("training-*.safetensors")):
            file.unlink(missing_ok=True)
