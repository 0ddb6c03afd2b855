"""Scarce frauds, and a generator of the same few payments: a story in which nothing helps, and is said not to.

    python examples/fraud.py                      the whole story, in a few minutes; draws docs/story-fraud.svg
    python examples/fraud.py --small --out x.svg  few rows, in seconds

A bank has 1,000 card payments, some 70 of them fraud, and a generator (`gaussian_copula`) that learned from these very rows makes
4,000 more. Mending fits the generator anew without the rows that choose, as the rows' lineage names it. What counts is average
precision, and the share of frauds that is caught where 1% of the honest payments are stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import assay
from assay.core.mended import Measured
from assay.data.amended import Amended
from assay.data.readers import read_table
from assay.mending.forms import Form, lesson_of
from assay.mending.proof.prove import measured
from assay.mending.proof.sealed import unleaked
from assay.mending.task import Task
from assay.reporting.mended import Mended
from assay.reporting.mended_words import gained, percent, privacy, remedy, told, verdicts
from assay.stats.scores import average_precision, recall_at
from story import Parts, Told, draw, finding, illusion, options, proof_said, quiet, say, scarce, verdict_on

FILE, TARGET, GENERATOR = "creditcard_fraud_sample.csv", "Class", "gaussian_copula"


class Caught(NamedTuple):
    """What one way to train does on sealed payments: average precision, and recall at 1% false positives."""

    name: str
    precision: Measured
    recall: Measured


def main(given: Sequence[str] | None = None) -> tuple[Told, tuple[Caught, ...]]:
    asked = options(__doc__ or "", "story-fraud.svg", given)
    quiet()
    sizes, made = ((300, 0, 600), 400) if asked.small else ((asked.real or 1_000, 0, 5_000), 4_000)
    table = read_table(asked.data / FILE)
    if asked.small:
        table = table.select(["V4", "V10", "V14", "V17", "Amount", TARGET])
    parts = scarce(assay.load(table, target=TARGET), *sizes, seed=asked.seed)
    frauds = int(np.sum(parts.real.table.column(TARGET).to_numpy()))
    synthetic = assay.generate(parts.real, with_=GENERATOR, n=made, seed=asked.seed)
    say(
        f"1. Scarce reality. A bank has {len(parts.real):,} payments, {frauds} of them fraud. {GENERATOR} learned from these and "
        f"made {len(synthetic):,} more. {len(parts.sealed):,} further real payments are sealed for the proof."
    )
    judged = {"holdout": parts.sealed, "seed": asked.seed, "jobs": asked.jobs}
    report = assay.check(parts.real, synthetic, **judged)
    say(f"2. Believed and actual, average precision. {illusion(report)}")
    say(f"3. The finding. {finding(report)}")
    mended = assay.mend(parts.real, synthetic, **judged)
    steps = " ".join(f"{remedy(step)}: {step.sign} Told from real rows, AUC {told(step)}." for step in mended.steps)
    say(f"4. The remedy, chosen on rows that a generator fitted anew had not seen. {steps or 'None helped.'}")
    say(f"To be trained on: {mended.chosen}.")
    say(f"5. The proof. {gained(mended)} {proof_said(mended)} {verdict_on(mended, 'over_real', 'real rows alone')}")
    found = caught(mended, synthetic, parts, asked.seed)
    shares = "; ".join(f"{one.name} {percent(one.recall)}" for one in found)
    say(f"Frauds caught where 1% of the honest payments are stopped: {shares}.")
    say(f"{verdicts(mended)} {' '.join(privacy(mended))}")
    shown = "; ".join(f"{one.name} {percent(one.recall)}" for one in (found[3], found[1]))
    draw(
        asked.out,
        report,
        mended,
        (
            (f"Believed and actual: {len(synthetic):,} payments of a generator", "Average precision, 95% intervals"),
            (
                f"After mending, on {len(parts.sealed):,} sealed payments: average precision",
                f"Caught at 1% false positives: {shown}",
            ),
        ),
    )
    return Told(parts, synthetic, report, mended), found


def caught(mended: Mended, synthetic: assay.Dataset, parts: Parts, seed: int) -> tuple[Caught, ...]:
    """Train as the proof did, and score average precision and recall at 1% false positives on the sealed payments.

    Notes
    -----
    The sealed payments are those of the proof, without the few that repeat others. Intervals count these rows alone, where those
    of the proof hold for other models, too.
    """
    assert mended.data is not None
    assert mended.weights is not None
    task = Task.of(parts.real)
    kept, _ = unleaked(parts.real, synthetic, parts.sealed)
    real, sealed = task.lesson(parts.real), task.lesson(parts.sealed.take(kept))
    changed = Amended(mended.data, mended.weights, np.zeros(len(mended.data), dtype=bool))
    further = {"synthetic": Amended.of(synthetic), "mended": changed}
    ways = {
        "real alone": next(form for form in mended.forms if form.rows == "real"),
        "synthetic alone": next(form for form in mended.forms if form.rows == "synthetic" and form.share == 0.0),
        "best without mending": next(form for form in mended.forms if form.words == mended.baseline),
        "as chosen": next(form for form in mended.forms if form.words == mended.chosen),
    }
    found: list[Caught] = []
    for name, form in ways.items():
        rows = task.lesson(further[form.rows]) if form.rows in further else real
        lesson = lesson_of(Form(form.rows, form.share, form.learner, form.staged), real, rows)
        said = task.predict(form.learner, lesson, sealed, seed)
        found.append(Caught(name, *(measured(score(sealed.target, said), None) for score in (average_precision, recall_at))))
    return tuple(found)


if __name__ == "__main__":
    main()
