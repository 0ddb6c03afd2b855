"""The contract of every registered damage."""

from __future__ import annotations

from assay.core import registry
from assay.testing.damage_contract import DamageContract

for _name in registry.names("damage"):
    _class = "Test" + "".join(part.capitalize() for part in _name.split("_"))
    globals()[_class] = type(_class, (DamageContract,), {"name": _name, "__module__": __name__})
