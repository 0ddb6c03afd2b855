"""What the benchmark of mending tells."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from mend_damage import INVERTIBLE, RIGHT

MATERIAL = 0.01
SIDES = ("real", "baseline", "mended")


def summarise(found: list[dict], setting: str) -> None:
    found = [line for line in found if line["setting"] == setting and "skipped" not in line]
    if not found:
        print("nothing is there")
        return
    if setting == "shared":
        shared(found)
    else:
        independent(found)
    rare([line for line in found if "mended_rare" in line])


def material(line: dict) -> bool:
    gap = line["attainable"] - line["baseline"]
    return gap > MATERIAL and gap > 2 * line["gap_error"]


def closed(line: dict) -> float:
    return (line["mended"] - line["baseline"]) / (line["attainable"] - line["baseline"])


def worse(line: dict, against: str = "baseline") -> bool:
    error = line["mended_error" if against == "baseline" else "over_real_error"]
    return line[against] - line["mended"] > max(2 * error, 0.0) and line[against] != line["mended"]


def independent(found: list[dict]) -> None:
    head = ("kind", "cases", "material", "closed", "lower q", "right 1st", "of mat.", "worse", "better")
    print(("{:16}" + "{:>10}" * 8).format(*head))
    groups: dict[str, list[dict]] = defaultdict(list)
    for line in found:
        groups[line["kind"]].append(line)
    for kind, lines in groups.items():
        row(kind, lines)
    row("invertible", [line for line in found if line["kind"] in INVERTIBLE])
    row("all", found)
    print("\nby table and rows")
    for name in dict.fromkeys((line["table"], line["n"]) for line in found):
        row(f"{name[0]} {name[1]}", [line for line in found if (line["table"], line["n"]) == name])
    print(
        "\nall cases against the baseline, mean difference: "
        + ", ".join(
            f"{name} {np.mean([line[name] - line['baseline'] for line in found if name in line]):+.4f}"
            for name in ("real", "synthetic", "pooled", "mixed", "staged", "density_ratio", "mended", "attainable")
        )
    )
    print(f"seconds a case, comparisons included: {np.median([line['seconds'] for line in found]):.0f}")


def row(name: str, lines: list[dict]) -> None:
    if not lines:
        return
    large = [line for line in lines if material(line)]
    shares = [closed(line) for line in large]
    first = [bool(line["steps"]) and line["steps"][0] in RIGHT[line["kind"]] for line in lines]
    of_large = [bool(line["steps"]) and line["steps"][0] in RIGHT[line["kind"]] for line in large]
    bad = np.mean([worse(line) for line in lines])
    good = np.mean([line["mended"] - line["baseline"] > 2 * line["mended_error"] for line in lines])
    middle = f"{np.median(shares):10.2f}{np.quantile(shares, 0.25):10.2f}" if shares else f"{'-':>10}{'-':>10}"
    right = f"{np.mean(of_large):10.0%}" if large else f"{'-':>10}"
    print(f"{name:16}{len(lines):10}{len(large):10}{middle}{np.mean(first):10.0%}{right}{bad:10.1%}{good:10.1%}")


def shared(found: list[dict]) -> None:
    print(f"{'generator':18}{'cases':>7}{'worse':>8}{'better':>8}{'mended - real':>15}{'baseline - real':>17}")
    for kind in [*dict.fromkeys(line["kind"] for line in found), "all"]:
        lines = [line for line in found if kind in ("all", line["kind"])]
        bad = np.mean([worse(line, "real") for line in lines])
        good = np.mean([line["mended"] - line["real"] > 2 * line["over_real_error"] for line in lines])
        gains = [np.mean([line[name] - line["real"] for line in lines]) for name in ("mended", "baseline")]
        print(f"{kind:18}{len(lines):7}{bad:8.1%}{good:8.1%}{gains[0]:+15.4f}{gains[1]:+17.4f}")
    print(
        "first remedies: "
        + ", ".join(
            f"{name} {count}"
            for name, count in Counter(line["steps"][0] if line["steps"] else "none" for line in found).most_common()
        )
    )


def rare(found: list[dict]) -> None:
    """Rare classes: mean average precision and recall at 1% false positives, of real rows alone, before and after mending."""
    if not found:
        return
    print(
        f"\n{'rare classes':20}{'cases':>7}" + "".join(f"{f'{what} {name}':>14}" for what in ("AP", "recall") for name in SIDES)
    )
    for name in dict.fromkeys((line["table"], line["n"]) for line in found):
        lines = [line for line in found if (line["table"], line["n"]) == name]
        cells = [np.mean([line[f"{side}_rare"][at] for line in lines]) for at in (0, 1) for side in SIDES]
        print(f"{f'{name[0]} {name[1]}':20}{len(lines):7}" + "".join(f"{cell:14.3f}" for cell in cells))
    for at, what in enumerate(("average precision", "recall at 1% false positives")):
        gained = np.array([line["mended_rare"][at] - line["baseline_rare"][at] for line in found])
        error = gained.std(ddof=1) / np.sqrt(len(gained)) if len(gained) > 1 else np.nan
        print(f"{what}: mended - baseline {gained.mean():+.4f} (standard error over cases {error:.4f})")
