"""The plain words of a loop: what was asked, what left first, and what the eight definitions of collapse say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.reporting.text import count, number, shorten, title, visible
from assay.reporting.words import Word

if TYPE_CHECKING:
    from assay.core.trajectory import Descent
    from assay.lab.collapse import Collapse
    from assay.lab.leaving import Group
    from assay.lab.loop_summary import Course
    from assay.reporting.loop import Loop

ANSWERS: dict[str, Word] = {
    "yes": Word("✗", "yes", "has collapsed by this definition"),
    "cannot_tell": Word("?", "cannot tell", "neither can be told"),
    "no": Word("✓", "no", "has not, by the last generation"),
}
BADGES = {"yes": "fail", "no": "pass", "cannot_tell": "cannot_tell"}
DEFINITIONS = {
    "any_risk_increase": "A model trained on the rows is worse on reality, by however little",
    "diverging_risk": "It gets worse without end, no slower than at first",
    "catastrophic_increase": "Half of what a model of real rows knows is lost",
    "changed_scaling_law": "More rows help less than real rows would",
    "variance_collapse": "The spread of the numbers shrinks",
    "mode_entanglement": "Kinds of rows that reality keeps apart run into each other",
    "tail_disappearance": "Extremes and rare levels disappear",
    "hallucinated_data": "Rows appear where reality has none",
}
PAIRS = (
    ("believed_auc", "two_sample_auc", "Can a classifier tell the rows apart?", "Two-sample AUC, 0.5 = it cannot."),
    ("believed_score", "tstr", "What is a model worth?", "Score of one that learns from the rows; higher is better."),
)


class Step(NamedTuple):
    """What left its margin at one generation: names, those that lineages bear out first."""

    generation: int
    sure: tuple[str, ...]
    likely: tuple[str, ...]


class Extent(NamedTuple):
    """How far lineages came: last generation, that asked for, lineages, those that ended early, axes not measured to the end."""

    last: int
    asked: int
    begun: int
    short: int
    unmeasured: int


def asked(loop: Loop) -> list[str]:
    """Say what was run."""
    real, settings = loop.trajectory.real, loop.trajectory.settings
    said: list[str] = []
    if "rows" in real:
        said.append(f"{count(real['rows'])} real rows; {count(real.get('holdout_rows', 0))} rows are sealed and measure.")
    if "size" in settings:
        said.append(
            f"{settings['generations']} generations of {count(settings['size'])} rows, {settings['seeds']} lineages for each "
            "generator and regime."
        )
    return said


def steps(courses: Sequence[Course]) -> list[Step]:
    """Give what left, by generation."""
    found: dict[int, tuple[list[str], list[str]]] = {}
    for one in courses:
        if one.left is not None:
            sure, likely = found.setdefault(one.left, ([], []))
            (likely if one.sure is None else sure).append(one.axis)
    return [Step(at, tuple(sure), tuple(likely)) for at, (sure, likely) in sorted(found.items())]


def extent(loop: Loop, group: Group, courses: Sequence[Course]) -> Extent:
    """Give how far the lineages of a group came."""
    generations = int(loop.trajectory.settings.get("generations", group.last))
    unmeasured = sum(one.unmeasured is not None for one in courses)
    return Extent(group.last, generations, group.begun, group.broken, unmeasured)


def first_to_leave(found: Sequence[Step], extent: Extent | None = None) -> str:
    """Say in one sentence what the loop took first, apart from what the generator gets wrong by itself.

    Examples
    --------
    >>> first_to_leave([Step(1, ("tstr",), ()), Step(3, (), ("rare_survival", "two_sample_auc"))])
    'Before any loop the generator misses 1 axis; the loop then takes rare survival and two-sample AUC, at generation 3.'
    >>> first_to_leave([])
    'Nothing left its margin.'
    >>> first_to_leave([], Extent(last=1, asked=8, begun=3, short=3, unmeasured=0))
    'Only generation 1 is there, so nothing can be said of the loop.'
    >>> first_to_leave([], Extent(last=4, asked=8, begun=3, short=2, unmeasured=0))
    'Nothing left its margin by generation 4, and 2 of 3 lineages did not reach generation 8.'
    """
    if extent is not None and extent.last < 1:
        return "No generation is there, so nothing can be said of the loop."
    own = sum(len(step.sure) + len(step.likely) for step in found if step.generation == 1)
    later = [step for step in found if step.generation > 1]
    before = f"Before any loop the generator misses {own} {'axis' if own == 1 else 'axes'}" if own else ""
    if not later and extent is not None and extent.last == 1:
        return f"{before}{'; only' if before else 'Only'} generation 1 is there, so nothing can be said of the loop."
    if not later:
        nothing = f"{before}; the loop takes no other" if before else "Nothing left its margin"
        return f"{nothing}{_until(extent)}."
    names = [axis_name(name) for name in (*later[0].sure, *later[0].likely)]
    named = ", ".join(names[:3]) if len(names) > 3 else " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    takes = f"the loop then takes {named}{more}, at generation {later[0].generation}."
    return f"{before}; {takes}" if before else f"T{takes[1:]}".replace("loop then", "loop first")


def _until(extent: Extent | None) -> str:
    """Say what 'nothing left' does not speak of."""
    if extent is None or not (extent.short or extent.unmeasured):
        return ""
    said = f" by generation {extent.last}"
    if extent.short:
        said += f", and {extent.short} of {extent.begun} lineages did not reach generation {extent.asked}"
    if extent.unmeasured:
        axes = "1 axis was" if extent.unmeasured == 1 else f"{extent.unmeasured} axes were"
        said += f", and {axes} not measured to the end"
    return said


def axis_name(name: str) -> str:
    """Write an axis' name within a sentence.

    Examples
    --------
    >>> axis_name("rare_survival"), axis_name("tstr"), axis_name("believed_auc")
    ('rare survival', 'TSTR', 'believed AUC')
    """
    words = title(name).replace("Tstr", "TSTR").replace("Two sample", "Two-sample")
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def axis_title(name: str) -> str:
    """Write an axis' name as a heading."""
    words = axis_name(name)
    return shorten(words[:1].upper() + words[1:], 60)


def answer(one: Collapse) -> str:
    """Write what a definition says of a lineage.

    Examples
    --------
    >>> from assay.lab.collapse import Collapse
    >>> answer(Collapse("any_risk_increase", "yes", 2, "tstr", "")), answer(Collapse("any_risk_increase", "no", None, "", ""))
    ('from generation 2', '')
    """
    return f"from generation {one.generation}" if one.generation is not None else ""


def collapsed(found: Sequence[Collapse]) -> str:
    """Say in one sentence by which definitions lineages have collapsed.

    Examples
    --------
    >>> from assay.lab.collapse import Collapse
    >>> collapsed([Collapse("tail_disappearance", "yes", 3, "", ""), Collapse("variance_collapse", "cannot_tell", None, "", "")])
    'Collapsed by 1 of 2 published definitions: tail disappearance (3); 1 cannot be told.'
    """
    yes = [f"{one.definition.replace('_', ' ')} ({one.generation})" for one in found if one.answer == "yes"]
    unknown = sum(one.answer == "cannot_tell" for one in found)
    told = f"Collapsed by {len(yes)} of {len(found)} published definitions" + (f": {', '.join(yes)}" if yes else "")
    return told + (f"; {unknown} cannot be told." if unknown else ".")


def meaning(regime: str) -> str:
    """Say what a regime trains on, nothing where it is not known here."""
    from assay.core.errors import AssayError
    from assay.lab.regime import regime_of

    try:
        return regime_of(regime).meaning
    except AssayError:
        return ""


def axis_words(name: str, task: str | None = None) -> dict[str, Any]:
    """Give what an axis asks, its unit, margin for a task and blind spots; nothing of one that is not Assay's."""
    from assay.core.errors import UnknownNameError
    from assay.lab.axes import axis

    try:
        found = axis(name)
    except UnknownNameError:
        return {"name": name, "question": "", "unit": "", "margin": "", "because": "", "cannot_see": ""}
    return {
        "name": name,
        "question": found.question,
        "unit": found.unit,
        "margin": number(found.margin_for(task)),
        "because": found.margin_because,
        "cannot_see": found.cannot_see,
    }


def unfinished(loop: Loop, most: int = 12) -> list[str]:
    """List what is missing, each with the reason."""
    found = loop.trajectory.unfinished
    said = [
        f"{visible(descent.generator)}, {visible(descent.regime)}, seed {descent.seed}, generation {at}: {visible(reason)}"
        for descent, at, reason in found[:most]
    ]
    return said + ([f"and {len(found) - most} more; the JSON holds all of them"] if len(found) > most else [])


def skipped(loop: Loop, most: int = 12) -> list[str]:
    """List what was not measured, with the reason, and where if it was measured elsewhere; what the loop lost comes first."""
    where: dict[tuple[str, str], list[tuple[Descent, int]]] = {}
    for place, origin in loop.origins.items():
        for name, reason in origin.skipped.items():
            where.setdefault((name, reason), []).append(place)
    alike: dict[tuple[str, tuple[tuple[Descent, int], ...]], list[str]] = {}
    for (name, reason), places in where.items():
        axis, _, column = name.partition(": ")
        alike.setdefault((reason, tuple(places)), []).append(axis_name(axis) + (f" of {shorten(column, 30)}" if column else ""))
    found = sorted(alike.items(), key=lambda entry: len(entry[0][1]) == len(loop.origins))
    said = [f"{_listed(names)}{_where(places, len(loop.origins))}: {visible(reason)}" for (reason, places), names in found[:most]]
    return said + ([f"and {len(found) - most} more; the JSON holds all of them"] if len(found) > most else [])


def _listed(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    said = ", ".join(names[:most])
    return said[:1].upper() + said[1:] + more


def _where(places: Sequence[tuple[Descent, int]], total: int) -> str:
    if len(places) == total:
        return ""
    first, number = min(places, key=lambda place: place[1])
    at = f"{shorten(first.generator, 40)}, {shorten(first.regime, 40)}, seed {first.seed}, generation {number}"
    return f" (in {len(places)} of {total} generations, first in {at})"
