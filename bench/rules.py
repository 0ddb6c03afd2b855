"""A million rows of twenty columns by a scenario: seconds and memory of `assay generate --with rules`, file included.

    python bench/rules.py [--rows 1000000] [--rounds 3]

Each round is a process of its own, on two threads at most; the results go to ``bench/results/rules.json``. The scenario has every
kind of rule: keys of two other tables, arrivals with profiles, conditional distributions, formulas, lookups, nulls, a decimal,
a date, planted bursts and labels. The three that ship are measured beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from assay.core.files import write_atomically

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 20  # for a million rows of 20 columns, median of the rounds, file included
SCENARIO = """
main = "orders"
[tables.customers]
rows = "n / 50"
[tables.customers.columns]
customer_id = { id = "C{n:8}" }
age = { distribution = "gamma", shape = 9, mean = 44, at_least = 18, at_most = 95, round = 0 }
region = { values = ["north", "south", "east", "west"], weights = [4, 3, 2, 1] }
joined = { distribution = "dates", start = 2015-01-01, end = 2023-12-01, type = "date32" }
[tables.shops]
rows = 5000
[tables.shops.columns]
shop_id = { numbering = 1000 }
kind = { values = ["food", "tools", "books", "travel"], weights = [5, 2, 2, 1] }
size = { distribution = "pareto", alpha = 1.2 }
[tables.orders]
parent = "customers"
count = { distribution = "gamma", shape = 1.5, mean = 50 }
order = "time"
target = "fraud"
[tables.orders.columns]
order_id = { id = "O{n:9}" }
customer_id = { reference = "customers" }
at = { arrivals = { start = 2024-01-01, end = 2026-01-01, growth = 0.1, weekdays = [1, 1, 1, 1, 2, 2, 1], \
hours = [1, 1, 1, 1, 1, 1, 2, 5, 9, 9, 9, 8, 7, 8, 8, 8, 7, 6, 5, 4, 3, 2, 1, 1] } }
shop_id = { reference = "shops", weight = "size" }
kind = { formula = "shops.kind" }
age = { formula = "customers.age" }
region = { formula = "customers.region" }
amount = { distribution = "lognormal", median = "60 if kind = 'travel' else 12 + age / 5", sigma = 0.9, \
at_least = 0.5, round = 2 }
items = { distribution = "poisson", mean = "1 + amount / 40" }
weight = { cases = [{ when = "kind = 'books'", distribution = "gamma", shape = 3, mean = 0.8 }, { when = "kind = 'travel'", \
formula = "0" }, { distribution = "gamma", shape = 2, mean = "0.4 * items + 0.1" }], round = 3 }
rating = { distribution = "beta", a = 4, b = 2, null = 0.3, round = 2 }
channel = { values = ["shop", "phone", "app"], weights = [2, 1, "3 if age < 40 else 1"] }
express = { distribution = "bernoulli", p = "logistic(-2 + 0.01 * amount)" }
fee = { formula = "5.9 + 0.5 * weight if express else 2.9", round = 2 }
tax = { formula = "round(amount * 0.19, 2)", type = "decimal128(12, 2)" }
due = { formula = "add_days(date(at), 14 if express else 30)", type = "date32" }
hour = { formula = "hour(at)", type = "int8" }
score = { mixture = [{ distribution = "normal", mean = 620, sd = 60 }, { distribution = "uniform", low = 300, high = 850 }], \
weights = [4, 1], round = 0 }
returned = { distribution = "bernoulli", p = "0.2 if kind = 'tools' else 0.05", type = "int8" }
fraud = { planted = "all" }
[[tables.orders.events]]
name = "burst"
rate = 0.001
pattern = "burst"
size = 12
within = "20 minutes"
same = ["shop_id"]
set = { amount = { distribution = "uniform", low = 0.5, high = 4 } }
[[tables.orders.events]]
name = "large"
rate = 0.001
set = { amount = "10 * amount" }
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--out", type=Path, default=ROOT / "bench" / "results" / "rules.json")
    chosen = options.parse_args()
    results: dict[str, Any] = {"rows": chosen.rows, "machine": {"cores": os.cpu_count(), "python": platform.python_version()}}
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "twenty.toml"
        own.write_text(SCENARIO, encoding="utf-8")
        for name, source in (
            ("twenty_columns", str(own)),
            ("payments", "payments"),
            ("sensors", "sensors"),
            ("clinic", "clinic"),
        ):
            rounds = [measured(source, chosen.rows, Path(folder) / "made.parquet", seed) for seed in range(chosen.rounds)]
            results[name] = {key: sorted(part[key] for part in rounds)[len(rounds) // 2] for key in rounds[0]}
            print(name, results[name], flush=True)
            chosen.out.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(chosen.out, json.dumps(results, indent=1).encode())
    seconds, columns = results["twenty_columns"]["seconds"], results["twenty_columns"]["columns"]
    told = "is for 1,000,000 rows alone" if chosen.rows != 1_000_000 else "met" if seconds <= MOST_SECONDS else "missed"
    print(f"{chosen.rows:,} rows x {columns} columns: {seconds:.1f} s; at most {MOST_SECONDS} s: {told}")


def measured(source: str, rows: int, out: Path, seed: int) -> dict[str, float]:
    """Run one process and give its wall seconds, CPU seconds, peak of resident memory and the columns of what it wrote."""
    import pyarrow.parquet as pq

    command = [sys.executable, "-m", "assay", "generate", "--with", "rules", "--set", f"scenario={source}", "-n", str(rows)]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "--seed", str(seed), "--out", str(out)], stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"assay ended with {process.returncode}")
    made = pq.read_metadata(out)
    assert made.num_rows == rows
    per_unit = 1024 if platform.system() == "Linux" else 1
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss * per_unit / 2**20),
        "columns": made.num_columns,
        "file_mib": round(out.stat().st_size / 2**20, 1),
    }


if __name__ == "__main__":
    main()
