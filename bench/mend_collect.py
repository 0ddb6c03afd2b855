"""Are the real rows that `mend` wants worth more than as many random ones?

    python bench/mend_collect.py                  run what is missing, then tell
    python bench/mend_collect.py --summary        tell what is there

Every case has 300 or 1,000 real rows, 6,000 independent synthetic ones (as they are, with a lost mode or with a slice of turned
labels) or 4,000 of a Gaussian copula fitted on the real rows, a reserve and sealed rows. After mending (with ``--unmended``: no
remedy being tried, synthetic rows pooled with the real ones), rows of the most promising slice are drawn from the reserve, and as
many random ones; each is added to the real rows, and the chosen form trained anew, mended rows as they are. Both are scored on
the sealed rows, metric and loss, as means of three draws. The most promising slice is tried whether or not it would be named
('any rows' would be said instead): what the rule costs is seen, too.

``bench/results/mend_collect.jsonl`` has a line per case; what is there is not run again.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.exceptions import ConvergenceWarning

from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.data.where import parse
from assay.mending.collection.curve import row_losses
from assay.mending.collection.recommend import Candidate, candidate
from assay.mending.forms import Form
from assay.mending.run import Outcome, lesson_for, mend_rows
from mend import code, dataset, lines, matter
from mend_damage import DAMAGES
from mend_told import clustered

RESULTS = Path(__file__).parent / "results" / "mend_collect.jsonl"
TABLES = ("adult", "magic", "cardio")
KINDS = ("lost_mode", "flipped_slice", "none", "gaussian_copula")
SIZES, SEEDS = (300, 1_000), (0, 1, 2)
POOLED = Form("synthetic", None, "boosting")
SYNTHETIC, SEALED, MADE, DRAWS = 6_000, 6_000, 4_000, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--unmended", action="store_true")
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # the learners' iterations are bounded on purpose
    if not options.summary:
        for case in cases(options):
            run(options.results, options.unmended, *case)
    summarise([line for line in lines(options.results) if line["mended"] is not options.unmended])


def cases(options: argparse.Namespace) -> Iterator[tuple[str, str, int, int]]:
    for seed in map(int, options.seeds.split(",")):
        for size in map(int, options.sizes.split(",")):
            for name in options.tables.split(","):
                for kind in options.kinds.split(","):
                    yield name, kind, size, seed


def run(path: Path, unmended: bool, name: str, kind: str, size: int, seed: int) -> None:
    """Run one case, unless it is there."""
    key = {"mended": not unmended, "table": name, "kind": kind, "n": size, "seed": seed}
    if any(key.items() <= line.items() for line in lines(path)):
        return
    began = time.process_time()
    whole = dataset(name)
    order = np.random.default_rng([11, seed, size]).permutation(len(whole))
    ends = np.cumsum([0, size, SYNTHETIC, min(SEALED, len(whole) // 3)])
    real, further, sealed = (whole.take(np.sort(order[a:b])) for a, b in itertools.pairwise(ends))
    reserve = whole.take(order[ends[-1] :])
    refit, synthetic = None, further
    if kind == "gaussian_copula":
        maker = get("generator", kind)

        def refit(rows: Dataset, wanted: int, at: int) -> Dataset:
            return maker().fit(rows, seed=seed + at).sample(min(wanted, MADE), seed=seed + at)

        synthetic = refit(real, MADE, 100)
    elif kind != "none":
        synthetic = DAMAGES[kind](further, matter(name, seed), np.random.default_rng([13, seed, *map(ord, kind)]))
    if synthetic is None:
        found: dict = {"skipped": "this table cannot take this damage"}
    else:
        only = () if unmended else None
        outcome = mend_rows(real, synthetic, refit=refit, shared=refit is not None, seed=seed, only=only)
        if unmended and outcome.use is not None:
            pooled = next(one for one in outcome.use.tried if one.form == POOLED)
            outcome = replace(outcome, use=replace(outcome.use, chosen=pooled))
        middle = time.process_time()
        asked = candidate(outcome, real, seed=seed, jobs=1)
        found = {
            "asking": round(time.process_time() - middle, 2),
            **tried(outcome, asked, real, synthetic, reserve, sealed, seed),
        }
    found |= {"seconds": round(time.process_time() - began, 1), "code": code()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps({**key, **found}) + "\n")
    print(name, kind, size, seed, found, flush=True)


def tried(
    outcome: Outcome, asked: Candidate, real: Dataset, synthetic: Dataset, reserve: Dataset, sealed: Dataset, seed: int
) -> dict:
    """Add rows of the slice, and random ones, and score both."""
    task, use = outcome.task, outcome.use
    assert task is not None
    assert use is not None
    form = use.chosen.form if use.chosen.form.share != 0.0 else use.chosen.form._replace(share=None)
    lesson = task.lesson(sealed)
    rates = np.bincount(lesson.target, minlength=task.rule.classes) / len(lesson.target)

    def scored(extra: Dataset | None) -> np.ndarray:
        rows = real if extra is None else Dataset(pa.concat_tables([real.table, extra.table]), real.schema)
        said = task.predict(form.learner, lesson_for(task, form, rows, synthetic, outcome.chosen.rows), lesson, seed)
        return np.array([task.score(lesson.target, said).value, row_losses(lesson.target, said, rates).mean()])

    found: dict = {
        "form": form.words,
        "steps": [step.learned.plan.remedy for step in outcome.chosen.steps],
        "where": asked.where,
        "named": bool(asked.where) and asked.ahead.low > 0,
        **{name: getattr(asked, name).to_dict() for name in ("gain", "at_random", "ahead")},
        "base": scored(None).round(5).tolist(),
    }
    if not asked.where:
        return found
    inside = np.flatnonzero(parse(asked.where, real.schema).mask(reserve))
    rows = min(asked.rows, len(inside))
    scores = []
    for draw in range(DRAWS):
        rng = np.random.default_rng([17, seed, draw])
        picks = (rng.choice(inside, rows, replace=False), rng.choice(len(reserve), rows, replace=False))
        scores.append([scored(reserve.take(own)) for own in picks])
    means = np.mean(scores, axis=0).round(5).tolist()
    return {**found, "share": round(len(inside) / len(reserve), 4), "rows": rows, "slice": means[0], "random": means[1]}


def summarise(found: list[dict]) -> None:
    found = [line for line in found if "slice" in line]
    if not found:
        print("nothing is there")
        return
    print("metric and fall of the loss, in thousandths: slice minus random with its error over cases, then each against none")
    head = ("cases", "", "slice ahead", "error", "ahead in", "slice", "random", "loss ahead", "error", "expected", "measured")
    print(("{:26}{:>5}" + "{:>12}" * 9).format(*head))
    named = [line for line in found if line["named"]]
    groups = {"named": named, "said 'any rows'": [line for line in found if not line["named"]]}
    for name in ("kind", "n", "table"):
        groups |= {
            f"{value}": [line for line in found if line[name] == value] for value in dict.fromkeys(line[name] for line in found)
        }
    for name, own in {**groups, "all": found}.items():
        if own:
            row(name, own)
    policy = np.array([(line["slice"][0] - line["random"][0]) * line["named"] for line in found])
    print(
        f"as recommended (slice where named, else any rows): {1e3 * policy.mean():+.2f} +- {1e3 * clustered(policy, found):.2f} "
        "over random"
    )
    for name, place in (("gain", "slice"), ("at_random", "random")):
        falls = [line["base"][1] - line[place][1] for line in found]
        inside = np.mean([line[name]["low"] <= fall <= line[name]["high"] for line, fall in zip(found, falls, strict=True)])
        print(f"{name}: fall of the loss measured is inside the interval in {inside:.0%} of {len(found)} cases")
    print(f"seconds asking, one core: median {np.median([line['asking'] for line in found]):.1f}")


def row(name: str, own: list[dict]) -> None:
    slice_, random, base = (np.array([line[place] for line in own]) for place in ("slice", "random", "base"))
    ahead, fall = slice_[:, 0] - random[:, 0], random[:, 1] - slice_[:, 1]
    expected = [line["gain"]["value"] for line in own]
    numbers = (
        ahead.mean(),
        clustered(ahead, own),
        None,
        (slice_ - base)[:, 0].mean(),
        (random - base)[:, 0].mean(),
        fall.mean(),
        clustered(fall, own),
        np.mean(expected),
        (base - slice_)[:, 1].mean(),
    )
    shown = [f"{np.mean(ahead > 0):.0%}" if number is None else f"{1e3 * number:+.2f}" for number in numbers]
    print(f"{name:26}{len(own):5}" + "".join(f"{text:>12}" for text in shown))


if __name__ == "__main__":
    main()
