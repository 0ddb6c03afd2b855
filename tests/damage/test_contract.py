"""The contract of every registered damage."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partialmethod

from tests.damage.made_ground import made_ground
from tests.damage.test_break_entities import histories
from tests.damage.test_break_order import series
from tests.damage.test_swap_columns import twins

from assay.core import registry
from assay.data.ground import Ground
from assay.testing.damage_contract import DamageContract, made_grounds

# What the suite's own grounds do not have: rows of one entity that are alike, an order in time, columns of one range.
OWN: dict[str, Callable[[], Ground]] = {
    "break_entities": cache(lambda: made_ground(table=histories(), entity="person")),
    "break_order": cache(lambda: made_ground(table=series(), time="when")),
    "swap_columns": cache(lambda: made_ground(table=twins())),
}


def _grounds(_: DamageContract, own: Callable[[], Ground]) -> dict[str, Ground]:
    return {**made_grounds(), "own": own()}


for _name in registry.names("damage"):
    _class = "Test" + "".join(part.capitalize() for part in _name.split("_"))
    _parts: dict[str, object] = {"name": _name, "__module__": __name__}
    if _name in OWN:
        _parts["grounds"] = partialmethod(_grounds, OWN[_name])
    globals()[_class] = type(_class, (DamageContract,), _parts)
