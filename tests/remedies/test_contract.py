"""The contract of every registered remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

import numpy as np
import pyarrow as pa
from tests.remedies.label_scenes import flipped, scene

from assay.core import registry
from assay.data.amended import Amended
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.data.scene import Scene
from assay.testing.remedy_contract import RemedyContract
from assay.testing.remedy_scenes import harmed


def flipped_slices(_: RemedyContract) -> Iterator[tuple[str, Scene]]:
    """Give many rows with labels flipped in a fifth of them: what few real rows show must stand out among the synthetic ones."""
    for seed, task in enumerate(("binary", "multiclass", "regression"), 1):
        yield task, flipped(scene(301, 6_000, seed, task))


def clipped_and_missing(contract: RemedyContract) -> Iterator[tuple[str, Scene]]:
    """Give clipped tails, which are drawn anew, before what is thinned."""
    return chain(islice(harmed(frozenset({"tail_loss"})), 2), harmed(contract.kind.mends))


def missing_by_number(contract: RemedyContract) -> Iterator[tuple[str, Scene]]:
    """Give rows whose values are missing by thirds of a number in reality, and nowhere among the synthetic ones; then others."""
    rng = np.random.default_rng(2)
    for rows in (301, 604):
        x = rng.normal(size=rows)
        real = pa.table({"x": x, "w": pa.array(rng.normal(size=rows), mask=(x < -0.5) & (rng.random(rows) < 0.5))})
        schema = infer_schema(real)
        other = pa.table({"x": rng.normal(size=2_000), "w": rng.normal(size=2_000)})
        yield f"{rows} real rows", Scene(Dataset(real, schema), Amended.of(Dataset(other, schema)), seed=rows)
    yield from harmed(contract.kind.mends)


# What planted damage beside 601 or 1,801 real rows does not show.
OWN: dict[str, Callable[[RemedyContract], Iterator[tuple[str, Scene]]]] = {
    "clear_missing": missing_by_number,
    "drop_labels": flipped_slices,
    "thin_spikes": clipped_and_missing,
    "turn_labels": flipped_slices,
}

for _name in registry.names("remedy"):
    _class = "Test" + "".join(part.capitalize() for part in _name.split("_"))
    _parts: dict[str, object] = {"name": _name, "__module__": __name__}
    if _name in OWN:
        _parts["scenes"] = OWN[_name]
    globals()[_class] = type(_class, (RemedyContract,), _parts)
