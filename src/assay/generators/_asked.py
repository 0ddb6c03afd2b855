"""What is asked of a generator: how it is made, which columns it draws first, and how its rows are drawn and written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.errors import UsageError
from assay.core.files import write_atomically
from assay.core.protocols import Generator
from assay.data.dataset import Dataset
from assay.data.schema_files import schema_to_toml
from assay.data.where import Condition
from assay.data.writers import write_table
from assay.generators._folder import ensure_folder
from assay.generators._settings import defaults_of, from_text


def all_tables(generator: Any, n: int, seed: int, condition: Condition | None, balance: str | None, folder: Path) -> Dataset:
    """Write every table of a scenario into a folder, and give the one that n counts."""
    if not hasattr(generator, "sample_tables"):
        raise UsageError(f"{type(generator).__name__} makes one table. Got a folder for it: {folder}. Name a file in it.")
    if balance is not None:
        raise UsageError("balance chooses rows of one table. Got a folder for all tables. Name a file for that one.")
    ensure_folder(folder)
    made: dict[str, Dataset] = generator.sample_tables(n, seed=seed, condition=condition)
    for name, dataset in made.items():
        write_table(dataset, folder / f"{name}.parquet")
        write_atomically(folder / f"{name}.schema.toml", schema_to_toml(dataset.schema).encode())
    return made[generator.table_]


def first_columns(data: Dataset, condition: Condition | None, balance: str | None) -> tuple[str, ...]:
    """Give the columns that conditions are put on, the one to be balanced first, then the one that the fewest real rows meet."""
    shares: dict[str, float] = {}
    if condition is not None:
        for column in condition.columns:
            met = [clause.mask(data.table.column(column)) for clause in condition.of(column)]
            shares[column] = float(np.logical_and.reduce(met).mean())
    if balance is not None:
        shares[balance] = -1.0
    return tuple(sorted(shares.keys() & set(data.schema.modelled), key=lambda name: (shares[name], name)))


def made_of(made: Any, name: str, settings: Mapping[str, Any], device: str, first: tuple[str, ...]) -> Generator:
    """Make the generator; where it can draw some columns first, let those be the ones a condition is put on."""
    known = defaults_of(made)
    chosen = from_text(made, name, settings)
    if "device" in known:
        chosen.setdefault("device", device)
    elif device != "cpu":
        raise UsageError(f"{name} runs on the CPU only. Got device={device!r}. Leave it out.")
    if "first" in known and first:
        # their order follows from the real rows, which a private generator must not tell
        chosen.setdefault("first", first if chosen.get("epsilon") is None else tuple(sorted(first)))
    return made(**chosen)


def drawn(generator: Any, n: int, seed: int, condition: Condition | None, balance: str | None) -> Dataset:
    """Draw rows, under a condition and with the levels of a column balanced where that is asked for."""
    if condition is None and balance is None:
        return generator.sample(n, seed=seed)
    method = "sample_where" if balance is None else "sample_balanced"
    if not hasattr(generator, method):
        raise UsageError(
            f"{type(generator).__name__} cannot draw under a condition. Leave out where and balance, or take another generator."
        )
    if balance is None:
        return generator.sample_where(n, condition, seed=seed)
    return generator.sample_balanced(n, balance, seed=seed, condition=condition)
