"""What mending did and what it is worth: steps, uses and proof, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from assay.core.estimate import rounded

Selection = Literal["unseen", "refitted", "shared"]
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its 95% interval.

    Examples
    --------
    >>> Measured(0.1, 0.05, 0.15).beyond_noise
    True
    """

    value: float
    low: float
    high: float

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, float]:
        """Give plain data."""
        return {name: rounded(number, DIGITS) for name, number in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """A remedy that was kept.

    Parameters
    ----------
    remedy, mechanism : str
        What was done, and against what.
    columns : tuple of str
        Columns concerned; empty for the whole table.
    sign : str
        What spoke for it.
    p_value : float
        Of the sign, corrected for all that the remedy looked at.
    fact : bool
        Whether it was done for what the rows are, without asking what it is good for.
    anchors : bool
        Whether rows made from real ones got in.
    told_before, told_after : Measured
        AUC of a classifier that tells held-out real rows from these; 0.5 is what two real samples would score.
    use : Measured or None
        What models trained on these rows and the real ones gained on held-out real rows; None without a target.
    """

    remedy: str
    mechanism: str
    columns: tuple[str, ...]
    sign: str
    p_value: float
    fact: bool
    anchors: bool
    told_before: Measured
    told_after: Measured
    use: Measured | None


@dataclass(frozen=True, slots=True)
class Left:
    """A plan that had signs and was left out, with the reason."""

    remedy: str
    columns: tuple[str, ...]
    sign: str
    reason: str


@dataclass(frozen=True, slots=True)
class FormScored:
    """A way to train, and its cross-validated score on real rows it was not trained on.

    Parameters
    ----------
    words : str
        Which rows, at which weight, and which learner.
    rows : {'real', 'synthetic', 'mended'}
        Further rows; 'real' for none.
    share : float or None
        Weight of the real rows as a share of all; None where each row has the weight it has.
    learner : str
        Learner.
    score : Measured
        Score.
    against : Measured
        Paired difference to the baseline.
    staged : bool
        Whether a model of the further rows goes on learning from the real ones; `share` is None.
    """

    words: str
    rows: str
    share: float | None
    learner: str
    score: Measured
    against: Measured
    staged: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """Why something was not done: a code, and a sentence."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """Holdout rows that prove nothing, as other tables have them, too; each is counted once.

    Parameters
    ----------
    repeated : int
        Rows that equal a real row.
    copied : int
        Rows that equal a synthetic row.
    entities : int
        Rows of entities that the real rows have, too.
    leaked : bool
        Whether they are more than chance brings: the holdout is then not sealed.
    """

    repeated: int
    copied: int
    entities: int
    leaked: bool

    @property
    def rows(self) -> int:
        """All of them."""
        return self.repeated + self.copied + self.entities


@dataclass(frozen=True, slots=True)
class GroupGain:
    """What mending gained for one group, on its sealed rows.

    Parameters
    ----------
    column, group : str
        Sensitive column, and the group in words.
    rows : int
        Sealed rows of the group.
    gain : Measured or None
        As chosen minus baseline; the intervals of all groups hold at once. None where the group has too few sealed rows to tell.
    """

    column: str
    group: str
    rows: int
    gain: Measured | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far probabilities are off on sealed rows: root of the mean squared distance from the rates they stand for.

    Parameters
    ----------
    baseline, mended : Measured
        Of the baseline, and as chosen.
    recalibrated : Measured
        As chosen, put right by a map of two numbers that real rows have taught (one number for more than two classes).
    """

    baseline: Measured
    mended: Measured
    recalibrated: Measured


@dataclass(frozen=True, slots=True)
class Proof:
    """Scores on sealed real rows, which had no part in any choice.

    Parameters
    ----------
    metric : str
        Metric, higher is better.
    rows : int
        Sealed rows, without those withheld.
    real, synthetic, baseline, mended : Measured
        Models trained on real rows alone, on synthetic rows alone, as the baseline, and as chosen.
    gain, over_real : Measured
        Mended minus baseline, and minus real rows alone, paired on the sealed rows.
    groups : tuple of GroupGain
        The gain in each group of the sensitive columns; empty where none is named.
    calibration : Calibration or None
        Whether probabilities can be believed; None for a regression.

    Notes
    -----
    Intervals hold for other sealed rows, and for models of other real and further rows of the same kind; not for other choices of
    remedies and forms, which other real rows would have led to.
    """

    metric: str
    rows: int
    real: Measured
    synthetic: Measured
    baseline: Measured
    mended: Measured
    gain: Measured
    over_real: Measured
    groups: tuple[GroupGain, ...] = ()
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check says of the rows, before or after.

    Parameters
    ----------
    verdict : str
        'trusted', 'not_trusted' or 'cannot_tell'.
    reasons : tuple of str
        The decisive one first.
    findings : tuple of (str, str, str)
        Code, mechanism and message, most important first.
    worth : Measured or None
        How many real rows the synthetic ones are worth to a model.
    copies, membership : Measured or None
        Share of rows that copy real ones beyond chance; advantage of a membership attack.
    rows : int
        Rows that were checked.
    """

    verdict: str
    reasons: tuple[str, ...]
    findings: tuple[tuple[str, str, str], ...]
    worth: Measured | None
    copies: Measured | None
    membership: Measured | None
    rows: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Real rows worth collecting.

    Parameters
    ----------
    where : str
        Slice, as a condition that `assay.data.where.parse` reads; 'any rows' where no slice is better than random rows.
    columns : tuple of str
        Its columns.
    rows : int
        How many.
    gain, at_random : Measured
        Expected fall of the model's loss from these rows, and from as many random ones. Without a target: the share of them that
        the synthetic rows lack.
    """

    where: str
    columns: tuple[str, ...]
    rows: int
    gain: Measured
    at_random: Measured


def to_plain(entry: Any) -> Any:
    """Turn any of these into plain data, numbers rounded."""
    if isinstance(entry, Measured):
        return entry.to_dict()
    if isinstance(entry, float):
        return rounded(entry, DIGITS)
    if isinstance(entry, (tuple, list)):
        return [to_plain(part) for part in entry]  # type: ignore[reportUnknownVariableType]
    if hasattr(entry, "__dataclass_fields__"):
        return {name: to_plain(getattr(entry, name)) for name in entry.__dataclass_fields__}
    return entry


def measured(entry: Mapping[str, float] | None) -> Measured | None:
    """Read a number with its interval."""
    return None if entry is None else Measured(**entry)
