"""The contract of every registered remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice

from tests.remedies.label_scenes import flipped, scene

from assay.core import registry
from assay.data.scene import Scene
from assay.testing.remedy_contract import RemedyContract
from assay.testing.remedy_scenes import harmed


def flipped_slices(_: RemedyContract) -> Iterator[tuple[str, Scene]]:
    """Give many rows with labels flipped in a fifth of them: what few real rows show must stand out among the synthetic ones."""
    for seed, task in enumerate(("binary", "multiclass", "regression"), 1):
        yield task, flipped(scene(300, 6_000, seed, task))


def clipped_and_missing(contract: RemedyContract) -> Iterator[tuple[str, Scene]]:
    """Give clipped tails, which are drawn anew, before what is thinned."""
    return chain(islice(harmed(frozenset({"tail_loss"})), 2), harmed(contract.kind.mends))


# What planted damage beside 700 or 2,000 real rows does not show.
OWN: dict[str, Callable[[RemedyContract], Iterator[tuple[str, Scene]]]] = {
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
