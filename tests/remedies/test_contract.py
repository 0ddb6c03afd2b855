"""The contract of every registered remedy."""

from __future__ import annotations

from assay.core import registry
from assay.testing.remedy_contract import RemedyContract

for _name in registry.names("remedy"):
    _class = "Test" + "".join(part.capitalize() for part in _name.split("_"))
    globals()[_class] = type(_class, (RemedyContract,), {"name": _name, "__module__": __name__})
