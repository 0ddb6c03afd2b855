"""A report for GitHub Actions: annotations beside the run, and a summary of the job in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.core.scorecard import Check
from assay.reporting import words
from assay.reporting.text import count, decimals, measured, number, place, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report

MOST = 9  # GitHub shows ten of a kind for each step, and the verdict is one
REASONS, LINES, LENGTH = 2, 20, 400
_LEVELS = {"trusted": "notice", "not_trusted": "error", "cannot_tell": "error"}


def commands(report: Report) -> list[str]:
    """Give the verdict and the findings as workflow commands, one a line, most important first.

    Notes
    -----
    The verdict is an error unless it is 'trusted': the step fails, too. A finding is an error, or a warning if the policy
    does not require its check. A required check that could not tell is a warning of its own, so that nothing unproven is silent.
    """
    verdict = words.VERDICTS[report.verdict]
    reasons = list(report.reasons) or [verdict.meaning]
    more = [f"And {len(reasons) - REASONS} more."] if len(reasons) > REASONS else []
    lines = [command(_LEVELS[report.verdict], f"Assay: {verdict.word.lower()}", " ".join([*reasons[:REASONS], *more]))]
    told: dict[str, list[str]] = {"error": [], "warning": []}
    for finding in report.findings:
        level = "warning" if finding.severity == "minor" else "error"
        where = place(finding.columns, finding.slice)
        told[level].append(command(level, f"{finding.code} {where}", f"{finding.message} Remedy: {finding.remedy}"))
    for check in report.scorecard.checks:
        if check.required and check.outcome in ("cannot_tell", "error"):
            word = words.OUTCOMES[check.outcome].word
            told["warning"].append(command("warning", f"{title(check.family)}: {word}", words.why(check) or word))
    for level, found in told.items():
        lines += found[:MOST]
        if len(found) > MOST:
            lines.append(f"and {len(found) - MOST} more {level}s; the report holds all of them")
    return lines


def summary(report: Report) -> str:
    """Give the report as Markdown: verdict, performance, findings, checks and the next step.

    Names and sentences are escaped, so that they are read and never rendered.
    """
    verdict = words.VERDICTS[report.verdict]
    parts = [f"### {verdict.symbol} Assay: {verdict.word.lower()}", "", _text(words.question(report)), ""]
    parts += [f"- {_text(reason)}" for reason in (report.reasons or (verdict.meaning,))[:LINES]]
    if report.rows_needed:
        parts.append(f"- About {count(report.rows_needed)} rows of each table would settle it.")
    if report.headline is not None:
        names = [word for _, word, _ in words.LEVELS]
        scores = [decimals(getattr(report.headline, key).effect) for key, _, _ in words.LEVELS]
        parts += ["", *_table([_text(words.metric(report.headline.metric)), *names], [["score", *scores]])]
    if report.findings:
        rows = [
            [f"`{_code(one.code)}`", one.severity, _text(place(one.columns, one.slice)), _text(one.message), _text(one.remedy)]
            for one in report.findings[:LINES]
        ]
        parts += ["", "#### Findings", "", *_table(["code", "severity", "where", "what", "remedy"], rows)]
        if len(report.findings) > LINES:
            parts += ["", f"and {len(report.findings) - LINES} more"]
    if report.scorecard.checks:
        rows = [_check(check) for check in words.ordered(report.scorecard.checks)]
        shown = _table(["outcome", "check", "required", "where", "effect (95% interval)", "margin"], rows[: 4 * LINES])
        passed = sum(check.outcome == "pass" for check in report.scorecard.checks)
        head = f"<details><summary>{passed} of {len(rows)} checks passed</summary>"
        parts += ["", head, "", *shown, "", "</details>"]
    steps = [_text(sentence) + (f" `{_code(then)}`" if then else "") for sentence, then in words.next_steps(report)[:3]]
    parts += ["", "#### Next", "", *(f"- {step}" for step in steps)]
    return "\n".join([*parts, "", ""])


def _check(check: Check) -> list[str]:
    word, worst = words.OUTCOMES[check.outcome], check.worst
    effect = ""
    if worst is not None:
        size, around = measured(worst)
        effect = f"{size} ({around})"
    return [
        f"{word.symbol} {word.word}",
        _text(title(check.family)),
        "yes" if check.required else "no",
        "" if worst is None else _text(place(worst.columns, worst.slice)),
        effect,
        "" if check.margin is None else number(check.margin),
    ]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def command(level: str, heading: str, message: str) -> str:
    r"""Write one workflow command.

    Examples
    --------
    >>> command("error", "a: b, c", "50%")
    '::error title=a%3A b%2C c::50%25'
    """
    heading = _escape(shorten(heading, 120)).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={heading}::{_escape(shorten(message, LENGTH))}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _text(text: object) -> str:
    r"""Escape whatever Markdown or HTML would read as more than text.

    Examples
    --------
    >>> _text("a|b <i> *c*")
    'a\\|b &lt;i&gt; \\*c\\*'
    """
    plain = shorten(text, LENGTH).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("://", "&#58;//")
    return re.sub(r"([\\`*_{}\[\]#+!|~@$])", r"\\\1", plain).replace("&\\#58;", "&#58;")


def _code(text: object) -> str:
    """Write text that stands between backticks in a cell of a table."""
    return visible(text).replace("`", "'").replace("|", "\\|")
