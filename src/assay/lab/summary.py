"""From plantings to what a drill says of each kind of damage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.core import registry
from assay.core.drilled import Chance, Dose, FalseAlarms, KindDrilled, Named, NotPlanted, Planting
from assay.lab.power import Detection, Trial
from assay.lab.site import SMALL
from assay.stats.intervals import clopper_pearson

MORE = (2, 4)
AMONG = 3


def kinds_drilled(kinds: Iterable[str], rows: int, plantings: Sequence[Planting]) -> tuple[list[KindDrilled], list[NotPlanted]]:
    """Sum up every kind, and say which could not be planted.

    Parameters
    ----------
    kinds : iterable of str
        Names in the catalogue.
    rows : int
        The full size.
    plantings : sequence of Planting
        In the order of the plan.
    """
    drilled: list[KindDrilled] = []
    absent: list[NotPlanted] = []
    for kind in kinds:
        own = [planting for planting in plantings if planting.kind == kind]
        checked = [planting for planting in own if planting.verdict is not None]
        if checked:
            drilled.append(_kind(kind, rows, checked))
        else:
            reasons = Counter(planting.note for planting in own)
            reason = reasons.most_common(1)[0][0] if reasons else "the budget ended before it was planted"
            absent.append(NotPlanted(kind, registry.get("damage", kind).harm, reason))
    return drilled, absent


def false_alarms(plantings: Iterable[Planting]) -> FalseAlarms:
    """Count the sound rows that were refused; exact 95% interval."""
    sound = [planting for planting in plantings if planting.kind is None]
    alarms = sum(planting.caught for planting in sound)
    if not sound:
        return FalseAlarms(0, 0, Chance(0.0, 0.0, 1.0))
    low, high = clopper_pearson(alarms, len(sound))
    return FalseAlarms(len(sound), alarms, Chance(alarms / len(sound), float(low), float(high)))


def detection(kind: KindDrilled) -> Detection:
    """Give the detection curve behind a kind's result, for predictions.

    Examples
    --------
    A drill's prediction for 40 fresh plantings of the material severity: ``detection(kind).predicted(kind.material, 40)``.
    """
    rows, trials = kind.reach.rows, list[Trial]()
    for dose in kind.doses:
        for size, caught, all_ in (
            (rows, dose.caught, dose.plantings),
            (rows // SMALL, dose.small_caught, dose.small_plantings),
        ):
            trials += [Trial(size, dose.severity, at < caught) for at in range(all_)]
    return Detection([dose.severity for dose in kind.doses], rows, trials)


def _kind(kind: str, rows: int, checked: list[Planting]) -> KindDrilled:
    damage = registry.get("damage", kind)
    trials = [Trial(planting.rows, planting.severity or 0.0, planting.caught) for planting in checked]
    curve = Detection(damage.severities, rows, trials)
    doses: list[Dose] = []
    for severity in damage.severities:
        full = [trial.caught for trial in trials if trial.severity == severity and trial.rows == rows]
        small = [trial.caught for trial in trials if trial.severity == severity and trial.rows != rows]
        doses.append(Dose(severity, len(full), sum(full), len(small), sum(small), curve.chance(severity)))
    return KindDrilled(
        kind,
        damage.harm,
        damage.mechanism,
        damage.unit,
        damage.harmless,
        damage.material,
        curve.certainty(damage.material),
        tuple(doses),
        curve.reach(),
        tuple(curve.reach(times * rows) for times in MORE),
        curve.scaling_told,
        _named([planting for planting in checked if planting.caught and planting.rows == rows]),
    )


def _named(caught: list[Planting]) -> Named:
    ranks = [planting.rank for planting in caught]
    return Named(
        len(caught),
        sum(rank == 1 for rank in ranks),
        sum(rank is not None and rank <= AMONG for rank in ranks),
        sum(planting.columns for planting in caught),
    )
