"""The table of the benchmark: per kind of damage and over all, Assay and the peers beside it.

A peer gives a score, no verdict. It is taken to refuse a table whose score is worse than what it gives to real rows in the
place of synthetic ones, of the same table, size and cut: worse than the k-th worst of m such scores, where k is the largest
whole number up to (m + 1) / 20 (m should be 20 or 40, so that every score can be held against the others without loss). So it
would refuse one sound table in twenty, as often as Assay may; its false alarms are counted with every sound score against the
others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import cases

from assay.core.files import write_atomically
from assay.stats.intervals import clopper_pearson

FALSE_ALARMS = 0.05
SCORES = {
    "SDMetrics": ("sdmetrics", "quality"),
    "mostlyai-qa": ("mostlyai", "overall"),
    "Evidently": ("evidently", "preset"),
    "Evidently, KS": ("evidently", "ks"),
    "Evidently, KS and chi2": ("evidently", "tests"),
}
Line = dict[str, Any]
Refusals = dict[str, dict[cases.Case, bool]]


def show(results: Path) -> None:
    """Print the table and write it as JSON; the peers' results and the JSON lie beside Assay's."""
    peers, written = (results.with_name(results.stem + ending) for ending in ("_peers.jsonl", "_summary.json"))
    table = summarise(latest(cases.read(results), "assay"), latest(cases.read(peers), "by"))
    for size, part in table["sizes"].items():
        _print(size, part)
    if table["sizes"]:
        write_atomically(written, (json.dumps(table, indent=1) + "\n").encode())


def latest(lines: Iterable[Line], by: str) -> list[Line]:
    """Keep the last line of every case, and only the doses that the catalogue still has."""
    kept = {(line.get(by), cases.Case.of(line)): line for line in lines}
    known = {cases.SOUND, *cases.registry.names("damage")}
    return [line | {"severity": case.level} for (_, case), line in kept.items() if case.kind in known]


def summarise(lines: list[Line], peers: list[Line]) -> dict[str, Any]:
    """Count everything, by size."""
    sizes = {}
    for size in sorted({line["size"] for line in lines}):
        own = [line for line in lines if line["size"] == size]
        others = [line for line in peers if line["size"] == size]
        beside = {name: refusals(name, others) for name in SCORES}
        better = {name: praise(name, others) for name in SCORES}
        kinds = sorted({line["kind"] for line in own} - {cases.SOUND})
        sizes[str(size)] = {
            "kinds": [kind_of(kind, [line for line in own if line["kind"] == kind], beside, better) for kind in kinds],
            "overall": kind_of(None, own, beside, better),
            "sound": {"Assay": sound(own), **{name: false_alarms(name, others) for name in SCORES}},
        }
    return {"versions": versions(lines, peers), "sizes": sizes}


def versions(lines: list[Line], peers: list[Line]) -> dict[str, list[str]]:
    """Name every judge's versions."""
    told = {("assay", line["version"]) for line in lines} | {(line["by"], line["version"]) for line in peers if line["version"]}
    return {name: sorted(version for by, version in told if by == name) for name in sorted({by for by, _ in told})}


def kind_of(kind: str | None, lines: list[Line], beside: Refusals, better: Refusals) -> dict[str, Any]:
    """Count one kind, or all: shares are of all checks at the severity, caught or not."""
    ran = [line for line in lines if "verdict" in line and line["kind"] != cases.SOUND]
    at = {level: [line for line in ran if line["severity"] == level] for level in ("material", "harmless")}
    damage = None if kind is None else cases.catalogue(kind)
    row: dict[str, Any] = {} if damage is None else {"kind": kind, "harm": damage.harm, "mechanism": damage.mechanism}
    row |= {
        "tables": sorted({line["table"] for line in ran}),
        "caught": count(at["material"], lambda line: line["verdict"] == "not_trusted"),
        "first": count(at["material"], lambda line: line["rank"] == 1),
        "among_three": count(at["material"], lambda line: line["rank"] is not None and line["rank"] <= 3),
        "columns": count(at["material"], lambda line: line["columns"]),
        "harmless_failed": count(at["harmless"], lambda line: line["verdict"] == "not_trusted"),
        "not_applicable": sum("not_applicable" in line for line in lines),
        "seconds": round(median(line["seconds"] for line in ran), 2) if ran else None,
        "peers": {},
    }
    if kind is not None:
        row["doses"] = doses(ran)
    for name, refused in beside.items():
        mine = {case: no for case, no in refused.items() if kind in (None, case.kind)}
        row["peers"][name] = {
            "caught": count([no for case, no in mine.items() if case.level == "material"], bool),
            "harmless_failed": count([no for case, no in mine.items() if case.level == "harmless"], bool),
            "praised": count([yes for case, yes in better[name].items() if case in mine and case.level == "material"], bool),
        }
    return row


def doses(ran: list[Line]) -> list[dict[str, Any]]:
    """Count what was caught dose by dose."""
    found = sorted({line["dose"] for line in ran})
    return [
        {"dose": dose} | count([line for line in ran if line["dose"] == dose], lambda line: line["verdict"] == "not_trusted")
        for dose in found
    ]


def sound(lines: list[Line]) -> dict[str, Any]:
    """Count Assay's false alarms on real rows, and how often it could not tell."""
    ran = [line for line in lines if line["kind"] == cases.SOUND and "verdict" in line]
    told = count(ran, lambda line: line["verdict"] == "not_trusted")
    spent = round(median(line["seconds"] for line in ran), 2) if ran else None
    return told | {"cannot_tell": sum(line["verdict"] == "cannot_tell" for line in ran), "seconds": spent}


def count(lines: list[Any], holds: Callable[[Any], object]) -> dict[str, Any]:
    """Count what holds, with the exact interval of 95%."""
    of = len(lines)
    if not of:
        return {"count": 0, "of": 0, "share": None, "low": None, "high": None}
    number = sum(bool(holds(line)) for line in lines)
    low, high = clopper_pearson(number, of)
    return {"count": number, "of": of, "share": round(number / of, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def scored(name: str, lines: list[Line]) -> dict[cases.Case, float]:
    """Give a peer's scores by case, higher is better."""
    by, score = SCORES[name]
    return {cases.Case.of(line): line["scores"][score] for line in lines if line["by"] == by and score in line.get("scores", ())}


def ranges(name: str, lines: list[Line]) -> dict[tuple[str, int], list[float]]:
    """Give a peer's scores of sound rows by table and size."""
    found: dict[tuple[str, int], list[float]] = {}
    for case, value in scored(name, lines).items():
        if case.kind == cases.SOUND:
            found.setdefault((case.table, case.size), []).append(value)
    return found


def worst_allowed(own: list[float]) -> float | None:
    """Give the score below which a table is refused; None where there are too few sound ones."""
    k = math.floor(FALSE_ALARMS * (len(own) + 1) + 1e-9)
    return sorted(own)[k - 1] if k else None


def refusals(name: str, lines: list[Line]) -> dict[cases.Case, bool]:
    """Say of every damaged table whether the peer would refuse it."""
    limits = {key: worst_allowed(own) for key, own in ranges(name, lines).items()}
    told = scored(name, lines)
    found = {case: limits.get((case.table, case.size)) for case in told if case.kind != cases.SOUND}
    return {case: told[case] < limit for case, limit in found.items() if limit is not None}


def praise(name: str, lines: list[Line]) -> dict[cases.Case, bool]:
    """Say of every damaged table whether the peer scores it better than the same cut without the damage."""
    told = scored(name, lines)
    before = {case: told.get(replace(case, kind=cases.SOUND, dose=None)) for case in told if case.kind != cases.SOUND}
    return {case: told[case] > value for case, value in before.items() if value is not None}


def false_alarms(name: str, lines: list[Line]) -> dict[str, Any]:
    """Count a peer's false alarms, every sound table against the range of the others."""
    told: list[bool] = []
    for own in ranges(name, lines).values():
        for at, value in enumerate(own):
            limit = worst_allowed(own[:at] + own[at + 1 :])
            if limit is not None:
                told.append(value < limit)
    return count(told, bool)


def _print(size: str, part: dict[str, Any]) -> None:
    names = ["caught", "first", "among_three", "columns", "harmless_failed"]
    heads = ["caught", "first", "in three", "columns", "harmless", *SCORES]
    print(f"\n{size} rows\n{'kind':28s}" + "".join(f"{head:>20s}" for head in heads) + f"{'n/a':>6s}{'s':>7s}")
    for row in (*part["kinds"], part["overall"]):
        told = [cell(row[name]) for name in names]
        told += [f"{cell(row['peers'][name]['caught'])} {cell(row['peers'][name]['harmless_failed'])}" for name in SCORES]
        seconds = f"{row['seconds']:7.1f}" if row["seconds"] is not None else f"{'':>7s}"
        print(f"{row.get('kind', 'all'):28s}" + "".join(f"{one:>20s}" for one in told) + f"{row['not_applicable']:6d}{seconds}")
    caught = part["overall"]["caught"]
    print(f"caught at material: {exact(caught)}; harmless failed: {exact(part['overall']['harmless_failed'])}")
    for name, told in part["sound"].items():
        beside = part["overall"]["peers"].get(name)
        refused = "" if beside is None else f"; caught at material {exact(beside['caught'])}"
        undecided = f", cannot tell {told['cannot_tell']}" if "cannot_tell" in told else ""
        print(f"{name}: false alarms on sound rows {exact(told)}{undecided}{refused}")


def cell(told: dict[str, Any]) -> str:
    return f"{told['count']}/{told['of']}" if told["of"] else "-"


def exact(told: dict[str, Any]) -> str:
    if not told["of"]:
        return "none run"
    return f"{told['count']} of {told['of']}, {told['share']:.1%} ({told['low']:.1%} to {told['high']:.1%})"
