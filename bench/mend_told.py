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
    versions = Counter(line.get("code", "unknown") for line in found)
    if len(versions) > 1:
        print(
            f"cases of {len(versions)} versions of the code: {', '.join(f'{name} {count}' for name, count in versions.items())}"
        )
    if setting == "shared":
        shared(found)
    else:
        independent(found)
    losses(found, "baseline" if setting == "independent" else "real")
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
    head = ("kind", "cases", "material", "closed", "lower q", "of sums", "right 1st", "of mat.", "worse", "better")
    print(("{:16}" + "{:>10}" * 9).format(*head))
    groups: dict[str, list[dict]] = defaultdict(list)
    for line in found:
        groups[line["kind"]].append(line)
    for kind, lines in groups.items():
        row(kind, lines)
    row("invertible", [line for line in found if line["kind"] in INVERTIBLE])
    row("not invertible", [line for line in found if line["kind"] not in INVERTIBLE])
    row("all", found)
    print("\nby table and rows")
    for name in dict.fromkeys((line["table"], line["n"]) for line in found):
        row(f"{name[0]} {name[1]}", [line for line in found if (line["table"], line["n"]) == name])
    names = ("real", "synthetic", "pooled", "mixed", "staged", "unmended", "mended", "attainable")
    print("\nall cases against the baseline, mean difference: " + means(found, names))
    weighed = [line for line in found if "density_ratio" in line]
    print(f"{len(weighed)} cases in which a density ratio has a sign: " + means(weighed, ("density_ratio", "mended")))
    idle = [line for line in found if "mended rows" not in line["forms"][1]]
    gained = sum(line["mended"] - line["baseline"] for line in idle)
    whole = sum(line["mended"] - line["baseline"] for line in found)
    print(f"{len(idle)} cases are used without mended rows: {gained / whole if whole else 0.0:.1%} of all that was gained")
    print(f"seconds a case, comparisons included: {np.median([line['seconds'] for line in found]):.0f}")


def means(found: list[dict], names: tuple[str, ...]) -> str:
    """Give mean differences to the baseline."""
    told = {name: [line[name] - line["baseline"] for line in found if name in line] for name in names}
    return ", ".join(f"{name} {np.mean(values):+.4f}" for name, values in told.items() if values)


def losses(found: list[dict], against: str) -> None:
    """Say what is lost where anything changes, and how large a loss would be seen."""
    changed = np.array([line["mended"] - line[against] for line in found if line["mended"] != line[against]])
    if not len(changed):
        return
    bad = sum(worse(line, against) for line in found)
    print(
        f"{len(changed)} cases changed: {bad / len(changed):.1%} of them worse beyond noise, {np.mean(changed < -0.005):.1%} "
        f"lose more than .005, {np.mean(changed < -0.01):.1%} more than .01; the largest loss is {max(-changed.min(), 0.0):.4f}"
    )
    error = "mended_error" if against == "baseline" else "over_real_error"
    seen: dict[str, list[float]] = defaultdict(list)
    for line in found:
        if line["mended"] != line[against]:
            seen[line["table"]].append(2 * line[error])
    told = ", ".join(f"{name} {np.median(errors):.4f}" for name, errors in seen.items())
    print(f"loss that would be seen, median: {told}")


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
    gaps = sum(line["attainable"] - line["baseline"] for line in large)
    middle += f"{sum(line['mended'] - line['baseline'] for line in large) / gaps:10.2f}" if large else f"{'-':>10}"
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
        gained = [line["mended_rare"][at] - line["baseline_rare"][at] for line in found]
        print(f"{what}: mended - baseline {np.mean(gained):+.4f} (standard error {clustered(gained, found):.4f})")


def clustered(values: list[float] | np.ndarray, found: list[dict]) -> float:
    """Give the standard error of a mean over cases, those of the same real and sealed rows counted as one."""
    away = np.asarray(values) - np.mean(values)
    sums: dict[tuple, float] = defaultdict(float)
    for value, line in zip(away, found, strict=True):
        sums[(line["table"], line["n"], line["seed"])] += float(value)
    clusters = len(sums)
    if clusters < 2:
        return float("nan")
    return float(np.sqrt(sum(value**2 for value in sums.values()) * clusters / (clusters - 1)) / len(values))
