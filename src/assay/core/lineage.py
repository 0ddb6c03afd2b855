"""Where a table came from: generator, parameters, seed, parents' digests and depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

METADATA_KEY = b"assay.lineage"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The stamp of a synthetic table.

    Parameters
    ----------
    generator : str
        Registry name of the generator.
    parameters : mapping
        Its parameters as given.
    seed : int
        Seed of fit and sample.
    parents : tuple of str
        SHA-256 digests of the contents of the tables it was fitted on.
    depth : int
        Generations away from real data: 1 when fitted on real rows, one more than its deepest parent otherwise.
    assay_version : str
        Version that made it.
    """

    generator: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    parents: tuple[str, ...] = ()
    depth: int = 1
    assay_version: str = ""

    def to_json(self) -> str:
        """Write as JSON with sorted keys."""
        return json.dumps({"schema": "assay.lineage/1", **asdict(self), "parameters": dict(self.parameters)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Lineage:
        """Read what `to_json` wrote."""
        entry: dict[str, Any] = {key: part for key, part in json.loads(text).items() if key != "schema"}
        entry["parents"] = tuple(entry.get("parents", ()))
        return cls(**entry)
