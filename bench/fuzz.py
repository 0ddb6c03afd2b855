"""Feed arbitrary tables, and bytes of broken files, through `assay.check` for a stated time; count what must never happen.

    python bench/fuzz.py --minutes 10

Strategies and promises are those of `tests/fuzz`, over whatever measures are registered. Every batch is a process of its own, so
that a crash or a hang is caught and the rest goes on; batch k has the hypothesis seed k. Writes `bench/results/fuzz.json`.
`--replay K` runs batch K in the foreground and shows the first failure in full, shrunk.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "fuzz.json"
BATCH, PATIENCE = 25, 900
FORBIDDEN = "tracebacks, NaN, hangs, unsound reports, errors inside measures, unearned trust, told secrets, runs that differ"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="first batch")
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--replay", type=int, metavar="K", help="run one batch here, shrink and show its first failure")
    chosen = parser.parse_args()
    if chosen.batch is not None or chosen.replay is not None:
        run_batch(chosen.replay if chosen.batch is None else chosen.batch, show=chosen.batch is None)
        return
    started = time.monotonic()
    total: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    ends = started + 60 * chosen.minutes
    with ThreadPoolExecutor(chosen.workers) as pool:
        batch = chosen.start
        while time.monotonic() < ends:
            for found in pool.map(spawned, range(batch, batch + chosen.workers)):
                total.update(found["outcomes"])
                failures += found["failures"]
            batch += chosen.workers
            print(f"batch {batch}: {sum(total.values())} cases, {len(failures)} failures {dict(total)}", flush=True)
            document = {
                "command": " ".join(["python", "bench/fuzz.py", *sys.argv[1:]]),
                "minutes": round((time.monotonic() - started) / 60, 1),
                "batches": [chosen.start, batch],
                "tables_tried": sum(total.values()),
                "outcomes": dict(sorted(total.items())),
                "forbidden": FORBIDDEN,
                "failures": failures,
            }
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def spawned(batch: int) -> dict[str, Any]:
    """Run one batch in a process of its own."""
    command = [sys.executable, __file__, "--batch", str(batch)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        return json.loads(ended.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"outcomes": {}, "failures": [{"batch": batch, "what": f"hang: not done after {PATIENCE} s"}]}
    except (ValueError, IndexError):
        what = f"crash: exit code {ended.returncode}: {ended.stderr[-2000:]}"
        return {"outcomes": {}, "failures": [{"batch": batch, "what": what}]}


def run_batch(batch: int, *, show: bool) -> None:
    """Run the cases of one hypothesis seed and print what became of them as one line of JSON."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "fuzz")]
    from cases import cases
    from files import mutants, read_mutant
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from keeping import keep

    outcomes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    phases = (Phase.generate, Phase.shrink) if show else (Phase.generate,)
    usual = settings(
        max_examples=BATCH, phases=phases, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
    )

    def tried(kind: str, case: Any, keeps: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            try:
                outcomes[f"{kind}: {keeps(case, Path(folder))}"] += 1
            except Exception as error:
                if show:
                    raise
                outcomes[f"{kind}: forbidden"] += 1
                trace = traceback.format_exception(error)
                place = traceback.extract_tb(error.__traceback__)[-1]
                sign = f"{type(error).__name__} {str(error)[:60]} {place.filename}:{place.lineno}"
                if sign in {failure["sign"] for failure in failures}:
                    return
                failures.append({"batch": batch, "what": f"{type(error).__name__}: {error}"[:1500], "case": repr(case)[:1500]})
                failures[-1]["sign"] = sign
                failures[-1]["trace"] = "".join(trace[-3:])[-1500:]

    @seed(batch)
    @usual
    @given(cases())
    def tables(case: Any) -> None:
        tried("check", case, keep)

    @seed(batch)
    @settings(usual, max_examples=4 * BATCH)
    @given(mutants())
    def files(case: Any) -> None:
        tried("file", case, read_mutant)

    tables()
    files()
    print(json.dumps({"outcomes": outcomes, "failures": failures}))


if __name__ == "__main__":
    main()
