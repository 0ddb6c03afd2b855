"""Does mending help? Few real rows, many independent synthetic ones with one known harm, or a generator of the same few rows.

    python bench/mend.py                          run what is missing, then tell
    python bench/mend.py --summary                tell what is there
    python bench/mend.py --setting shared         generators fitted on the same rows, instead of independent damaged rows
    python bench/mend.py --setting shared --device cuda    the neural ones on a GPU

Every case has 300 or 1,000 real rows, further rows (independent: all that remain of the table, at most 20,000, never resampled;
shared: 4,000 generated ones, the generator fitted on the same real rows) and sealed rows to score on. Compared are real rows
alone, synthetic rows alone, both pooled, the best of these by cross-validation (the baseline), real rows at a share chosen by
cross-validation, the generic density ratio alone, and what `mend` chooses; for independent rows also what undamaged rows would
have given (attainable). Harm is material where attainable is above the baseline by more than .01 and two standard errors. Errors
count the sealed rows and refits on halves of the real and of the further rows.

``bench/results/mend.jsonl`` has a line per case; what is there is not run again. About 20 seconds a case of one core.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.exceptions import ConvergenceWarning

import assay
import tables
from assay.core.errors import NotApplicable
from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.data.ground import Ground
from assay.mending.run import mend_rows
from mend_compare import Undamaged, compare
from mend_damage import DAMAGES, PLANTED, Matter
from mend_told import summarise

RESULTS = Path(__file__).parent / "results" / "mend.jsonl"
TABLES = ("adult", "default", "magic", "shoppers", "cardio", "fraud", "mammography")
GENERATORS = {"gaussian_copula": {}, "tree_chain": {}, "vae": {"epochs": 60}, "gan": {"epochs": 60}}
SIZES, SEEDS = (300, 1_000), (0, 1, 2)
ROOMS = ("data", "stats", "nets", "generators", "damage", "remedies", "mending")
MOST, SEALED, MADE = 20_000, 10_000, 4_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--setting", default="independent", choices=("independent", "shared"))
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--kinds", help="damages, or generators; all by default")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--device", default="cpu", help="where neural generators are fitted")
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # the learners' iterations are bounded on purpose
    if not options.summary:
        for case in cases(options):
            run(options.results, options.setting, *case, device=options.device)
    summarise(list(lines(options.results)), options.setting)


def cases(options: argparse.Namespace) -> Iterator[tuple[str, str, int, int]]:
    known = [*DAMAGES, *PLANTED] if options.setting == "independent" else list(GENERATORS)
    kinds = options.kinds.split(",") if options.kinds else known
    for seed in map(int, options.seeds.split(",")):
        for name in options.tables.split(","):
            for size in map(int, options.sizes.split(",")):
                for kind in kinds:
                    yield name, kind, size, seed


def lines(path: Path) -> Iterator[dict]:
    if path.exists():
        for line in path.read_text().splitlines():
            yield json.loads(line)


def run(path: Path, setting: str, name: str, kind: str, size: int, seed: int, device: str = "cpu") -> None:
    """Run one case, unless it is there."""
    key = {"setting": setting, "table": name, "kind": kind, "n": size, "seed": seed}
    if any(key.items() <= line.items() for line in lines(path)):
        return
    began = time.process_time()
    real, further, sealed = parts(name, size, seed)
    rng = np.random.default_rng([7, seed, *map(ord, kind)])
    synthetic, undamaged, refit = None, None, None
    if setting == "shared":
        maker = get("generator", kind)
        settings = GENERATORS[kind] | ({"device": device} if GENERATORS[kind] else {})  # the neural ones have settings

        def refit(rows: Dataset, wanted: int, at: int) -> Dataset:
            return maker(**settings).fit(rows, seed=seed + at).sample(min(wanted, MADE), seed=seed + at)

        synthetic = refit(real, MADE, 100)
    elif kind in PLANTED:
        with suppress(NotApplicable):
            real, synthetic, sealed, whole = planted(kind, real, further, sealed, rng)
            undamaged = Undamaged.of(real, whole, seed)
    else:
        undamaged = sound(name, size, seed)
        synthetic = DAMAGES[kind](further, matter(name, seed), rng)
    if synthetic is None:
        found: dict = {"skipped": "this table cannot take this damage"}
    else:
        outcome = mend_rows(real, synthetic, refit=refit, shared=setting == "shared", seed=seed)
        if outcome.task is None:
            found = {"skipped": "two classes have not ten real rows each"}
        else:
            found = compare(outcome, real, synthetic, sealed, undamaged, seed=seed)
    found |= {"seconds": round(time.process_time() - began, 1), "code": code()} | ({"device": device} if device != "cpu" else {})
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps({**key, **found}) + "\n")
    print(name, kind, size, seed, {k: found[k] for k in ("steps", "baseline", "mended", "attainable") if k in found}, flush=True)


@cache
def code() -> str:
    """Digest the code that decides: cases of different code should not be told together, and the summary says where they are."""
    root = Path(assay.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(file for room in ROOMS for file in (root / room).rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def planted(
    kind: str, real: Dataset, further: Dataset, sealed: Dataset, rng: np.random.Generator
) -> tuple[Dataset, Dataset, Dataset, Dataset]:
    """Plant a damage of the package in all further rows; what it adds to real rows, real, sealed and undamaged ones get."""
    damage = get("damage", PLANTED[kind])
    rows = [real, sealed, further]
    both = Dataset(pa.concat_tables([part.table for part in rows]), real.schema)
    done = damage(damage.severities[-1]).plant(Ground(further, further, both), rng)
    few, last, whole = (done.holdout.take(part) for part in np.split(np.arange(len(both)), np.cumsum([len(p) for p in rows[:2]])))
    return few, done.synthetic, last, whole


@cache
def dataset(name: str) -> Dataset:
    about = tables.TABLES[name]
    return assay.load(tables.table(name), target=about.target, entity=about.entity)


def parts(name: str, size: int, seed: int) -> tuple[Dataset, Dataset, Dataset]:
    """Cut a table into few real rows, further ones and sealed ones."""
    whole = dataset(name)
    order = np.random.default_rng([3, seed, size]).permutation(len(whole))
    sealed = min(SEALED, len(whole) // 3)
    cut = (order[:size], order[size : len(whole) - sealed][:MOST], order[len(whole) - sealed :])
    return tuple(whole.take(np.sort(rows), name=role) for rows, role in zip(cut, ("real", "synthetic", "holdout"), strict=True))  # type: ignore[return-value]


@cache
def sound(name: str, size: int, seed: int) -> Undamaged | None:
    """Give the further rows as they are, and how they are best used."""
    real, further, _ = parts(name, size, seed)
    return Undamaged.of(real, further, seed)


@cache
def matter(name: str, seed: int) -> Matter:
    """Order columns by what a model of undamaged rows loses without them."""
    from assay.mending.task import Task

    whole = dataset(name)
    rows = np.random.default_rng([5, seed]).permutation(len(whole))[:8_000]
    train, test = whole.take(rows[: len(rows) // 2]), whole.take(rows[len(rows) // 2 :])
    task = Task.of(train)
    lesson, asked = task.lesson(train), task.lesson(test)
    names = whole.schema.features
    best = task.score(asked.target, task.predict("boosting", lesson, asked, 0)).value
    rng = np.random.default_rng(0)
    loss = {}
    for at, column in enumerate(names):
        features = asked.trees.copy()
        features[:, at] = rng.permutation(features[:, at])
        loss[column] = best - task.score(asked.target, task.predict("boosting", lesson, asked._replace(trees=features), 0)).value
    ordered = sorted(names, key=lambda column: -loss[column])
    number = {column for column in names if whole.schema.column(column).kind == "numeric"}
    return Matter(tuple(c for c in ordered if c in number), tuple(c for c in ordered if c not in number), task.codec)


if __name__ == "__main__":
    main()
