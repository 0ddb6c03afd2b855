"""One planted damage, one check: was it caught, is the right mechanism named, and the right columns?"""

from __future__ import annotations

import time as clock
from dataclasses import asdict, dataclass
from typing import Any

from assay.checking.inputs import Tables
from assay.core import registry
from assay.core.finding import Finding
from assay.core.protocols import Damage
from assay.core.seeds import integer_seed, spawn
from assay.core.threads import one_thread
from assay.data.dataset import Dataset
from assay.data.ground import Ground, Planted
from assay.data.impose import impose
from assay.data.infer import infer_schema
from assay.data.schema import Schema
from assay.data.schema_files import complete
from assay.judging.assess import assess
from assay.judging.policy import Policy

KEPT_FINDINGS = 4


@dataclass(frozen=True)
class Outcome:
    """What one check said of tables with known damage.

    Parameters
    ----------
    verdict : str
        Its answer; ``not_trusted`` means caught.
    rank : int or None
        Place, from 1, of the first finding that names a right mechanism, minor findings left out; None where none does.
    columns : bool
        Whether that finding names a column at fault; where whole rows are at fault, whether there is such a finding.
    findings : tuple of (str, str, tuple of str)
        Code, mechanism and columns of the first findings.
    seconds : float
        Processor time of the check.
    note : str
        What had been planted.
    """

    verdict: str
    rank: int | None
    columns: bool
    findings: tuple[tuple[str, str, tuple[str, ...]], ...]
    seconds: float
    note: str

    @property
    def caught(self) -> bool:
        """Whether the check refused the rows."""
        return self.verdict == "not_trusted"

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)


def damaged(kind: str, severity: float | None, ground: Ground, seed: int) -> Planted:
    """Plant one kind of damage.

    Parameters
    ----------
    kind : str
        Name in the catalogue.
    severity : float, optional
        Default the material one.
    ground : Ground
        Sound rows.
    seed : int
        Equal seeds plant equally; the places do not depend on the severity.

    Raises
    ------
    NotApplicable
        If these rows cannot take it.
    """
    damage: Damage = registry.get("damage", kind)(severity)
    return damage.plant(ground, spawn(seed, "damage", kind))


def checked(
    planted: Planted, damage: Damage | None, policy: Policy, *, seed: int, declared: Schema | None = None, jobs: int = 1
) -> Outcome:
    """Check planted tables as a user would who knows nothing of the damage.

    Parameters
    ----------
    planted : Planted
        The three tables.
    damage : Damage, optional
        What was planted, to know which mechanisms are right; None for sound rows.
    policy : Policy
        Judges them.
    seed : int
        Seed of the check.
    declared : Schema, optional
        Kinds and rules that the user declared; the rest is inferred anew on the real rows, roles are kept.
    jobs : int, default 1
        Threads.
    """
    begun = clock.process_time()
    tables = _tables(planted, declared)
    with one_thread():
        found = assess(tables, tables, policy, seed=integer_seed(seed, "check"), jobs=jobs, draw=False)
    spent = clock.process_time() - begun
    told = [finding for finding in found.verdict.findings if finding.severity != "minor"]
    right = frozenset[str]() if damage is None else damage.right
    rank = next((at + 1 for at, finding in enumerate(told) if finding.mechanism in right), None)
    return Outcome(
        found.verdict.verdict,
        rank,
        _names_columns(planted.columns, told, rank),
        tuple((finding.code, finding.mechanism, finding.columns) for finding in told[:KEPT_FINDINGS]),
        round(spent, 3),
        planted.note,
    )


def _names_columns(columns: tuple[str, ...], told: list[Finding], rank: int | None) -> bool:
    if not columns or rank is None:
        return rank is not None
    return bool(set(columns) & set(told[rank - 1].columns))


def _tables(planted: Planted, declared: Schema | None) -> Tables:
    roles = planted.real.schema
    given = {
        role: getattr(roles, role)
        for role in ("target", "task", "positive", "entity", "sensitive", "time")
        if getattr(roles, role) not in (None, ())
    }
    if declared is None:
        real = Dataset(planted.real.table, infer_schema(planted.real.table, **given), name="real")
    else:
        table, schema = complete(declared, planted.real.table, **given)
        real = Dataset(table, schema, name="real")
    synthetic, holdout = (
        impose(part.table, real.schema, name=name)
        for name, part in (("synthetic", planted.synthetic), ("holdout", planted.holdout))
    )
    return Tables(real, synthetic, holdout)
