"""What a drill found: plantings, chances and reaches, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Standing = Literal["told", "never", "always", "cannot_tell"]


@dataclass(frozen=True, slots=True)
class Planting:
    """One damage planted in one cut of the real rows, or none, and what the check said.

    Parameters
    ----------
    kind : str, optional
        Name in the catalogue; None for sound rows.
    rows : int
        Rows of the real and of the synthetic table.
    round : int
        Position in the schedule, from 0.
    severity : float, optional
        How much was planted; None for sound rows.
    verdict : str, optional
        The check's answer; None where the damage could not be planted.
    rank : int, optional
        Place, from 1, of the first finding that names a right mechanism.
    columns : bool
        Whether that finding names a column at fault.
    findings : tuple of (str, str, tuple of str)
        Code, mechanism and columns of the first findings.
    note : str
        What was planted, or why it could not be.
    """

    kind: str | None
    rows: int
    round: int
    severity: float | None
    verdict: str | None
    rank: int | None = None
    columns: bool = False
    findings: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    note: str = ""

    @property
    def caught(self) -> bool:
        """Whether the check refused the rows."""
        return self.verdict == "not_trusted"

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Planting:
        """Read what `to_dict` gave."""
        fields = dict(entry)
        fields["findings"] = tuple((code, mechanism, tuple(columns)) for code, mechanism, columns in entry["findings"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability with its 95% interval."""

    rate: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        """Give plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reach:
    """The smallest severity that is caught with 80% probability.

    Parameters
    ----------
    rows : int
        At how many rows of the real and of the synthetic table.
    severity, low, high : float, optional
        The severity and its 95% interval, told only within the severities that are planted. `low` is None below the smallest
        of them and cut at the largest; `high` is None above the largest (or where no severity is caught so often) and cut at
        the smallest; `severity` is None where `standing` is another than ``told``.
    standing : {'told', 'never', 'always', 'cannot_tell'}
        ``told`` between the smallest and the largest severity; ``never`` if not even the largest is caught so often;
        ``always`` if even the smallest is; ``cannot_tell`` if the interval spans all of them, or all but the outermost ones.
    """

    rows: int
    severity: float | None
    low: float | None
    high: float | None
    standing: Standing

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Dose:
    """One severity: how often it was planted and caught, and the chance that it is.

    Parameters
    ----------
    severity : float
        In the kind's unit.
    plantings, caught : int
        At the full size.
    small_plantings, small_caught : int
        At the small size.
    chance : Chance
        Of being caught at the full size, from all plantings of the kind together.
    """

    severity: float
    plantings: int
    caught: int
    small_plantings: int
    small_caught: int
    chance: Chance

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Dose:
        """Read what `to_dict` gave."""
        fields: dict[str, Any] = {**entry, "chance": Chance(**entry["chance"])}
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Named:
    """Of the plantings that were caught at the full size: how often the check also said rightly what was wrong, and where.

    Parameters
    ----------
    caught : int
        Plantings caught.
    first, among_three : int
        A right mechanism stands first, or among the first three.
    columns : int
        A column at fault is named (where whole rows are at fault: the mechanism).
    """

    caught: int
    first: int
    among_three: int
    columns: int

    def to_dict(self) -> dict[str, int]:
        """Give plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class KindDrilled:
    """One kind of damage: what it is and how well it is noticed.

    Parameters
    ----------
    kind : str
        Name in the catalogue.
    harm, mechanism, unit : str
        What happens to the data, the finding's mechanism that is right, what severity counts.
    harmless : float, optional
        Severity that must not be failed.
    material : float
        Severity that must be caught.
    certainty : float
        Posterior probability that the material severity is caught with 80% probability or more.
    doses : tuple of Dose
        Every severity, rising.
    reach : Reach
        At the full size.
    more : tuple of Reach
        At more rows, extrapolated.
    more_told : bool
        Whether the two sizes say much on what more rows buy; else `more` rests on what is assumed: that the reach falls
        with the square root of the number of rows, or not at all, or anything between.
    named : Named
        Whether mechanism and columns were right.
    """

    kind: str
    harm: str
    mechanism: str
    unit: str
    harmless: float | None
    material: float
    certainty: float
    doses: tuple[Dose, ...]
    reach: Reach
    more: tuple[Reach, ...]
    more_told: bool
    named: Named

    @property
    def plantings(self) -> int:
        """Plantings at both sizes."""
        return sum(dose.plantings + dose.small_plantings for dose in self.doses)

    @property
    def at_material(self) -> Chance:
        """Chance that the material severity is caught."""
        return next(dose.chance for dose in self.doses if dose.severity == self.material)

    @property
    def standing(self) -> Literal["below", "above", "cannot_tell"]:
        """Where the reach lies, with 90% certainty: at or below the material severity, above it, or neither can be told."""
        return "below" if self.certainty >= SURE else "above" if self.certainty <= 1 - SURE else "cannot_tell"

    def to_dict(self) -> dict[str, Any]:
        """Give the entry of an `assay.drill/1` document."""
        return {
            "kind": self.kind,
            "harm": self.harm,
            "mechanism": self.mechanism,
            "unit": self.unit,
            "harmless": self.harmless,
            "material": self.material,
            "certainty": self.certainty,
            "standing": self.standing,
            "at_material": self.at_material.to_dict(),
            "reach": self.reach.to_dict(),
            "more_rows": [reach.to_dict() for reach in self.more],
            "more_rows_told": self.more_told,
            "named": self.named.to_dict(),
            "doses": [dose.to_dict() for dose in self.doses],
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> KindDrilled:
        """Read what `to_dict` gave."""
        plain = ("kind", "harm", "mechanism", "unit", "harmless", "material", "certainty")
        return cls(
            **{key: entry[key] for key in plain},
            doses=tuple(Dose.from_dict(dose) for dose in entry["doses"]),
            reach=Reach(**entry["reach"]),
            more=tuple(Reach(**reach) for reach in entry["more_rows"]),
            more_told=entry["more_rows_told"],
            named=Named(**entry["named"]),
        )


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Sound rows that were checked like the others, and how many of them were refused."""

    checks: int
    alarms: int
    chance: Chance

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> FalseAlarms:
        """Read what `to_dict` gave."""
        fields: dict[str, Any] = {**entry, "chance": Chance(**entry["chance"])}
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class NotPlanted:
    """A kind that was not drilled, and why."""

    kind: str
    harm: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """Give plain data."""
        return asdict(self)


CAUGHT, SURE = 0.8, 0.9
