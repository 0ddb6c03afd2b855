"""The three tables of a check: read, put under one schema, and large enough to tell anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from assay.checking.large import fit, sample
from assay.checking.profile_files import ProfiledDataset, is_profile, like, read_profile
from assay.core.errors import InputError, UsageError, raise_all
from assay.data.dataset import Dataset
from assay.data.impose import impose
from assay.data.large import open_large
from assay.data.readers import read_lineage, read_table
from assay.data.stored import Stored, StoredDataset

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
            elif entity is not None and (entities := _entities(table, entity)) < LEAST_ROWS:
                few.append(f"the {role} table has {entities} entities in {entity!r}; fewer than {LEAST_ROWS} tell nothing")
        return few

    def sampled(self, seed: int, most: int | None = None) -> tuple[Tables, dict[str, tuple[int, int]]]:
        """Give the rows that measures of rows see, in memory, and by role (rows kept, rows there) of what was cut."""
        with ThreadPoolExecutor(2) as pool:  # decoding and digesting release the interpreter
            parts = list(pool.map(lambda table: None if table is None else sample(table, seed=seed, most=most), self))
        rows = Tables(*parts)  # type: ignore[arg-type]
        cut = {
            role: (len(part), len(table))
            for (role, table), part in zip(self._asdict().items(), parts, strict=True)
            if part is not None and len(part) < len(table)
        }
        return rows, cut

    def profiled(self) -> dict[str, str]:
        """Give, by role, why the rows of a table cannot be read, where they cannot."""
        return {
            role: f"reads rows, and {role} is a saved profile. Check the tables themselves"
            for role, table in self._asdict().items()
            if isinstance(table, ProfiledDataset)
        }

    def digest(self) -> None:
        """Digest the tables that stay in their files: it takes a while, and what is found is kept."""
        with suppress(InputError):  # `described` raises it where it is caught
            for table in self:
                if isinstance(table, StoredDataset):
                    _ = table.sha256

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
    read: dict[str, pa.Table | Stored | ProfiledDataset] = {}
    sources = {"synthetic": synthetic} if holdout is None else {"synthetic": synthetic, "holdout": holdout}
    with ThreadPoolExecutor(1) as pool:  # decoding releases the interpreter
        others = {role: pool.submit(_opened, source, role, null) for role, source in sources.items()}
        try:
            known = real()
        except InputError as error:
            faults += _of("real", error)
        for role, opened in others.items():
            try:
                read[role] = opened.result()
            except InputError as error:
                faults += [fault for fault in _of(role, error) if fault.to_dict() not in [known.to_dict() for known in faults]]
    raise_all(faults)
    assert known is not None
    fitted: dict[str, Dataset] = {}
    for role, table in read.items():
        try:
            if isinstance(table, ProfiledDataset):
                fitted[role] = like(table, known, role, str(sources[role]))
            elif isinstance(table, Stored):
                fitted[role] = fit(table, known.schema, name=role, file=str(sources[role]))
            else:
                fitted[role] = impose(table, known.schema, name=role)
        except InputError as error:
            faults += error.errors
            continue
        fitted[role].lineage = _lineage(sources[role])
    raise_all(faults)
    if "holdout" in fitted and isinstance(fitted["holdout"], ProfiledDataset):
        raise UsageError("The holdout must be a table: what needs it reads its rows.")
    sealed = fitted.get("holdout")
    if sealed is not None and sealed.sha256 == known.sha256:
        raise InputError(
            "The holdout is the real table itself.",
            file=str(holdout) if isinstance(holdout, str | Path) else None,
            fix="Split real rows off before any generator sees them: assay split REAL --holdout 0.3",
        )
    return Tables(known, fitted["synthetic"], sealed)


def _opened(source: Any, role: str, null: str) -> pa.Table | Stored | ProfiledDataset:
    """Read a table, or a large one so far that its rows are held if they are to be."""
    if is_profile(source):
        return read_profile(source, name=role)
    large = open_large(source, null=null)
    if large is None:
        return read_table(source, null=null)
    _ = large.held
    return large


def _entities(table: Dataset, entity: str) -> int:
    """Count the entities, or as many of them as are enough."""
    if isinstance(table, ProfiledDataset):
        return LEAST_ROWS  # it was counted by entity; how many there were is not kept
    if not isinstance(table, StoredDataset):
        return len(table.table.column(entity).unique())
    found: set[object] = set()
    for batch in table.stored.batches([entity]):
        found |= set(batch.column(0).unique().to_pylist())
        if len(found) >= LEAST_ROWS:
            break
    return len(found)


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
