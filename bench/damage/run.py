"""Would the judge notice? Known damage in real tables, one check each: caught, by the right mechanism, in the right columns?

    python bench/damage/run.py --kinds sound --seeds 29                        203 splits of seven real tables, nothing planted
    python bench/damage/run.py --severity material --seeds 4                   all kinds in five tables of 5,000 rows
    python bench/damage/run.py --severity harmless --seeds 2
    python bench/damage/run.py --size 20000 --severity material --seeds 2
    python bench/damage/run.py --summary

Every check is a line in ``bench/results/damage.jsonl``; what is there already is not run again, so that a run can be ended at
any time and taken up again. A check takes about 7 seconds of one core at 5,000 rows and 15 at 20,000. The peers on the same
tables: ``bench/damage/peers.py``; the picture: ``bench/damage/picture.py``.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cases
import summary

from assay.core.errors import NotApplicable
from assay.judging.policy import Policy, load_policy
from assay.lab.planting import checked

RESULTS = cases.RESULTS / "damage.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cases.add_options(parser)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true", help="run nothing, print what is there and write it as JSON")
    options = parser.parse_args()
    failed = 0 if options.summary else run(options)
    summary.show(options.results)
    sys.exit(bool(failed))


def run(options: argparse.Namespace) -> int:
    """Run what is missing; give the number of cases that broke off."""
    there = set() if options.again else {cases.Case.of(line) for line in cases.read(options.results)}
    todo = [case for case in cases.plan(options) if case not in there]
    print(f"{len(todo)} cases", file=sys.stderr, flush=True)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # the processes are begun with it
    begun, failed, ended = time.monotonic(), 0, 0
    queue = iter(todo)
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(judged, case) for case in itertools.islice(queue, options.jobs)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                line, trouble = future.result()
                ended += 1
                if trouble:
                    failed += 1
                    print(trouble, file=sys.stderr)
                else:
                    cases.write(options.results, [line])
                tell(line, trouble, f"{ended} of {len(todo)}, {(time.monotonic() - begun) / 60:.1f} min")
                following = next(queue, None) if time.monotonic() - begun < 60 * options.minutes else None
                if following is not None:
                    running.add(pool.submit(judged, following))
    return failed


def judged(case: cases.Case) -> tuple[dict[str, Any], str]:
    """Plant and check one case: its line, and the traceback where it broke off."""
    import assay

    line = case.to_dict() | {"version": assay.__version__}
    try:
        planted = cases.planted(case)
    except NotApplicable as reason:
        return line | {"not_applicable": str(reason)}, ""
    except Exception:  # one broken damage must not end a run of hours; it is told, and its exit code is 1
        return line, traceback.format_exc()
    kind = cases.catalogue(case.kind)
    try:
        outcome = checked(planted, kind and kind(case.dose), policy(), seed=case.derived("judge"))
    except Exception:
        return line, traceback.format_exc()
    return line | outcome.to_dict(), ""


@cache
def policy() -> Policy:
    """Load the policy once a process."""
    return load_policy("train")


def tell(line: dict[str, Any], trouble: str, progress: str) -> None:
    what = "broke off" if trouble else line.get("not_applicable") or f"{line['verdict']} rank {line['rank']} {line['seconds']}s"
    names = (line["kind"], line["severity"], line["table"], str(line["seed"]), str(line["size"]))
    print(f"[{progress}]", *names, what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
