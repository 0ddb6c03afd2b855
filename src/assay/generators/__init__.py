"""Generators of tables: one file each, found by its name; `Wrapped` makes one of any object with ``fit`` and ``sample``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.generators._wrapped import Wrapped

__all__ = ["Wrapped"]


def __getattr__(name: str) -> Any:
    if name != "Wrapped":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from assay.generators._wrapped import Wrapped

    return Wrapped
