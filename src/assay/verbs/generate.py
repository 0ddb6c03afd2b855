"""Make synthetic rows, stamped with where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay.checking.options import require_usable
from assay.core.errors import InputError, UnknownNameError, UsageError
from assay.core.files import require_writable
from assay.core.memory import available
from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.data.where import parse
from assay.data.writers import SUFFIXES, is_folder, write_table
from assay.generators._asked import all_tables, drawn, first_columns, made_of
from assay.generators._folder import MANIFEST, ensure_folder, read_manifest
from assay.generators._settings import rows_wanted
from assay.verbs.load import load as load_table


def generate(
    real: Any = None,
    *,
    with_: str | None = None,
    n: int,
    settings: Mapping[str, Any] | None = None,
    where: str | None = None,
    balance: str | None = None,
    target: str | None = None,
    schema: Schema | str | Path | None = None,
    null: str = "",
    seed: int = 0,
    device: str = "cpu",
    out: str | Path | None = None,
    save: str | Path | None = None,
    load: str | Path | None = None,
) -> Dataset:
    """Fit a generator to real rows, or load a fitted one, and draw synthetic rows.

    Parameters
    ----------
    real : path, frame or Dataset, optional
        Rows to learn from. Left out with `load`, and with a generator that learns nothing (``"rules"``).
    with_ : str, optional
        Registry name of the generator, such as ``"tree_chain"``. With `load` the folder names it.
    n : int
        Rows wanted, at least 1.
    settings : mapping, optional
        The generator's settings. Texts are converted to the type of the setting's default.
    where : str, optional
        Rows wanted, as comparisons joined by ``and``: ``"age >= 30 and sex = 'F'"``. See `assay.data.where.parse`.
    balance : str, optional
        A column of levels: every level equally often, drawn conditionally.
    target, schema, null
        See `assay.load`.
    seed : int, default 0
        Seed of fitting and drawing: the same seed gives the same rows. Under a privacy budget whose noise follows from the seed
        (``noise="seed"``), it must be long and secret.
    device : str, default "cpu"
        Where to compute, for generators that can choose: ``"cuda"``, ``"mps"`` or ``"auto"``, too. With `load` it says where to
        draw, whatever the generator was fitted on.
    out : path, optional
        File to write: Parquet or CSV, exact types, lineage included. A folder (one that exists, or ending in a slash) gets every
        table of a scenario as a Parquet file with its schema beside it; ``rules`` alone makes several tables. With `where`, rows
        of the table wanted that do not meet it are left out, and so are rows of other tables that refer to those.
    save : path, optional
        Folder to save the fitted generator in. It holds values of the real table; under a privacy budget (the setting
        `epsilon` of `autoregressive`) what the budget allows. A generator that trains for minutes leaves the state of its
        training there once a minute, and the same call goes on from it after a kill.
    load : path, optional
        Folder of a fitted generator, instead of `real`.

    Returns
    -------
    Dataset
        `n` rows of the real table's schema and types, or of the scenario's, with their `Lineage`.

    Raises
    ------
    UnknownNameError
        For a generator or setting that does not exist; the nearest name is suggested.
    UsageError
        For arguments that do not go together or a setting that is not allowed.
    InputError
        For a table that cannot be used, a condition that cannot be read or met, or a file that cannot be written.

    Examples
    --------
    >>> import pyarrow as pa
    >>> real = pa.table({"age": [31, 45, 52, 38] * 20, "ill": ["no", "yes", "no", "no"] * 20})
    >>> women = generate(real, with_="marginals", n=6, balance="ill")
    >>> sorted(women.table.column("ill").to_pylist())
    ['no', 'no', 'no', 'yes', 'yes', 'yes']
    """
    require_usable(seed, None, None)
    _check_arguments(real, with_, n, load, settings)
    folder = out is not None and is_folder(out)
    if out is not None and not folder:
        require_writable(out, SUFFIXES)
    if save is not None:
        ensure_folder(Path(save))
    if load is not None:
        name = read_manifest(Path(load))["generator"]
        if with_ not in (None, name):
            raise UsageError(
                f"The folder {str(load)!r} holds a {name!r} generator. Got with_={with_!r}. Leave it out, or load another folder."
            )
        try:
            made = get("generator", name)
        except UnknownNameError as error:
            fix = "Install what brings it, or fit and save another generator."
            raise InputError(str(error), file=str(Path(load) / MANIFEST), fix=fix) from error
        _require_tables(name, out if folder else None)
        generator: Any = made.load(Path(load))
        _require_memory(n, generator.schema_)
        _compute_on(device, generator, name)
        condition = parse(where, generator.schema_) if where is not None else None
    elif real is None:
        assert with_ is not None
        generator = made_of(get("generator", with_), with_, settings or {}, device, ())
        generator.fit(None, seed=seed)
        condition = parse(where, generator.schema_) if where is not None else None
    else:
        assert with_ is not None
        made = get("generator", with_)
        _require_tables(with_, out if folder else None)
        data = load_table(real, schema=schema, target=target, null=null)
        _require_memory(n, data.schema)
        condition = parse(where, data.schema) if where is not None else None
        if balance is not None:
            data.schema.column(balance)
        first = first_columns(data, condition, balance)
        generator = made_of(made, with_, settings or {}, device, first)
        resumed = {"checkpoint": Path(save) / "training"} if save is not None and getattr(made, "checkpoints", False) else {}
        generator.fit(data, seed=seed, **resumed)
    if save is not None:
        generator.save(Path(save))
    if balance is not None:
        generator.schema_.column(balance)
    if out is not None and folder:
        return all_tables(generator, n, seed, condition, balance, Path(out))
    synthetic = drawn(generator, n, seed, condition, balance)
    if target is not None and real is None:
        synthetic.schema.column(target)
        synthetic = load_table(synthetic, target=target)
    if out is not None:
        write_table(synthetic, out)
    return synthetic


def _require_memory(n: int, schema: Schema) -> None:
    """Refuse more rows than memory can hold at 8 bytes a cell, the least they take while they are drawn."""
    there, row = available(), 8 * len(schema.columns)
    if n * row > there:
        raise UsageError(
            f"n must be a number of rows that memory holds. Got {n:,}: at least {n * row / 2**30:,.1f} GiB, of which "
            f"{there / 2**30:.1f} GiB are there. Make at most {there // row:,} at a time, with a seed for each part."
        )


def _require_tables(name: str, folder: str | Path | None) -> None:
    """Refuse a folder for the tables of a generator that makes one, before it learns."""
    if folder is not None and not hasattr(get("generator", name), "sample_tables"):
        raise UsageError(f"{name} makes one table. Got a folder for it: {folder}. Name a file in it.")


def _compute_on(device: str, generator: Any, name: str) -> None:
    """Let a loaded generator compute where this call says: the machine it was fitted on may have had another device."""
    if "device" in generator.settings():
        generator.device = device
    elif device != "cpu":
        raise UsageError(f"{name} runs on the CPU only. Got device={device!r}. Leave it out.")


def _check_arguments(
    real: Any, with_: str | None, n: object, load: str | Path | None, settings: Mapping[str, Any] | None
) -> None:
    rows_wanted(n)
    learns = load is not None or with_ is None or getattr(get("generator", with_), "learns", True)
    if learns and (real is None) == (load is None):
        got = "neither" if real is None else "both"
        raise UsageError(f"generate needs real rows or a saved generator to load. Got {got}. Give one of them.")
    if not learns and real is not None:
        raise UsageError(f"{with_} learns nothing from real rows. Got some. Leave them out, or take another generator.")
    if load is None and with_ is None:
        raise UsageError("generate needs a generator. Got none. Name one with with_='tree_chain' (--with tree_chain).")
    if load is not None and settings:
        raise UsageError(f"A saved generator keeps its settings. Got {', '.join(settings)}. Leave them out, or fit a new one.")
