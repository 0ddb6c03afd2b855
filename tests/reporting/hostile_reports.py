"""Reports that attack their reader, or are larger than anybody reads."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_reports import bad, estimate, good, headline, unsure

from assay.core.finding import Finding
from assay.core.picture import Picture
from assay.core.scorecard import Check, NotChecked, Scorecard
from assay.reporting.report import Report

HOSTILE = (
    "<script>window.hacked=1;alert(1)</script>",
    '"><img src=x onerror="window.hacked=1">',
    "long " + "x" * 5000,
    "safe\u202egnp.exe",
    "two\nlines\x1b[31m",
    "[red]bold[/red]",
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "</style></svg></title>",
    "zero\u200bwidth & <b>",
)


def hostile() -> Report:
    """Names, levels and sentences that attack the reader's browser or terminal."""
    report = bad()
    names = HOSTILE
    findings = tuple(
        Finding(
            "DIST01",
            "covariate_shift",
            "major",
            (name,),
            f"The distribution of {name} moved.",
            (at,),
            f"Refit {name}.",
            0.99,
            slice=f"{name} = {name}",
        )
        for at, name in enumerate(names)
    )
    estimates = tuple(estimate("ks_distance", 0.2, 0.02, name, slice=name) for name in names)
    checks = tuple(
        Check(f"ks_distance{name}", name, True, "fail", None, item, 0.05, 0.05, name, name, 0.02)
        for name, item in zip(names, estimates, strict=True)
    )
    pictures = (
        *(Picture("levels", name, (name,), names, (0.1,) * len(names), (None, *(0.05,) * (len(names) - 1))) for name in names),
        *(Picture("histogram", name, (name,), (name, name, name), (0.5, 0.5), (0.2, None)) for name in names),
        *(Picture("heatmap", name, (name, name), ((name,), (name, name)), ((0.5, None),), ((0.2, 0.3),)) for name in names),
    )
    return Report(
        Scorecard(
            estimates,
            (*report.scorecard.checks, *checks),
            tuple(NotChecked(name, "error", name) for name in names),
            headline(),
            names,
        ),
        replace(report.judgement, reasons=names, findings=findings),
        {"name": names[0], "sha256": "0" * 64, "purpose": names[1]},
        report.inputs,
        {**report.run, "command": f"assay check {names[0]} {names[3]} {names[5]}", "versions": {names[0]: names[1]}},
        pictures,
    )


def wide(columns: int = 500) -> Report:
    """Five hundred columns, each with findings and pictures, with long names and fine bins."""
    report = bad()
    names = tuple(f"measurement_{at:03d}_" + "wide" * 10 for at in range(columns))
    bins = 100
    estimates = tuple(estimate("ks_distance", 0.4 - at / 2000, 0.02, name) for at, name in enumerate(names) for _ in range(3))
    findings = tuple(
        Finding(
            "DIST01",
            "covariate_shift",
            "major",
            (name,),
            f"The distribution of {name} moved by {40 - at / 20:.1f}%.",
            (3 * at,),
            "Refit this column.",
            0.99,
        )
        for at, name in enumerate(names)
    )
    side = tuple(f"level {at}" for at in range(40))
    pictures = tuple(
        Picture(
            "histogram",
            name,
            (name,),
            tuple(str(edge) for edge in range(bins + 1)),
            (1 / bins,) * bins,
            (1 / bins,) * (bins - 1) + (None,),
        )
        if at % 3
        else Picture("heatmap", name, (name, names[0]), (side, side), ((0.000625,) * 40,) * 40, ((0.0007, None) * 20,) * 40)
        for at, name in enumerate(names)
    )
    return Report(
        replace(
            report.scorecard,
            estimates=estimates,
            warnings=tuple(f"{name} is constant." for name in names),
            not_checked=tuple(NotChecked("ks_distance", "not_applicable", f"{name} is constant.") for name in names),
        ),
        replace(report.judgement, findings=findings, reasons=tuple(finding.message for finding in findings)),
        report.policy,
        {role: {**entry, "columns": columns} for role, entry in report.inputs.items()},
        report.run,
        pictures,
    )


ALL = {"bad": bad, "good": good, "unsure": unsure, "hostile": hostile, "wide": wide}
every_report = pytest.mark.parametrize("report", [make() for make in ALL.values()], ids=list(ALL))
