"""Tables that break generators: each finishes, or refuses before the work starts with the reason.

    python bench/generators/hard.py                  every generator on every hard table
    python bench/generators/hard.py --with vae,gan --tables wide
    python bench/generators/hard.py --summary

Each pair runs in a process of its own with a limit of time and is a line in ``bench/results/generators_hard.jsonl``: whether it
finished, refused (an error that says why) or broke off, the seconds, the largest memory, and what of types, nulls and levels came
back wrong. Networks run for two epochs: what is tried here is not how true the rows are.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import numpy as np
import parts
import pyarrow as pa

RESULTS = Path(__file__).resolve().parents[1] / "results" / "generators_hard.jsonl"
NAMES = ("marginals", "bootstrap_rows", "gaussian_copula", "tree_chain", "autoregressive", "vae", "gan", "diffusion")
NEURAL = ("autoregressive", "vae", "gan", "diffusion")
LIMIT_SECONDS = 1200


def wide(rng: np.random.Generator) -> pa.Table:
    """Two hundred columns of 20,000 rows, in groups that depend on each other."""
    hidden = rng.normal(size=(20_000, 20))
    columns: dict[str, pa.Array] = {}
    for at in range(200):
        noisy = hidden[:, at % 20] + rng.normal(size=20_000)
        kind = at % 4
        columns[f"c{at}"] = (
            pa.array(noisy) if kind == 0 else pa.array(np.round(10 * noisy).astype(int)) if kind == 1
            else pa.array(np.digitize(noisy, [-1, 0, 1]).astype(str)) if kind == 2 else pa.array(noisy > 1)
        )  # fmt: skip
    return pa.table(columns)


def levels(rng: np.random.Generator) -> pa.Table:
    """Give 300,000 levels in 400,000 rows, beside a number and a class that depend on some of them."""
    level = np.concatenate([np.arange(300_000), rng.integers(0, 50, 100_000)])
    rng.shuffle(level)
    x = np.where(level < 50, level / 10, 0.0) + rng.normal(size=400_000)
    merchant = pa.array(np.char.add("m", level.astype(str)))
    return pa.table({"merchant": merchant, "x": pa.array(x), "y": pa.array((x > 2).astype(int))})


def nulls(rng: np.random.Generator) -> pa.Table:
    """Nulls in 30% of the cells of every column, and a column of nothing else."""
    rows = 5_000
    hidden = rng.normal(size=rows)
    columns = {
        "x": pa.array(hidden + rng.normal(size=rows), mask=rng.random(rows) < 0.3),
        "n": pa.array(rng.poisson(np.exp(hidden)), mask=rng.random(rows) < 0.3),
        "c": pa.array(np.where(hidden > 0, "high", "low"), mask=rng.random(rows) < 0.3),
        "b": pa.array(hidden > 1, mask=rng.random(rows) < 0.3),
        "d": pa.array([datetime.date(2020, 1, 1) + datetime.timedelta(int(day)) for day in rng.integers(0, 999, rows)],
                      mask=rng.random(rows) < 0.3),
        "empty": pa.nulls(rows, pa.float64()),
        "empty_text": pa.nulls(rows, pa.string()),
    }  # fmt: skip
    return pa.table(columns)


def constant(rng: np.random.Generator) -> pa.Table:
    """One class, one constant number, and little else."""
    return pa.table({"y": pa.array(["yes"] * 1_000), "k": pa.array([7] * 1_000), "x": pa.array(rng.normal(size=1_000))})


def dates(rng: np.random.Generator) -> pa.Table:
    """Dates, instants of several units and zones, decimals, small integers, float32."""
    rows = 3_000
    day = rng.integers(0, 5_000, rows)
    cents = rng.integers(1, 10**7, rows)
    return pa.table({
        "day": pa.array(day.astype(np.int32), pa.int32()).cast(pa.date32()),
        "at": pa.array(day * 86_400_000_000 + rng.integers(0, 86_400_000_000, rows)).cast(pa.timestamp("us", tz="Europe/Vienna")),
        "plain": pa.array(day * 86_400).cast(pa.timestamp("s")),
        "price": pa.array([Decimal(int(cent)).scaleb(-2) for cent in cents], pa.decimal128(12, 2)),
        "small": pa.array(rng.integers(-100, 100, rows), pa.int8()),
        "rate": pa.array(rng.random(rows).astype(np.float32)),
        "large": pa.array(rng.integers(2**60, 2**62, rows)),
    })  # fmt: skip


def one_row(rng: np.random.Generator) -> pa.Table:
    """Two rows: the least that can be read."""
    return pa.table({"x": pa.array(rng.normal(size=2)), "c": pa.array(["a", "b"])})


def repeats(rng: np.random.Generator) -> pa.Table:
    """Three different rows, each many times."""
    which = rng.integers(0, 3, 2_000)
    return pa.table({"x": pa.array(which * 1.5), "c": pa.array(np.array(["a", "b", "c"])[which]), "n": pa.array(which)})


TABLES = {made.__name__: made for made in (wide, levels, nulls, constant, dates, one_row, repeats)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--with", dest="names", default=",".join(NAMES))
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("GENERATOR", "TABLE"), help="run this here")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(here(*options.one)))
        return
    there = {(line["generator"], line["table"]) for line in read(options.results)}
    for table in () if options.summary else options.tables.split(","):
        for name in options.names.split(","):
            if (name, table) not in there:
                line = {"generator": name, "table": table, **apart(name, table)}
                with options.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                print(json.dumps(line), flush=True)
    for line in read(options.results):
        told = line.get("wrong") or line.get("message", "")
        print(f"{line['table']:10} {line['generator']:16} {line['outcome']:9} {line['seconds']:7.1f} s "
              f"{line.get('memory_mib', 0):6.0f} MiB  {told}")  # fmt: skip


def apart(name: str, table: str) -> dict:
    begun = time.monotonic()
    command = [sys.executable, __file__, "--one", name, table]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return {"outcome": "too long", "seconds": LIMIT_SECONDS}
    if ran.returncode:
        return {"outcome": "broke off", "seconds": round(time.monotonic() - begun, 1), "message": ran.stderr[-300:]}
    return json.loads(ran.stdout.splitlines()[-1])


def here(name: str, table: str) -> dict:
    """Fit and draw in this process."""
    import assay
    from assay.core.errors import AssayError
    from assay.core.registry import get

    real = assay.load(TABLES[table](np.random.default_rng(0)))
    begun = time.monotonic()
    try:
        settings = {"epochs": 2} if name in NEURAL else {}
        synthetic = get("generator", name)(**settings).fit(real, seed=0).sample(min(len(real), 20_000), seed=1)
    except AssayError as error:
        return {"outcome": "refused", "seconds": round(time.monotonic() - begun, 1), "message": str(error)}
    wrong = [] if synthetic.table.schema.equals(real.table.schema) else ["types"]
    for column in real.schema.columns:
        share, found = real.nulls(column.name).mean(), synthetic.nulls(column.name).mean()
        if (found != share) if share in (0.0, 1.0) else abs(found - share) > 0.1 + 2 / len(real):
            wrong.append(f"nulls of {column.name}: {found:.2f} for {share:.2f}")
    memory = parts.peak()
    seconds = round(time.monotonic() - begun, 1)
    return {"outcome": "finished", "seconds": seconds, "memory_mib": round(memory), "wrong": "; ".join(wrong)}


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
