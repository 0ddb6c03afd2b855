"""The peers on the same damaged tables, each in an environment of its own: SDMetrics, mostlyai-qa, Evidently.

    for peer in sdmetrics mostlyai evidently; do
        python3.11 -m venv /tmp/$peer && /tmp/$peer/bin/pip install -r bench/damage/requirements-$peer.txt
    done
    peers="--sdmetrics /tmp/sdmetrics/bin/python --mostlyai /tmp/mostlyai/bin/python --evidently /tmp/evidently/bin/python"
    python bench/damage/peers.py $peers --kinds sound --seeds 40        forty real/real splits of each table make the range
    python bench/damage/peers.py $peers --severity material --seeds 2
    python bench/damage/peers.py $peers --severity harmless

A case takes the three together about 3 seconds of one core, imports and planting included (17 on diabetes, with its 48
columns): 1,400 s for the 280 sound ones, 1,200 s for the 400 material ones of forty kinds and 550 s for the 180 harmless ones,
so half an hour and less on two cores.

Every peer is told the kinds of the columns, gets the sealed rows where it can use them, and may refuse what scores worse than
real rows of the same table and cut do (``summary.py`` says how). Cases are those of ``run.py`` with equal options, planted
anew; every score is a line in ``bench/results/damage_peers.jsonl``, and what is there already is not run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import cases
import pyarrow.parquet as pq

from assay.core.errors import NotApplicable
from assay.data.ground import Planted

PEERS = ("sdmetrics", "mostlyai", "evidently")
SCRIPTS = Path(__file__).parent / "peer_scores"
BATCH = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cases.add_options(parser)
    for name in PEERS:
        parser.add_argument(f"--{name}", default="", help=f"Python of an environment with {name}; without it, it is left out")
    parser.add_argument("--results", type=Path, default=cases.RESULTS / "damage_peers.jsonl")
    options = parser.parse_args()
    pythons = {name: getattr(options, name) for name in PEERS if getattr(options, name)}
    if not pythons:
        parser.error("Name the Python of at least one peer's environment.")
    sys.exit(bool(run(pythons, options)))


def run(pythons: dict[str, str], options: argparse.Namespace) -> int:
    """Run what is missing, batch by batch; give the number of cases that a peer failed on."""
    lines = [] if options.again else cases.read(options.results)
    there = {(line["by"], cases.Case.of(line)) for line in lines if "failed" not in line}
    todo = [case for case in cases.plan(options) if any((name, case) not in there for name in pythons)]
    batches = [todo[at : at + BATCH] for at in range(0, len(todo), BATCH)]
    print(f"{len(todo)} cases", file=sys.stderr, flush=True)
    begun, failed, ended = time.monotonic(), 0, 0
    with ThreadPoolExecutor(options.jobs) as pool:
        late = partial(overdue, begun + 60 * options.minutes)
        for found in pool.map(lambda batch: [] if late() else scored(batch, pythons, there), batches):
            cases.write(options.results, found)
            failed += sum("failed" in line for line in found)
            ended += len({cases.Case.of(line) for line in found})
            spent = {name: sum(line.get("seconds", 0) for line in found if line["by"] == name) for name in pythons}
            told = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in spent.items())
            print(f"[{ended} of {len(todo)}, {(time.monotonic() - begun) / 60:.1f} min] {told}", file=sys.stderr, flush=True)
    return failed


def overdue(end: float) -> bool:
    """Say whether no more should be begun."""
    return time.monotonic() > end


def scored(batch: list[cases.Case], pythons: dict[str, str], there: set[tuple[str, cases.Case]]) -> list[dict[str, Any]]:
    """Plant a batch once and let every peer score what it has not scored before."""
    lines: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        known: dict[str, tuple[cases.Case, dict[str, Any]]] = {}
        for at, case in enumerate(batch):
            try:
                known[str(at)] = case, store(cases.planted(case), str(at), Path(folder))
            except NotApplicable as reason:
                lines += [case.to_dict() | {"by": name, "version": None, "not_applicable": str(reason)} for name in pythons]
            except Exception:  # one broken damage must not end a run of an hour
                trouble = traceback.format_exc()
                print(trouble, file=sys.stderr)
                lines += [case.to_dict() | {"by": name, "version": None, "failed": trouble[-200:]} for name in pythons]
        for name, python in pythons.items():
            missing = [told for case, told in known.values() if (name, case) not in there]
            for found in ask(name, python, missing, Path(folder)) if missing else ():
                lines.append(known[found.pop("id")][0].to_dict() | {"by": name} | found)
    return lines


def store(planted: Planted, name: str, folder: Path) -> dict[str, Any]:
    """Write three tables for the peers, and say what their columns are."""
    schema = planted.real.schema
    for role in ("real", "synthetic", "holdout"):
        pq.write_table(getattr(planted, role).table, folder / f"{name}-{role}.parquet")
    return {"id": name, "columns": {column.name: column.kind for column in schema.columns}, "entity": schema.entity}


def ask(name: str, python: str, missing: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Score a batch in the peer's environment."""
    (folder / "cases.json").write_text(json.dumps(missing), encoding="utf-8")
    script = SCRIPTS / f"score_{name}.py"
    ran = subprocess.run([python, str(script), str(folder)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{name} ended with {ran.returncode}:\n{ran.stderr[-2000:]}")
    return [json.loads(line) for line in (folder / "scores.jsonl").read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
