"""The report as one HTML page: no network, no script, every name escaped, bounded in size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assay.core.estimate import Estimate
from assay.core.finding import Finding
from assay.core.picture import Picture
from assay.core.scorecard import Check
from assay.reporting import words
from assay.reporting.charts import Bounds, headline_chart, strip
from assay.reporting.pictures import draw
from assay.reporting.text import count, interval, measured, number, place, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report

FINDINGS, PICTURES, ESTIMATES, CHECKS, LINES = 24, 24, 60, 80, 20
NAME, SENTENCE = 60, 600


def page(report: Report) -> str:
    """Give the whole report as one HTML page.

    Notes
    -----
    Lists are cut to their worst entries, and the page says how many are not shown, so that it stays under 1.5 MB whatever
    the number of rows and columns. The JSON document holds all of them.
    """
    return environment().get_template("report.html.j2").render(_content(report))


def card(report: Report) -> str:
    """Give the verdict, its reasons and the headline as a self-contained fragment for a notebook."""
    return environment().get_template("card.html.j2").render(_content(report, pictures=False))


@cache
def environment() -> Environment:
    """Give what fills templates: everything escaped, nothing undefined."""
    environment = Environment(
        loader=PackageLoader("assay.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "visible": visible,
        "shorten": _shorten,
        "sentence": _sentence,
        "number": number,
        "count": count,
        "title": _title,
        "interval": interval,
        "effect": _effect,
        "worth": words.worth,
        "place": _place,
    }
    environment.filters.update(filters)
    return environment


def _shorten(content: object, length: int = NAME) -> str:
    return shorten(content, length)


def _sentence(content: object) -> str:
    return shorten(content, SENTENCE)


def _title(name: str) -> str:
    return shorten(title(name), NAME)


def _effect(estimate: Estimate) -> str:
    return measured(estimate)[0]


def _place(estimate: Estimate) -> str:
    return place(estimate.columns, estimate.slice)


def _content(report: Report, *, pictures: bool = True) -> dict[str, Any]:
    headline, scorecard = report.headline, report.scorecard
    checks = words.ordered(scorecard.checks)
    privacy = [check for check in checks if words.is_privacy(check)]
    others = [check for check in checks if not words.is_privacy(check)]
    outcomes = [check.outcome for check in checks]
    findings = _findings(report) if pictures else []
    return {
        "report": report,
        "verdict": words.VERDICTS[report.verdict],
        "question": words.question(report),
        "tally": [(words.OUTCOMES[name], name, outcomes.count(name)) for name in words.ORDER if name in outcomes],
        "reasons": report.reasons[:LINES],
        "charts": [Markup(headline_chart(headline, width=width)) for width in (720, 340)] if headline else [],
        "metric": words.metric(headline.metric) if headline else "",
        "levels": words.LEVELS,
        "no_headline": next((entry.reason for entry in scorecard.not_checked if entry.measure == "utility"), ""),
        "steps": words.next_steps(report),
        "findings": findings,
        "loose": _loose(report, findings) if pictures else [],
        "mechanisms": _mechanisms(report),
        "privacy": [_row(check) for check in privacy[:CHECKS]],
        "privacy_sentence": words.privacy_sentence(privacy),
        "checks": [_row(check) for check in others[:CHECKS]],
        "checks_hidden": max(0, len(others) - CHECKS) + max(0, len(privacy) - CHECKS),
        "not_checked": scorecard.not_checked[:LINES],
        "not_checked_hidden": max(0, len(scorecard.not_checked) - LINES),
        "warnings": scorecard.warnings[:LINES],
        "warnings_hidden": max(0, len(scorecard.warnings) - LINES),
        "estimates": scorecard.estimates[:ESTIMATES],
        "methods": _methods(report),
        "glossary": words.GLOSSARY,
        "inputs": [(role, report.inputs.get(role)) for role in ("real", "synthetic", "holdout")],
        "outcomes": words.OUTCOMES,
        "style": Markup(environment().get_template("style.css").render()),
    }


def _row(check: Check) -> dict[str, Any]:
    bars: list[dict[str, Any]] = []
    for label, estimate, bounds in (
        ("worst", check.worst, Bounds(check.margin, check.blind)),
        ("mean", check.mean, Bounds(check.mean_margin, None)),
    ):
        if estimate is not None:
            drawn = Markup(strip(estimate, bounds, check.outcome))
            name = "mean" if label == "mean" else place(estimate.columns, estimate.slice)
            bars.append({"name": name, "estimate": estimate, "bounds": bounds, "svg": drawn})
    return {
        "check": check,
        "word": words.OUTCOMES[check.outcome],
        "question": words.about(check.measure, "question"),
        "why": words.why(check),
        "bars": bars,
    }


def _findings(report: Report) -> list[dict[str, Any]]:
    by_columns: dict[frozenset[str], list[Picture]] = defaultdict(list)
    for picture in report.pictures:
        by_columns[frozenset(picture.columns)].append(picture)
    left = PICTURES
    entries: list[dict[str, Any]] = []
    for finding in report.findings[:FINDINGS]:
        matching = by_columns.pop(frozenset(finding.columns), [])[: min(2, left)]
        left -= len(matching)
        entries.append(
            {
                "finding": finding,
                "symbol": words.SEVERITIES[finding.severity],
                "place": place(finding.columns, finding.slice),
                "evidence": _evidence(report, finding),
                "pictures": [_picture(picture) for picture in matching],
                "columns": frozenset(finding.columns),
            }
        )
    return entries


def _loose(report: Report, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    shown = {entry["columns"] for entry in findings}
    left = PICTURES - sum(len(entry["pictures"]) for entry in findings)
    return [_picture(picture) for picture in report.pictures if frozenset(picture.columns) not in shown][: min(left, 6)]


def _picture(picture: Picture) -> dict[str, Any]:
    svg, note = draw(picture)
    return {"title": shorten(picture.title, 80), "svg": Markup(svg), "note": note, "key": picture.kind != "heatmap"}


def _evidence(report: Report, finding: Finding) -> list[Estimate]:
    estimates = report.scorecard.estimates
    return [estimates[at] for at in finding.evidence[:4] if 0 <= at < len(estimates)]


def _mechanisms(report: Report) -> list[dict[str, Any]]:
    shown = report.judgement.mechanisms[:8]
    most = max([score for _, score in shown] or [0]) or 1
    return [
        {"name": title(name), "meaning": words.MECHANISMS.get(name, ""), "score": score, "share": max(0, 100 * score / most)}
        for name, score in shown
    ]


def _methods(report: Report) -> list[tuple[str, str, list[str]]]:
    """Give each measure's name, what it cannot see, and how its estimates were made."""
    made: dict[str, dict[str, None]] = {}
    judged = [item for check in report.scorecard.checks for item in (check.worst, check.mean) if item is not None]
    for estimate in (*judged, *report.scorecard.estimates):
        sampled = " A sample of the rows." if estimate.sampled else ""
        made.setdefault(estimate.measure, {})[shorten(estimate.method, SENTENCE) + sampled] = None
    return [(name, words.about(name, "cannot_see"), list(methods)[:4]) for name, methods in list(made.items())[:CHECKS]]
