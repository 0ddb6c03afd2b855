"""What an estimate says: every quantity with real rows alone and with predictions, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Status = Literal["told", "too_weak", "populations_differ"]
Learned = Literal["predicted", "model_rows", "half", "cross"]
What = Literal["mean", "rate", "quantile", "ols", "logistic"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity that was asked for.

    Parameters
    ----------
    name : str
        ``mean``, ``rate``, ``quantile``, ``intercept``, or the column or level that a coefficient belongs to.
    classical : Interval
        From the labelled real rows alone.
    powered : Interval or None
        With predictions; None where that is refused.
    weight : float
        Lambda, from 0 (predictions are not used) to 1.
    rows : int
        Labelled real rows.
    """

    name: str
    classical: Interval
    powered: Interval | None
    weight: float
    rows: int

    @property
    def width_ratio(self) -> float | None:
        """Width with predictions over width without; None where there is neither."""
        return None if self.powered is None or self.classical.width <= 0 else self.powered.width / self.classical.width

    @property
    def worth(self) -> float | None:
        """Real rows that alone would give an interval as narrow: rows / ratio squared."""
        ratio = self.width_ratio
        return self.rows / ratio**2 if ratio else None

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return {
            "name": self.name,
            "classical": asdict(self.classical),
            "powered": None if self.powered is None else asdict(self.powered),
            "lambda": self.weight,
            "width_ratio": self.width_ratio,
            "worth_in_real_rows": self.worth,
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any], rows: int) -> Quantity:
        """Read what `to_dict` gave."""
        powered = None if entry["powered"] is None else Interval(**entry["powered"])
        return cls(entry["name"], Interval(**entry["classical"]), powered, entry["lambda"], rows)


@dataclass(frozen=True, slots=True)
class Populations:
    """Whether real and further rows can be told apart.

    Parameters
    ----------
    auc : float or None
        Largest cross-fitted AUC of classifiers that tell them apart by what both have; None where too few rows or no columns
        are there to ask.
    shift : float
        Mean prediction of the further rows minus that of the real ones, in standard deviations of the predictions.
    p_value : float
        Of all tests together (Bonferroni).
    differ : bool
        Whether one in a hundred samples of one population, or fewer, would be told apart so well.
    unseen : float or None
        For a mean or rate: a shift of the estimate that would have gone unseen in one case of five.
    """

    auc: float | None
    shift: float
    p_value: float
    differ: bool
    unseen: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows that were used: labelled real ones, further ones, and those that the model learned from (0: it came with them)."""

    real: int
    further: int
    model: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that one estimate says.

    Parameters
    ----------
    status : {'told', 'too_weak', 'populations_differ'}
        ``too_weak``: truth and prediction are correlated no more than chance gives. ``populations_differ``: real and further rows
        are told apart. Then the classical intervals stand alone.
    learned : {'predicted', 'model_rows', 'half', 'cross'}
        Where predictions come from: a column; a model of rows used for nothing else; of half of the further rows; of the real
        rows, fold by fold.
    rows : Counts
        Rows that were used.
    quantities : tuple of Quantity
        What was asked for.
    correlation, threshold : float
        Of truth and prediction (of gradients in regressions), and what it must exceed.
    populations : Populations
        Whether real and further rows were told apart.
    assumptions : tuple of str
        What the intervals rest on and no test can show.
    warnings : tuple of str
        What was left out, and the like.
    """

    status: Status
    learned: Learned
    rows: Counts
    quantities: tuple[Quantity, ...]
    correlation: float
    threshold: float
    populations: Populations
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give plain data."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return {
            **parts,
            "rows": asdict(self.rows),
            "quantities": [one.to_dict() for one in self.quantities],
            "populations": asdict(self.populations),
            "assumptions": list(self.assumptions),
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Answer:
        """Read what `to_dict` gave."""
        parts = {part.name: entry[part.name] for part in fields(cls)}
        rows = Counts(**entry["rows"])
        parts |= {
            "rows": rows,
            "quantities": tuple(Quantity.from_dict(one, rows.real) for one in entry["quantities"]),
            "populations": Populations(**entry["populations"]),
            "assumptions": tuple(entry["assumptions"]),
            "warnings": tuple(entry["warnings"]),
        }
        return cls(**parts)
