"""Domains of columns that the user declares: levels, ranges and steps, from a TOML file or a mapping."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from assay.core.errors import InputError, did_you_mean, raise_all
from assay.data.schema import Column, Schema
from assay.generators._private_scale import Scale
from assay.generators._values import whole_numbers

KEYS = {"levels", "low", "high", "step"}


@dataclass(frozen=True, slots=True)
class Declared:
    """What is public of a column.

    Parameters
    ----------
    levels : pyarrow.Array or None
        All its levels.
    low, high : pyarrow.Array or None
        Least and greatest value, of one cell each.
    step : object
        Distance of neighbouring values, in the column's unit; None: not said.
    """

    levels: pa.Array | None = None
    low: pa.Array | None = None
    high: pa.Array | None = None
    step: Any = None

    def told(self) -> list[Any]:
        """Give all of it as JSON, the same in every process."""
        cells = [
            None if part is None else [str(part.type), *map(str, part.to_pylist())] for part in (self.levels, self.low, self.high)
        ]
        return [*cells, None if self.step is None else str(self.step)]

    def scale(self, kind: pa.DataType) -> Scale | None:
        """Give the scale of the declared step; the finest of the type where only a range was declared."""
        if self.low is None:
            return None
        if self.step is None:
            return Scale.ladder(kind)[0]
        step, decimals = Decimal(str(self.step)), 0
        if pa.types.is_floating(kind):
            decimals = max(-int(step.normalize().as_tuple().exponent), 0)
            return Scale(kind, int(step.scaleb(decimals)), decimals)
        return Scale(kind, int(step.scaleb(kind.scale if pa.types.is_decimal(kind) else 0)))


def declared(source: str | Mapping[str, Any], schema: Schema, kinds: Mapping[str, pa.DataType]) -> dict[str, Declared]:
    """Read declared domains.

    Parameters
    ----------
    source : str or mapping
        Path of a TOML file with a table a column, or such a mapping; empty for none. ``levels = [...]`` for a column of levels;
        ``low``, ``high`` and, optionally, ``step`` for one of numbers or dates. A step of dates and times counts in days or
        in the last digit of the type.
    schema : Schema
        The table's schema.
    kinds : mapping of str to pyarrow.DataType
        The columns' types.

    Raises
    ------
    InputError
        For a file that cannot be read, and for everything wrong in it, together.
    """
    file = source if isinstance(source, str) else None
    if isinstance(source, str):
        try:
            document: Mapping[str, Any] = tomllib.loads(Path(source).read_text(encoding="utf-8")) if source else {}
        except (OSError, ValueError) as error:
            raise InputError(
                f"Cannot read the domains: {error}.", file=source, fix="Give a TOML file, a table a column."
            ) from error
    else:
        document = source
    faults: list[InputError] = []
    found: dict[str, Declared] = {}
    for name, entry in document.items():
        if name not in schema.modelled:
            hint = did_you_mean(name, schema.modelled)
            faults.append(InputError(f"A domain for {name!r}, which is no modelled column.{hint}", file=file, column=name))
            continue
        try:
            found[name] = _one(schema.column(name), entry, kinds[name])
        except (ValueError, TypeError, ArithmeticError, pa.ArrowException) as error:
            fix = "Give levels = [...], or low, high and perhaps step, in the column's type."
            faults.append(InputError(f"The domain of {name!r} cannot be used: {error}.", file=file, column=name, fix=fix))
    raise_all(faults)
    return found


def _one(column: Column, entry: Any, kind: pa.DataType) -> Declared:
    if not isinstance(entry, Mapping) or not entry:
        raise ValueError(f"it must be a table with some of {', '.join(sorted(KEYS))}")
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise ValueError(f"it has no key {unknown[0]!r}.{did_you_mean(unknown[0], KEYS)}")
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not column.ordered:
        levels = entry.get("levels")
        if set(entry) != {"levels"} or not isinstance(levels, list | tuple) or not levels:
            raise ValueError(f"a {column.kind} column takes levels = [...] alone, at least one")
        array = pa.array(levels).cast(kind)
        if array.null_count or len(array.unique()) != len(array):
            raise ValueError("levels must differ and not be null")
        return Declared(levels=array)
    if "levels" in entry or not {"low", "high"} <= set(entry):
        raise ValueError(f"a {column.kind} column takes low and high, and perhaps step")
    low, high = (_cell(entry[key], kind) for key in ("low", "high"))
    known = Declared(low=low, high=high, step=entry.get("step"))
    scale = known.scale(kind)
    assert scale is not None
    if known.step is not None and scale.step < 1:
        raise ValueError(f"step must be positive and on the type's grid. Got {known.step!r}")
    if not scale.positions(low)[0] <= scale.positions(high)[0]:
        raise ValueError("low must not be above high")
    return known


def _cell(value: Any, kind: pa.DataType) -> pa.Array:
    """Make an array of one cell."""
    cell = pa.array([value])
    if pa.types.is_decimal(kind) and not pa.types.is_decimal(cell.type):
        cell = pa.array([Decimal(str(value))])
    array = cell.cast(kind)
    if array.null_count or (pa.types.is_floating(kind) and not abs(float(array[0].as_py())) < float("inf")):
        raise ValueError("low and high must be finite")
    if not pa.types.is_floating(kind) and whole_numbers(array) is None:
        raise ValueError("low and high must lie within the range of 64-bit integers")
    return array
