"""Size: count checks of a million rows beside SDMetrics' report, tables larger than the memory given, and wide tables.

    python bench/size.py sdmetrics --other ENVIRONMENT/bin/python      (an environment with sdmetrics and pyarrow)
    python bench/size.py memory [--rows 20000000] [--limit-mib 3072]
    python bench/size.py wide

Whole processes run one after the other, alternating, each under its own resource usage (wall, CPU, peak of resident memory).
What is done already stands in ``bench/results/size.json`` and is not repeated; ``--again`` starts afresh.
The tables are made on the fly from Adult (bootstrap with noise and a date) in a temporary folder and deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tables import table

RESULTS = Path(__file__).parent / "results" / "size.json"
GROUP = 250_000
SDMETRICS = """
import json, sys, time
import pandas as pd, sdmetrics
from sdmetrics.reports.single_table import QualityReport
real, synthetic = (pd.read_parquet(path) for path in sys.argv[1:3])
metadata = json.loads(open(sys.argv[3]).read())
for name, column in metadata["columns"].items():
    if column["sdtype"] == "datetime":
        real[name], synthetic[name] = (pd.to_datetime(table[name]) for table in (real, synthetic))
report = QualityReport()
report.generate(real, synthetic, metadata, verbose=False)
print(json.dumps({"score": report.get_score(), "version": sdmetrics.__version__,
                  "pairs": len(report.get_details("Column Pair Trends")),
                  "pairs_scored": int(report.get_details("Column Pair Trends")["Score"].notna().sum())}))
"""


def population(rows: int, seed: int, *, damage: float = 0.0) -> pa.Table:
    """Make rows of a mixed population of 16 columns: Adult drawn with replacement, numbers jittered, and a date.

    Parameters
    ----------
    rows : int
        How many.
    seed : int
        Equal seeds give equal rows.
    damage : float
        Share of the rows whose values of three columns are drawn anew, apart from the rest of the row.
    """
    rng = np.random.default_rng(seed)
    adult = table("adult")
    drawn = rng.integers(0, len(adult), rows)
    columns: dict[str, Any] = {}
    for name in adult.column_names:
        at = drawn
        if damage and name in ("age", "education", "hours-per-week"):
            at = np.where(rng.random(rows) < damage, rng.integers(0, len(adult), rows), drawn)
        column = adult.column(name).combine_chunks().take(pa.array(at))
        if name in ("fnlwgt", "capital-gain", "capital-loss"):
            numbers = column.to_numpy(zero_copy_only=False).astype(np.float64)
            column = pa.array(np.round(numbers * np.exp(rng.normal(0, 0.05, rows)), 2))
        columns[name] = column
    age = columns["age"].to_numpy(zero_copy_only=False).astype(np.float64)
    days = (19_000 - 300 * np.log1p(age) + rng.exponential(200, rows)).astype(np.int32)
    columns["since"] = pa.array(days, pa.int32()).cast(pa.date32())
    return pa.table(columns)


def write(path: Path, rows: int, seed: int, *, damage: float = 0.0, files: int = 1) -> Path:
    """Write a population as one Parquet file, or a folder of several, never holding more than a group of rows."""
    if files > 1:
        path.mkdir(parents=True, exist_ok=True)
        bounds = np.linspace(0, rows, files + 1).astype(int)
        for at, count in enumerate(np.diff(bounds)):
            write(path / f"part-{at:03d}.parquet", int(count), seed + 1_000 * at, damage=damage)
        return path
    writer = None
    for at, first in enumerate(range(0, rows, GROUP)):
        part = population(min(GROUP, rows - first), seed * 100_003 + at, damage=damage)
        writer = writer or pq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    assert writer is not None
    writer.close()
    return path


IN_MEMORY = """
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
from assay.checking.context import CheckContext
from assay.checking.plan import plan
from assay.checking.run import run
from assay.data.dataset import Dataset
from assay.data.infer import infer_schema
from assay.judging.policy import load_policy
real, synthetic = (pq.read_table(path) for path in sys.argv[1:3])
policy = load_policy(sys.argv[3])
schema = infer_schema(real)
tables = [Dataset(table, schema) for table in (real, synthetic)]
with CheckContext(*tables, None, seed=0, jobs=2, alpha=policy.alpha) as context:
    runs = run(plan(schema, holdout=False, only={rule.measure for rule in policy.rules.values()}), context)
numbers = []
for part in runs:
    for family in part.evidence.families if part.evidence else ():
        for item in (*family.items, *([family.mean] if family.mean else [])):
            numbers.append(item.estimate.to_dict())
    numbers += [estimate.to_dict() for estimate in (part.evidence.reported if part.evidence else ())]
print(json.dumps({"bytes": sum(table.nbytes for table in (real, synthetic)), "numbers": numbers}))
"""


def counts_policy(path: Path) -> Path:
    """Write the policy of all measures that read counts only, with the margins of ``train``."""
    from assay.core import registry
    from assay.judging.policy import policy_text

    lines = ['name = "counts"', 'purpose = "What counts can tell."', "needs = []"]
    for family, rule in tomllib.loads(policy_text("train"))["checks"].items():
        if registry.get("measure", rule.get("measure", family)).reads == "profile":
            lines.append(f"[checks.{family}]")
            lines += [f"{key} = {json.dumps(part)}" for key, part in rule.items() if not isinstance(part, dict)]
    path.write_text("\n".join(lines) + "\n")
    return path


def timed(command: list[str], *, limit_mib: int | None = None) -> dict[str, Any]:
    """Run a whole process and tell its wall and CPU seconds, its peak of resident memory, exit code and output."""

    def limited() -> None:
        if limit_mib is not None:
            resource.setrlimit(resource.RLIMIT_AS, (limit_mib * 2**20, limit_mib * 2**20))

    # Allocators reserve address space by the gigabyte that they never touch; under a limit of it they must not.
    spare = {} if limit_mib is None else {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    environment = {**os.environ, **spare}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, preexec_fn=limited, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        out.seek(0), err.seek(0)
        text, errors = out.read().decode(), err.read().decode()
    return {
        "wall_seconds": round(seconds, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": round(usage.ru_maxrss / 1024),
        "exit": os.waitstatus_to_exitcode(status),
        "load": round(os.getloadavg()[0], 1),
        "out": text,
        "err": errors[-2_000:],
    }


def assay(real: Path, synthetic: Path, policy: Path, out: Path, **limits: Any) -> dict[str, Any]:
    """Run ``assay check`` on two tables with the measures of counts only."""
    command = [sys.executable, "-m", "assay.cli", "check", str(real), str(synthetic), "--policy", str(policy), "--json", str(out)]
    return timed(command, **limits)


def sdtype(kind: pa.DataType) -> str:
    """Give SDMetrics' word for a type."""
    if pa.types.is_string(kind):
        return "categorical"
    return "datetime" if pa.types.is_date(kind) else "numerical"


def beside_sdmetrics(folder: Path, results: dict[str, Any], other: str, rounds: int, rows: int) -> None:
    """Count checks of Assay and QualityReport of SDMetrics, alternating."""
    real = write(folder / "real.parquet", rows, 1)
    synthetic = write(folder / "synthetic.parquet", rows, 2, damage=0.2)
    kinds = {
        field.name: "categorical"
        if pa.types.is_string(field.type)
        else "datetime"
        if pa.types.is_date(field.type)
        else "numerical"
        for field in pq.read_schema(real)
    }
    metadata = folder / "metadata.json"
    metadata.write_text(json.dumps({"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}}))
    (folder / "other.py").write_text(SDMETRICS)
    policy = counts_policy(folder / "counts.toml")
    runs = results.setdefault("beside_sdmetrics", {"rows": rows, "columns": len(kinds), "runs": []})
    while len(runs["runs"]) < rounds:
        ours = assay(real, synthetic, policy, folder / "report.json")
        theirs = timed([other, str(folder / "other.py"), str(real), str(synthetic), str(metadata)])
        if ours["exit"] not in (0, 1, 3) or theirs["exit"]:
            raise SystemExit(f"A run failed: {ours['err']} {theirs['err']}")
        theirs["report"] = json.loads(theirs["out"].splitlines()[-1])
        report = json.loads((folder / "report.json").read_text())
        ours["timings"] = report["run"]["timings"]
        runs["runs"].append({"assay": _plain(ours), "sdmetrics": _plain(theirs)})
        save(results)
    pairs = [(run["assay"], run["sdmetrics"]) for run in runs["runs"]]
    for key in ("wall_seconds", "cpu_seconds", "peak_mib"):
        runs[f"ratio_{key}"] = round(float(np.median([ours[key] / theirs[key] for ours, theirs in pairs])), 3)
    save(results)


def larger_than_memory(folder: Path, results: dict[str, Any], rows: int, limit_mib: int) -> None:
    """Check a folder of Parquet under a limit of address space far below the table's size, and the same in memory."""
    real = write(folder / "real", rows, 1, files=8)
    synthetic = write(folder / "synthetic", rows, 2, damage=0.2, files=5)
    policy = counts_policy(folder / "counts.toml")
    limited = assay(real, synthetic, policy, folder / "report.json", limit_mib=limit_mib)
    entry: dict[str, Any] = {"rows": rows, "limit_mib": limit_mib, "limited": _plain(limited)}
    results["larger_than_memory"] = entry
    save(results)
    if limited["exit"] not in (0, 1, 3):
        raise SystemExit(limited["err"])
    (folder / "memory.py").write_text(IN_MEMORY)
    whole = timed([sys.executable, str(folder / "memory.py"), str(real), str(synthetic), str(policy)])
    entry["in_memory"] = _plain(whole)
    if whole["exit"]:
        raise SystemExit(whole["err"])
    told = json.loads(whole["out"].splitlines()[-1])
    entry["table_mib"] = round(told["bytes"] / 2**20)
    known = {json.dumps(part, sort_keys=True) for part in told["numbers"]}
    reported = json.loads((folder / "report.json").read_text())["estimates"]
    same = [json.dumps(part, sort_keys=True) in known for part in reported]
    entry["estimates"], entry["equal"] = len(same), sum(same)
    save(results)


def wide(folder: Path, results: dict[str, Any], rows: int, columns: int) -> None:
    """Check a table of many columns."""
    policy = counts_policy(folder / "counts.toml")
    paths = []
    for seed, role in enumerate(("real", "synthetic")):
        rng = np.random.default_rng(seed)
        common = rng.normal(size=rows)
        made = {f"c{k}": common * (k % 5) / 4 + rng.normal(size=rows) for k in range(columns * 4 // 5)}
        levels = np.array(["a", "b", "c", "d"])
        made |= {f"l{k}": levels[rng.choice(4, rows, p=[0.6, 0.25, 0.1, 0.05])] for k in range(columns - len(made))}
        paths.append(folder / f"{role}.parquet")
        pq.write_table(pa.table(made), paths[-1])
    results["wide"] = {"rows": rows, "columns": columns, **_plain(assay(*paths, policy, folder / "report.json"))}
    report = json.loads((folder / "report.json").read_text())
    results["wide"] |= {"timings": report["run"]["timings"], "verdict": report["verdict"]}
    save(results)


def _plain(run: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in run.items() if key not in ("out", "err")}


def save(results: dict[str, Any]) -> None:
    """Write what is done so far."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["sdmetrics", "memory", "wide"])
    parser.add_argument("--other", default="", help="Python of an environment with sdmetrics.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--limit-mib", type=int, default=3_072)
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args()
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    key = {"sdmetrics": "beside_sdmetrics", "memory": "larger_than_memory", "wide": "wide"}[given.part]
    if given.again:
        results.pop(key, None)
    results["machine"] = {"cores": os.cpu_count(), "python": platform.python_version()}
    folder = Path(tempfile.mkdtemp(prefix="assay-size-"))
    try:
        if given.part == "sdmetrics":
            beside_sdmetrics(folder, results, given.other, given.rounds, given.rows or 1_000_000)
        elif given.part == "memory":
            larger_than_memory(folder, results, given.rows or 20_000_000, given.limit_mib)
        else:
            wide(folder, results, given.rows or 20_000, given.columns)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(results.get(key), indent=1))


if __name__ == "__main__":
    main()
