"""The tables of an estimate: under one schema, rows that can be used, and none of them twice."""

# pyright: reportAttributeAccessIssue=false
# pyarrow.compute makes its functions at import, unseen by type checkers

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import betainc

from assay.checking.estimand import LEAST, Estimand
from assay.core.errors import InputError, UsageError, did_you_mean, raise_all
from assay.data.codec import Codec
from assay.data.dataset import Dataset
from assay.data.dtypes import is_number
from assay.data.entities import entity_codes
from assay.data.impose import impose
from assay.data.infer import infer_schema
from assay.data.schema import Kind, Schema
from assay.data.validate import short
from assay.data.where import parse
from assay.stats.rowhash import row_ids

LARGEST = 1e100
COPIES = 1e-4  # so many coincidences or more would be found in one of 10,000 sound pairs of tables


class Tables(NamedTuple):
    """Rows of an estimate.

    ``covariates`` names what all tables have and a model may learn from, ``labelled`` tells whether further rows have labels of
    their own, which no real rows without labels would have.
    """

    real: Dataset
    further: Dataset
    model: Dataset | None
    covariates: tuple[str, ...]
    labelled: bool
    warnings: tuple[str, ...]


def together(
    real: Dataset,
    further: Dataset,
    model: Dataset | None,
    estimand: Estimand,
    predicted: str | None,
    kinds: Mapping[str, Kind],
) -> Tables:
    """Put the tables under one schema, that of the real rows; kinds not declared are inferred on real and further rows together.

    Raises
    ------
    InputErrors
        Columns that are lacking or of another type where they are needed; all of them together.
    """
    column, warned = estimand.column, list[str]()
    faults: list[InputError] = []
    needed = [*estimand.given, *([predicted] if predicted else [])]
    faults += [_lacking("real", name, real.names) for name in dict.fromkeys([column, *needed]) if name not in real.names]
    faults += [_lacking("further", name, further.names) for name in dict.fromkeys(needed) if name not in further.names]
    if model is not None and column not in model.names:
        faults.append(_lacking("model", column, model.names))
    raise_all(faults)
    labelled = column in further.names and not further.nulls(column).all()
    shared = [name for name in real.names if name in further.names and name != column]
    if not shared:
        raise InputError(
            f"Real and further rows have no other column than {short(column)} in common: nothing is left to predict it from.",
            column=column,
            fix="Give tables that share the columns to predict from.",
        )
    other = {name for name in real.names if name not in further.names and name != column}
    own = [column] if labelled and predicted is None and model is None else []  # others' labels are not needed
    fitted, changed = _imposed(further, real.schema, [*shared, *own], "further")
    learned, also = None, dict[str, str]()
    if model is not None:
        names = [name for name in shared if name in model.names]
        other |= set(shared) - set(names)
        learned, also = _imposed(model, real.schema, [*names, column], "model")
    wrong = {name: kind for name, kind in {**changed, **also}.items() if name in (*needed, column)}
    raise_all(
        [
            InputError(
                f"Column {short(name)} is {real.schema.column(name).dtype} in the real rows. Got {kind} in others.",
                column=name,
                fix="Give both the same type.",
            )
            for name, kind in wrong.items()
        ]
    )
    schema = _kinds(real, fitted, shared, kinds)
    covariates = [
        name
        for name in schema.modelled
        if name in shared and name not in (predicted, *changed, *also) and (learned is None or name in learned.names)
    ]
    if other:
        warned.append(f"Columns that only some of the tables have are left out of the model: {_listed(sorted(other))}.")
    if changed or also:
        warned.append(f"Columns of another type are left out of the model: {_listed(sorted({**changed, **also}))}.")
    return Tables(
        Dataset(real.table, schema, name="real"),
        Dataset(fitted.table, _part(schema, fitted.names), name="further"),
        None if learned is None else Dataset(learned.table, _part(schema, learned.names), name="model"),
        tuple(covariates),
        labelled,
        tuple(warned),
    )


def kept(tables: Tables, estimand: Estimand, predicted: str | None, where: str | None) -> tuple[Tables, Estimand]:
    """Leave out rows that do not meet the condition, or lack a label, a prediction or a regressor, and settle the estimand.

    Raises
    ------
    InputError
        A condition that cannot be read, or names what further rows lack; labels or regressors that are of no use.
    """
    warned = list(tables.warnings)
    condition = parse(where, tables.real.schema) if where else None
    for name in condition.columns if condition else ():
        if name == estimand.column or name not in tables.further.names:
            raise InputError(
                f"--where names {short(name)}, which is estimated or which further rows do not have.",
                column=name,
                fix="Set conditions on what all rows have.",
            )
    parts: list[Dataset] = []
    for table in (tables.real, tables.further):
        if condition is not None:
            table = table.take(np.flatnonzero(condition.mask(table)))
        whole = estimand.usable(table)
        if predicted is not None:
            whole &= ~table.nulls(predicted)
        told = ~table.nulls(estimand.column) if estimand.column in table.names else np.ones(len(table), dtype=bool)
        if gone := int((~whole).sum()):
            warned.append(
                f"{gone:,} {table.name} rows lack a regressor or a prediction and are left out: the estimate is of the "
                "population without such rows."
            )
        if gone := int((whole & ~told).sum()):
            warned.append(f"{gone:,} {table.name} rows have no label and are left out, as if labels were missing by chance.")
        parts.append(table.take(np.flatnonzero(whole & told)))
    real, further = parts
    if len(real) < LEAST:
        lacking = "labels, predictions and regressors" if predicted or estimand.given else "labels"
        raise InputError(
            f"At least {LEAST} real rows that can be used are needed. Got {len(real)} of {len(tables.real)}.",
            fix=f"Give more rows with {lacking}" + (", or another --where." if where else "."),
        )
    estimand = estimand.settled(real)
    known = estimand.usable(further)
    if gone := int((~known).sum()):
        warned.append(f"{gone:,} further rows have a level of a regressor that no labelled real row has, and are left out.")
        further = further.take(np.flatnonzero(known))
    model = tables.model
    _refuse_endless([part for part in (real, further, model) if part is not None], estimand, predicted)
    if model is not None:
        missing = model.nulls(estimand.column)
        model = model.take(np.flatnonzero(~missing)) if missing.any() else model
    return tables._replace(real=real, further=further, model=model, warnings=tuple(warned)), estimand


def _refuse_endless(parts: Sequence[Dataset], estimand: Estimand, predicted: str | None) -> None:
    """Refuse numbers whose squares are none."""
    faults: dict[str, InputError] = {}
    for table in parts:
        for name in (estimand.column, predicted, *estimand.given):
            if name is None or name not in table.names or not is_number(table.table.column(name).type):
                continue
            if len(table) and np.nanmax(np.abs(table.numbers(name)), initial=0.0) > LARGEST:
                message = f"Column {short(name)} holds numbers beyond {LARGEST:g} in the {table.name} rows."
                faults.setdefault(name, InputError(message, column=name, fix="Give them in a larger unit."))
    raise_all(list(faults.values()))


def require_independent(tables: Tables, column: str) -> None:
    """Refuse rows that are not independent of each other, as far as that can be seen; `column` is what is estimated.

    Raises
    ------
    InputError
        Several rows of an entity, or an entity in two tables; real rows that stand among the others.

    Notes
    -----
    Of the further rows as large a share equals another further row as, if none was copied, of the real rows equals a further one;
    among the model's rows real and further ones are found equally often. Refused is what such shares would bring in one of 10,000
    cases, and no single row.
    """
    entity = tables.real.schema.entity
    if entity is not None:
        for table in (tables.real, tables.further):
            if entity in table.names and entity_codes(table) is not None:
                raise InputError(
                    f"Several {table.name} rows belong to one entity in {short(entity)}: they are not independent of each other.",
                    column=entity,
                    fix="Give one row of each entity.",
                )
        if entity in tables.further.names:
            both = pc.is_in(
                tables.real.table.column(entity), value_set=pc.unique(tables.further.table.column(entity)), skip_nulls=True
            )
            if found := int(pc.sum(both).as_py() or 0):
                raise InputError(
                    f"{found:,} real rows are of an entity in {short(entity)} that further rows belong to, too.",
                    column=entity,
                    fix="Give further rows of other entities.",
                )
    names = list(tables.covariates)
    if tables.model is None:  # predictions tell rows apart, too
        names = [name for name in tables.real.schema.modelled if name in tables.further.names and name != column]
    if not names:
        return
    others = [tables.further] if tables.model is None else [tables.further, tables.model]
    parts = [tables.real, *others]
    pooled = pa.concat_tables([part.table.select(names).replace_schema_metadata() for part in parts])
    schema = _part(tables.real.schema, names)
    whole = Dataset(pooled, schema)
    ids = row_ids(list(Codec(schema).fit(whole).ordinal(whole, names).T))
    cuts = np.cumsum([len(part) for part in parts])[:-1]
    real, further, *model = np.split(ids, cuts)
    real = np.unique(real)
    counts = np.bincount(ids[cuts[0] : cuts[0] + len(further)], minlength=int(ids.max()) + 1)
    _refuse_copies(int((counts[real] > 0).sum()), len(real), int((counts[further] > 1).sum()), len(further), "further")
    if model:
        seen = np.bincount(model[0], minlength=int(ids.max()) + 1) > 0
        _refuse_copies(int(seen[real].sum()), len(real), int(seen[further].sum()), len(further), "model")


def _refuse_copies(found: int, rows: int, usual: int, of: int, word: str) -> None:
    rate = (usual + 1) / (of + 2)
    if found < 2 or float(betainc(found, rows - found + 1, rate)) >= COPIES:
        return
    fix = (
        "Give further rows that the labelled ones are not among."
        if word == "further"
        else "Give model rows made from other rows than the labelled ones: what learned their labels is too sure of them."
    )
    raise InputError(
        f"{found:,} of {rows:,} real rows stand among the {word} rows, too. Chance would bring {rate * rows:.1f}.", fix=fix
    )


def require_unrelated(tables: Sequence[Dataset | None], digest: str, column: str) -> None:
    """Refuse synthetic rows that were made from the labelled rows themselves, where their lineage says so."""
    for table in tables:
        if table is not None and table.lineage is not None and digest in table.lineage.parents:
            raise UsageError(
                f"The {table.name} rows were made from the labelled real rows: a model that learns from them has seen the labels "
                f"in {short(column)}, and its errors on these rows look too small. Got a lineage that names the real table. Make "
                "them from other rows: assay split REAL --holdout 0.5 gives a part to make them from and a part to estimate from."
            )


def _imposed(table: Dataset, schema: Schema, names: Sequence[str], word: str) -> tuple[Dataset, dict[str, str]]:
    order = [name for name in schema.names if name in names]
    imposed = impose(table.table.select(order), _part(schema, order), name=word)
    return imposed, imposed.dtype_changes


def _kinds(real: Dataset, further: Dataset, shared: Sequence[str], kinds: Mapping[str, Kind]) -> Schema:
    """Give the real table's schema, with the kinds that both tables together show where none is declared."""
    pooled = pa.concat_tables([part.table.select(list(shared)).replace_schema_metadata() for part in (real, further)])
    found: dict[str, Kind] = {column.name: column.kind for column in infer_schema(pooled).columns}
    found |= {name: kind for name, kind in kinds.items() if name in found}
    return real.schema.with_kinds(found).with_changes(
        target=None, task=None, positive=None, sensitive=(), time=None, constraints=()
    )


def _part(schema: Schema, names: Sequence[str]) -> Schema:
    part = schema.without(set(schema.names) - set(names))
    return part if schema.entity in part.names else part.with_changes(entity=None)


def _lacking(word: str, name: str, names: Sequence[str]) -> InputError:
    return InputError(
        f"The {word} rows have no column {short(name)}.{did_you_mean(name, names)}",
        column=name,
        fix=f"Columns: {_listed(names)}.",
    )


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(map(short, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
