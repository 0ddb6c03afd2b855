"""A loop as one HTML page: no network, one script of a few lines that it does not need, every name escaped, bounded in size."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from assay.lab.leaving import groups
from assay.lab.loop_bands import Band, bands, moved
from assay.lab.portrait import Portrait, pooled
from assay.reporting import loop_charts as charts
from assay.reporting import loop_portraits as portraits
from assay.reporting import loop_words as words
from assay.reporting.html import environment
from assay.reporting.text import count, shorten

if TYPE_CHECKING:
    from assay.lab.loop_summary import Course
    from assay.reporting.loop import Loop

LARGEST = 1_450_000
Made = dict[tuple[str, str], dict[int, Portrait]]  # by generator and regime, then by generation


class Most(NamedTuple):
    """How much a page shows; the JSON document holds all."""

    generators: int
    regimes: int
    axes: int
    columns: int
    planes: int


LIMITS = (Most(4, 6, 40, 3, 9), Most(3, 5, 24, 3, 7), Most(2, 4, 16, 2, 5), Most(1, 3, 8, 1, 4))


def page(loop: Loop) -> str:
    """Give the whole result as one HTML page, under 1.5 MB: where that is too much, fewer generators, regimes and axes."""
    script = environment().get_template("loop_steps.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    told, made, text = _told(loop), _made(loop), ""
    for most in LIMITS:
        content = {**told, **_pictures(loop, most, told["courses"], made), "script": Markup(script), "script_sha256": digest}
        text = environment().get_template("loop.html.j2").render(content)
        if len(text.encode("utf-8", "backslashreplace")) < LARGEST:
            break
    return text


def card(loop: Loop) -> str:
    """Give what left first, and what the definitions say, as a self-contained fragment for a notebook."""
    return environment().get_template("loop_card.html.j2").render(_told(loop))


def _told(loop: Loop) -> dict[str, Any]:
    """Give what is said in words."""
    courses, collapses = loop.courses, loop.collapses
    told: list[dict[str, Any]] = []
    for group in groups(loop.trajectory):
        key = (group.generator, group.regime)
        own = [one for one in courses if (one.generator, one.regime) == key]
        steps = words.steps(own)
        found = collapses[key]
        told.append(
            {
                "generator": shorten(group.generator, 40),
                "regime": shorten(group.regime, 40),
                "lineages": len(group.lineages),
                "last": group.last,
                "gone": [f"{words.axis_title(one.axis)}: {_unmeasured(one)}" for one in own if one.unmeasured is not None],
                "first": words.first_to_leave(steps, words.extent(loop, group, own)),
                "steps": steps,
                "definitions": [_definition(one) for one in found],
                "yes": sum(one.answer == "yes" for one in found),
            }
        )
    return {
        "page_loop": loop,
        "courses": courses,
        "axis_title": words.axis_title,
        "asked": words.asked(loop),
        "groups": told[:24],
        "groups_hidden": max(0, len(told) - 24),
        "sections": [part for _, part in _by_generator(told[:24])],
        "definitions": words.DEFINITIONS,
        "answers": [(word, words.BADGES[name]) for name, word in words.ANSWERS.items()],
        "missing": words.unfinished(loop),
        "skipped": words.skipped(loop),
        "style": Markup(environment().get_template("style.css").render()),
    }


def _definition(one: Any) -> dict[str, Any]:
    return {
        "name": one.definition,
        "word": words.ANSWERS[one.answer],
        "badge": words.BADGES[one.answer],
        "when": words.answer(one),
        "reason": one.reason,
    }


def _by_generator(entries: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        found.setdefault(entry["generator"], []).append(entry)
    return list(found.items())


def _pictures(loop: Loop, most: Most, courses: Sequence[Course], made: Made) -> dict[str, Any]:
    trajectory = loop.trajectory
    every = bands(trajectory)
    generators = list(dict.fromkeys(descent.generator for descent in trajectory.lineages()))
    order = list(dict.fromkeys(descent.regime for descent in trajectory.lineages()))
    regimes = order[: most.regimes]
    shown = [band for band in every if band.regime in regimes and band.generator in generators[: most.generators]]
    axes = list(dict.fromkeys(band.axis for band in shown if not band.axis.startswith("believed_")))
    drawn = [
        _generator(
            loop,
            name,
            at,
            [band for band in shown if band.generator == name],
            axes[: most.axes],
            order,
            regimes,
            most,
            [one for one in courses if one.generator == name],
            made,
        )
        for at, name in enumerate(generators[: most.generators])
    ]
    return {
        "legend": [(Markup(charts.key(regime, order)), shorten(regime, 40), words.meaning(regime)) for regime in regimes],
        "floors": any(band.axis == "rare_survival" for band in shown),
        "generators": drawn,
        "axes_hidden": max(0, len(axes) - most.axes),
        "hidden": [
            f"{count(left)} more {what}"
            for what, left in (("generators", len(generators) - most.generators), ("regimes", len(order) - most.regimes))
            if left > 0
        ],
        "frames": sorted({len(one["stops"]) for one in drawn if one["scenes"]}),
        "columns": len(loop.layout.bins) if loop.layout else 0,
    }


def _generator(
    loop: Loop,
    name: str,
    place: int,
    shown: Sequence[Band],
    axes: Sequence[str],
    order: Sequence[str],
    regimes: Sequence[str],
    most: Most,
    courses: Sequence[Course],
    made: Made,
) -> dict[str, Any]:
    by_axis: dict[str, list[Band]] = defaultdict(list)
    for band in shown:
        by_axis[band.axis].append(band)
    survival = by_axis.get("rare_survival", [])
    drift = loop.layout.drift if loop.layout else ()
    return {
        "name": shorten(name, 40),
        "axes": [
            {
                **words.axis_words(axis, loop.trajectory.real.get("task")),
                "left": _left(courses, axis, regimes),
                "gone": _gone(courses, axis, regimes),
                "svg": Markup(charts.over_generations(by_axis[axis], order)),
            }
            for axis in axes
            if axis in by_axis
        ],
        "survival": Markup(charts.over_generations(survival, order, drift=drift, width=760, height=250)) if survival else "",
        "survival_phone": Markup(charts.over_generations(survival, order, drift=drift, width=320)) if survival else "",
        "drift": bool(survival and drift),
        "pairs": _pairs(by_axis, regimes),
        **_rows(loop, name, place, regimes, most, made),
    }


def _left(courses: Sequence[Course], axis: str, regimes: Sequence[str]) -> str:
    found = {one.regime: one.left for one in courses if one.axis == axis and one.left is not None}
    return ", ".join(f"{shorten(regime, 30)} {found[regime]}" for regime in regimes if regime in found)


def _gone(courses: Sequence[Course], axis: str, regimes: Sequence[str]) -> str:
    found = {one.regime: one for one in courses if one.axis == axis and one.unmeasured is not None}
    return "; ".join(f"{shorten(regime, 30)} {_unmeasured(found[regime])}" for regime in regimes if regime in found)


def _unmeasured(one: Course) -> str:
    return f"not measured since generation {one.unmeasured}"


def _pairs(by_axis: dict[str, list[Band]], regimes: Sequence[str]) -> list[dict[str, Any]]:
    """Give believed against actual, one row of pictures of one scale for each pair of axes."""
    found: list[dict[str, Any]] = []
    for believed, actual, question, unit in words.PAIRS:
        both = [{band.regime: band for band in by_axis.get(axis, [])} for axis in (believed, actual)]
        there = [regime for regime in regimes if regime in both[0] and regime in both[1]]
        if there:
            span = charts.span_of([band[regime] for band in both for regime in there])
            drawn = [
                (shorten(regime, 40), Markup(charts.believed_and_actual(both[0][regime], both[1][regime], span)))
                for regime in there
            ]
            found.append({"question": question, "unit": unit, "pictures": drawn})
    return found


def _made(loop: Loop) -> Made:
    """Give the rows of all lineages together, by generator and regime, then by generation."""
    found: dict[tuple[str, str], dict[int, list[Portrait]]] = defaultdict(lambda: defaultdict(list))
    for (descent, number), origin in loop.origins.items():
        if origin.portrait is not None:
            found[descent.generator, descent.regime][number].append(origin.portrait)
    made = {key: {at: pooled(these) for at, these in sorted(numbers.items())} for key, numbers in found.items()}
    return {key: {at: one for at, one in numbers.items() if one is not None} for key, numbers in made.items()}


def _rows(loop: Loop, name: str, place: int, regimes: Sequence[str], most: Most, found: Made) -> dict[str, Any]:
    """Give the pictures of rows: ridges of the columns that moved most, strips of planes, and scenes."""
    layout = loop.layout
    there = [regime for regime in regimes if (name, regime) in found]
    if layout is None or not there:
        return {"columns": [], "strips": [], "scenes": [], "stops": [], "mainly": []}
    by_name = {bins.column: bins for bins in layout.bins}
    ranked = moved(loop.trajectory, name, tuple(by_name))
    real = layout.real
    beside = [found[name, regime] for regime in there]
    columns = [
        {
            "name": shorten(column, 60),
            "level": by_name[column].kind == "level",
            "pictures": [
                (shorten(regime, 40), Markup(portraits.ridges(by_name[column], real, found[name, regime], beside)))
                for regime in there
            ],
        }
        for column in ranked[: most.columns]
    ]
    numbers = [by_name[column] for column in ranked if by_name[column].kind == "number"][:2]
    stops = [0, *portraits.chosen(sorted({number for regime in there for number in found[name, regime]}), most.planes - 1)]
    strips: list[dict[str, Any]] = []
    scenes: list[tuple[str, Markup]] = []
    for at, regime in enumerate(there):
        made = found[name, regime]
        names = {number: f"p{place}-{at}-{number}" for number in stops if number == 0 or number in made}
        if layout.plane is not None:
            tiles: list[dict[str, Any]] = []
            for number in names:
                portrait = made[number] if number else real
                said = "real rows" if number == 0 else f"generation {number}"
                svg = portraits.plane(layout.plane, portrait, real, names[number], label=f"{said}, {shorten(regime, 40)}")
                told = portrait.share_elsewhere if number or layout.plane.elsewhere is not None else None
                tiles.append({"said": said, "svg": Markup(svg), "elsewhere": told})
            strips.append({"regime": shorten(regime, 40), "tiles": tiles})
        if layout.plane is not None or numbers:
            scenes.append((shorten(regime, 40), Markup(portraits.scene(layout, numbers, made, stops, names))))
    mainly = [" and ".join(shorten(column, 40) for column in names) for names in layout.plane.mainly] if layout.plane else []
    return {"columns": columns, "strips": strips, "scenes": scenes, "stops": stops, "mainly": mainly}
