"""The three tables of a check: read, put under one schema, and large enough to tell anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from assay.core.errors import InputError, raise_all
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.readers import read_lineage, read_table

LEAST_ROWS = 20


class Tables(NamedTuple):
    """Real, synthetic and holdout rows under the real table's schema."""

    real: Dataset
    synthetic: Dataset
    holdout: Dataset | None

    def too_few(self) -> list[str]:
        """Say which tables have too few rows, or entities: the sampling error is drawn over entities."""
        few: list[str] = []
        entity = self.real.schema.entity
        for role, table in self._asdict().items():
            if table is None:
                continue
            if len(table) < LEAST_ROWS:
                few.append(f"the {role} table has {len(table)} rows; fewer than {LEAST_ROWS} tell nothing")
            elif entity is not None and (entities := len(table.table.column(entity).unique())) < LEAST_ROWS:
                few.append(f"the {role} table has {entities} entities in {entity!r}; fewer than {LEAST_ROWS} tell nothing")
        return few

    def described(self) -> dict[str, dict[str, Any] | None]:
        """Give the ``inputs`` of a report."""
        return {
            role: None if table is None else {"rows": len(table), "columns": len(table.schema.columns), "sha256": table.sha256}
            for role, table in self._asdict().items()
        }


def read_together(real: Callable[[], Dataset], synthetic: Any, holdout: Any, *, null: str) -> Tables:
    """Read the tables and impose the real one's schema on the others.

    Parameters
    ----------
    real : callable
        Loads the real table.
    synthetic, holdout : path, frame or Dataset
        The others; the holdout may be None.
    null : str
        In CSV, the cell that means null.

    Raises
    ------
    InputErrors
        All faults of all tables together.
    InputError
        A holdout that is the real table.
    """
    faults: list[InputError] = []
    known: Dataset | None = None
    read: dict[str, pa.Table] = {}
    sources = {role: source for role, source in (("synthetic", synthetic), ("holdout", holdout)) if source is not None}
    try:
        known = real()
    except InputError as error:
        faults += _of("real", error)
    for role, source in sources.items():
        try:
            read[role] = read_table(source, null=null)
        except InputError as error:
            faults += [fault for fault in _of(role, error) if fault.to_dict() not in [known.to_dict() for known in faults]]
    raise_all(faults)
    assert known is not None
    fitted: dict[str, Dataset] = {}
    for role, table in read.items():
        try:
            fitted[role] = impose(table, known.schema, name=role)
        except InputError as error:
            faults += error.errors
            continue
        fitted[role].lineage = _lineage(sources[role])
    raise_all(faults)
    sealed = fitted.get("holdout")
    if sealed is not None and sealed.sha256 == known.sha256:
        raise InputError(
            "The holdout is the real table itself.",
            file=str(holdout) if isinstance(holdout, str | Path) else None,
            fix="Split real rows off before any generator sees them: assay split REAL --holdout 0.3",
        )
    return Tables(known, fitted["synthetic"], sealed)


def _of(role: str, error: InputError) -> list[InputError]:
    """Say which table is at fault where there is no file to name."""
    return [
        fault
        if fault.file
        else InputError(
            f"In the {role} table: {fault.message}" if f"{role} table" not in fault.message else fault.message,
            column=fault.column,
            row=fault.row,
            fix=fault.fix,
        )
        for fault in error.errors
    ]


def _lineage(source: Any) -> Any:
    if isinstance(source, Dataset):
        return source.lineage
    return read_lineage(source) if isinstance(source, str | Path) else None
