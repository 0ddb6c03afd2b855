"""What attacks find in tables that leak and in tables that do not, ours and anonymeter's side by side.

    python bench/attacks.py --anonymeter PYTHON     with anonymeter in an environment of its own, by its interpreter
    python bench/attacks.py --summary

5,000 training rows, 5,000 sealed rows and, in turn, as the synthetic table: the training rows themselves; with noise of 2% of
the spread on every number; with 1.5 standard deviations added to every number; 5,000 other real rows; and 5,000 rows of each
generator fitted on the training rows. Every table and source is a line in ``bench/results/attacks.jsonl``; lines that are there
already are not run again. anonymeter attacks 500 times by singling out (multivariate and univariate), linkability (half the
columns on each side) and inference (the secrets below), against the sealed rows as control.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import assay
import tables
from assay.checking.context import CheckContext
from assay.checking.run import Run
from assay.core import registry
from assay.core.estimate import Estimate
from assay.data.impose import impose
from assay.judging.decide import judge
from assay.judging.policy import load_policy

RESULTS = Path(__file__).parent / "results" / "attacks.jsonl"
SECRETS = {"adult": ["occupation", "marital-status", "income"], "default": ["MARRIAGE", "EDUCATION", "PAY_0"]}
MEASURES = ("exact_copies", "near_copies", "membership", "attribute_inference", "singling_out")
SOURCES = ("copies", "near copies", "constant offset", "independent sample")
ROWS = 5_000
ANONYMETER = """
import json, sys, time, warnings
from importlib.metadata import version
import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator
warnings.simplefilter("ignore")
folder, secrets, attacks = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
real, synthetic, holdout = (pd.read_parquet(f"{folder}/{name}.parquet") for name in ("real", "synthetic", "holdout"))
tables, found, begun = dict(ori=real, syn=synthetic, control=holdout), {}, time.process_time()
names = list(real.columns)
tasks = {
    "singling out, multivariate": (SinglingOutEvaluator(**tables, n_attacks=attacks, n_cols=4, seed=0), {"mode": "multivariate"}),
    "singling out, univariate": (SinglingOutEvaluator(**tables, n_attacks=attacks, seed=0), {"mode": "univariate"}),
    "linkability": (LinkabilityEvaluator(**tables, n_attacks=attacks, aux_cols=(names[::2], names[1::2])), {"n_jobs": 1}),
}
for secret in secrets:
    others = [name for name in names if name != secret]
    guesser = InferenceEvaluator(**tables, aux_cols=others, secret=secret, n_attacks=attacks)
    tasks[f"inference of {secret}"] = (guesser, {"n_jobs": 1})
for name, (evaluator, options) in tasks.items():
    try:
        evaluator.evaluate(**options)
        risk, results = evaluator.risk(), evaluator.results()
        found[name] = {"risk": risk.value, "low": risk.ci[0], "high": risk.ci[1], "attack": results.attack_rate.value,
                       "control": results.control_rate.value}
    except Exception as error:
        found[name] = {"failed": f"{type(error).__name__}: {error}"[:200]}
print(json.dumps({"version": version("anonymeter"), "cpu_seconds": round(time.process_time() - begun, 1), "risks": found}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attacks", type=int, default=500, help="attacks of each kind by anonymeter")
    parser.add_argument("--anonymeter", default="", help="Python of an environment with anonymeter")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if not options.summary:
        run(options)
    summarise(read(options.results))


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def run(options: argparse.Namespace) -> None:
    there = {(row["table"], row["source"], row["seed"], row["by"]) for row in read(options.results)}
    options.results.parent.mkdir(exist_ok=True)
    names = options.tables.split(",")
    parts = {name: tables.parts(tables.table(name), name, (ROWS, ROWS, ROWS), options.seed) for name in names}
    for by in ("assay", *(["anonymeter"] if options.anonymeter else [])):
        for name, source in itertools.product(names, (*SOURCES, *registry.names("generator"))):
            if (name, source, options.seed, by) in there:
                continue
            real, second, holdout = parts[name]
            synthetic = make(source, name, real, second, options.seed)
            begun = time.process_time()
            if by == "assay":
                found = ours(name, real, synthetic, holdout, options.seed)
                found["cpu_seconds"] = round(time.process_time() - begun, 1)
            else:
                found = theirs(options.anonymeter, name, (real, synthetic, holdout), options.attacks)
            row = {"table": name, "source": source, "seed": options.seed, "by": by, "rows": ROWS, **found}
            with options.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            print(name, source, by, found["cpu_seconds"], flush=True)


def make(source: str, name: str, real: pa.Table, second: pa.Table, seed: int) -> pa.Table:
    """Make the table that is attacked."""
    rng = np.random.default_rng([9, seed])
    target = tables.TABLES[name].target
    if source == "copies":
        return real
    if source == "near copies":
        return shifted(real, target, lambda values, spread: values + 0.02 * spread * rng.normal(size=len(values)))
    if source == "constant offset":
        return shifted(real, target, lambda values, spread: values + 1.5 * spread)
    if source == "independent sample":
        return second
    return assay.generate(assay.load(real, target=target), with_=source, n=ROWS, seed=seed).table


def shifted(table: pa.Table, target: str, change) -> pa.Table:
    """Change every number but the target; whole numbers stay whole."""
    for at, field in enumerate(table.schema):
        if field.name == target or not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            continue
        values = table.column(field.name).to_numpy().astype(np.float64)
        values = change(values, np.nanstd(values))
        values = np.rint(values).astype(np.int64) if pa.types.is_integer(field.type) else values
        table = table.set_column(at, field.name, pa.array(values, from_pandas=True).cast(field.type))
    return table


def ours(name: str, real: pa.Table, synthetic: pa.Table, holdout: pa.Table, seed: int) -> dict:
    """Attack with the measures, and let the policy 'share' judge each."""
    known = assay.load(real, target=tables.TABLES[name].target)
    known.schema = known.schema.with_changes(sensitive=tuple(SECRETS[name]))
    others = [impose(table, known.schema, name=role) for role, table in (("synthetic", synthetic), ("holdout", holdout))]
    policy, found = load_policy("share"), {}
    with CheckContext(known, *others, seed=seed, jobs=2, alpha=0.003) as context:
        for measure in MEASURES:
            kind = registry.get("measure", measure)()
            evidence = kind.measure(context)
            (judged,) = (
                one for one in judge([Run(measure, kind, None, evidence)], policy, rows=ROWS).families if one.family.items
            )
            items = sorted(judged.family.items, key=lambda item: (-item.harm_low, -item.estimate.effect))
            found[measure] = {"outcome": judged.check.outcome, "strongest": short(items[0].estimate)}
            if measure == "membership":
                found[measure]["at 0.1%"] = [short(estimate) for estimate in evidence.reported]
            if measure == "attribute_inference":
                found[measure]["all"] = [short(item.estimate) for item in items]
    return found


def short(e: Estimate) -> dict:
    """Keep what a table needs."""
    numbers = {key: round(getattr(e, key), 4) for key in ("value", "floor_median", "effect", "low", "high")}
    return {**numbers, "columns": list(e.columns), "method": e.method}


def theirs(python: str, name: str, parts: tuple[pa.Table, ...], attacks: int) -> dict:
    """Attack with anonymeter."""
    with tempfile.TemporaryDirectory() as folder:
        for role, table in zip(("real", "synthetic", "holdout"), parts, strict=True):
            pq.write_table(table.cast(parts[0].schema), Path(folder) / f"{role}.parquet")
        command = [python, "-c", ANONYMETER, folder, json.dumps(SECRETS[name]), str(attacks)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"anonymeter ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    return json.loads(ran.stdout.splitlines()[-1])


def summarise(done: list[dict]) -> None:
    for name in dict.fromkeys(row["table"] for row in done):
        print(
            f"\n{name}: share of training rows found by the strongest membership attack; risk over control for attributes; copies"
        )
        for row in (row for row in done if row["table"] == name and row["by"] == "assay"):
            member = row["membership"]
            strict = percent(member["at 0.1%"][0]) if member["at 0.1%"] else "not resolved"
            guessed = row["attribute_inference"]
            column = guessed["strongest"]["columns"][0]
            print(
                f"  {row['source']:20s} TPR at 1% {judged(member)}; at 0.1% {strict}; {column} {judged(guessed)}; "
                f"singled out {judged(row['singling_out'])}; copies {judged(row['exact_copies'])}; "
                f"near {judged(row['near_copies'])}"
            )
        for row in (row for row in done if row["table"] == name and row["by"] == "anonymeter"):
            risks = "; ".join(
                f"{kind} {one['risk']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
                if "risk" in one
                else f"{kind}: {one['failed']}"
                for kind, one in row["risks"].items()
            )
            print(f"  {row['source']:20s} anonymeter {row['version']}: {risks}")


def judged(one: dict) -> str:
    return f"{percent(one['strongest'])} {one['outcome']}"


def percent(one: dict) -> str:
    return f"{one['effect']:.1%} ({one['low']:.1%} to {one['high']:.1%})"


if __name__ == "__main__":
    main()
