"""Mending as one HTML page: no network, no script, every name escaped, bounded in size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from assay.core.mended import Checked, Left, Taken
from assay.reporting import mended_words as words
from assay.reporting.html import environment
from assay.reporting.mended_charts import calibration_chart, forms_chart, groups_chart, proof_chart, steps_chart
from assay.reporting.mended_next import next_steps
from assay.reporting.mended_warnings import warnings
from assay.reporting.words import VERDICTS, metric

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

STEPS, LEFT, WANTED, FINDINGS, REASONS, FORMS, GROUPS = 40, 60, 40, 8, 8, 60, 30
WIDTHS = (720, 340)


def page(mended: Mended) -> str:
    """Give the whole result as one HTML page, under 1.5 MB; the JSON document holds what is not shown."""
    return environment().get_template("mended.html.j2").render(_content(mended))


def card(mended: Mended) -> str:
    """Give verdict, gain and steps as a self-contained fragment for a notebook."""
    return environment().get_template("mended_card.html.j2").render(_content(mended, pictures=False))


def _content(mended: Mended, *, pictures: bool = True) -> dict[str, Any]:
    steps, forms, proof = mended.steps[:STEPS], words.forms_shown(mended), mended.proof
    told = [] if proof is None else [one for one in proof.groups if one.gain is not None][:GROUPS]
    invalid, _, why = words.SELECTIONS["shared"].partition(". ")
    return {
        "mended": mended,
        "verdict": VERDICTS[mended.verdict],
        "gained": words.gained(mended),
        "selection": "" if mended.selection == "shared" else words.SELECTIONS[mended.selection],
        "invalid": (invalid, why) if mended.selection == "shared" else None,
        "warnings": warnings(mended),
        "lines": words.head_lines(mended),
        "steps_title": words.steps_title(mended),
        "steps": [_step(step) for step in steps],
        "steps_hidden": len(mended.steps) - len(steps),
        "steps_charts": _charts(lambda width: steps_chart(steps, width=width)) if pictures and steps else [],
        "left": [_left(one) for one in mended.left[:LEFT]],
        "left_hidden": max(0, len(mended.left) - LEFT),
        "forms": [
            {
                "words": form.words,
                "role": words.role(mended, form),
                "score": words.around(form.score),
                "against": "" if form.words == mended.baseline else words.around(form.against, sign=True),
            }
            for form in mended.forms[:FORMS]
        ],
        "forms_hidden": max(0, len(mended.forms) - FORMS),
        "forms_charts": _charts(lambda width: forms_chart(forms, mended.baseline, mended.chosen, width=width))
        if pictures and forms
        else [],
        "proof": None
        if proof is None
        else {
            "metric": metric(proof.metric),
            "rows": proof.rows,
            "charts": _charts(lambda width: proof_chart(proof, width=width)) if pictures else [],
            "gain": words.around(proof.gain, sign=True),
            "over_real": words.around(proof.over_real, sign=True),
            "intervals": words.INTERVALS,
            "groups": words.group_lines(mended)[:GROUPS],
            "groups_hidden": max(0, len(words.group_lines(mended)) - GROUPS),
            "groups_charts": _charts(lambda width: groups_chart(told, width=width))
            if pictures and mended.chosen != mended.baseline and told
            else [],
            "calibration": [(name, words.around(found)) for name, found in words.calibration_lines(proof)],
            "calibration_charts": _charts(lambda width: calibration_chart(proof, width=width))
            if pictures and proof.calibration is not None
            else [],
            "believed": words.believed(proof),
        },
        "checks": [_check(name, checked) for name, checked in (("Before", mended.before), ("After", mended.after)) if checked],
        "privacy": words.privacy(mended),
        "wanted": [words.wanted(one, weighed=mended.chosen is not None) for one in mended.wanted[:WANTED]],
        "wanted_hidden": max(0, len(mended.wanted) - WANTED),
        "next": next_steps(mended),
        "inputs": [(role, told) for role, told in mended.inputs.items() if told is not None],
        "style": Markup(environment().get_template("style.css").render()),
    }  # fmt: skip


def _charts(draw: Callable[[int], str]) -> list[Markup]:
    """Draw a picture for a desk and for a phone."""
    return [Markup(draw(width)) for width in WIDTHS]


def _step(step: Taken) -> dict[str, Any]:
    return {
        "name": words.remedy(step),
        "registry": step.remedy,
        "where": words.where(step),
        "mechanism": step.mechanism,
        "evidence": words.evidence(step),
        "told_before": words.around(step.told_before),
        "told_after": words.around(step.told_after),
        "use": words.use(step),
        "anchors": step.anchors,
    }


def _left(one: Left) -> dict[str, str]:
    return {"name": words.remedy(one), "where": words.where(one), "sign": one.sign, "reason": one.reason}


def _check(name: str, checked: Checked) -> dict[str, Any]:
    return {
        "name": name,
        "verdict": VERDICTS[checked.verdict],
        "kind": checked.verdict,
        "reasons": checked.reasons[:REASONS],
        "findings": checked.findings[:FINDINGS],
        "rows": checked.rows,
    }
