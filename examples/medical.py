"""Scarce patients, and a second clinic's many in another unit: a story in which mending makes rows usable.

    python examples/medical.py                      the whole story, in a minute or two; draws docs/story-medical.svg
    python examples/medical.py --small --out x.svg  few rows, in seconds

A clinic has 1,000 patients of its own and asks who has a cardiovascular disease. Another one offers 10,000 more: independent rows
of the same population, none of which was made from the clinic's. Blood pressures are written in kilopascal there, in millimetres
of mercury here, and nobody said so. Rows with impossible pressures are left out of the table beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

import assay
from assay.data.ground import written
from assay.data.readers import read_table
from assay.reporting.mended_words import around, gained, remedy, told, verdicts
from story import Told, draw, finding, illusion, options, proof_said, quiet, say, scarce, verdict_on

FILE, TARGET, PRESSURES = "cardio_train.csv", "cardio", ("ap_hi", "ap_lo")
KILOPASCAL = 0.133322  # of one millimetre of mercury


def main(given: Sequence[str] | None = None) -> Told:
    asked = options(__doc__ or "", "story-medical.svg", given)
    quiet()
    table = possible(read_table(asked.data / FILE).drop_columns(["id"]))
    if asked.small:
        table = table.select(["age", *PRESSURES, TARGET])
    for name in PRESSURES:  # whole millimetres are numbers with decimals in kilopascal
        table = table.set_column(table.column_names.index(name), name, table.column(name).cast("float64"))
    sizes = (300, 800, 600) if asked.small else (asked.real or 1_000, 10_000, 10_000)
    parts = scarce(assay.load(table, target=TARGET), *sizes, seed=asked.seed)
    others = parts.further
    for name in PRESSURES:
        others = written(others, name, others.numbers(name) * KILOPASCAL)
    say(
        f"1. Scarce reality. A clinic has {len(parts.real):,} patients. Another offers {len(others):,}, independent of these, "
        f"its blood pressures in another unit. {len(parts.sealed):,} further patients of the clinic are sealed for the proof."
    )
    judged = {"holdout": parts.sealed, "seed": asked.seed, "jobs": asked.jobs}
    report = assay.check(parts.real, others, **judged)
    say(f"2. Believed and actual, ROC AUC. {illusion(report)}")
    say(f"3. The finding. {finding(report)}")
    mended = assay.mend(parts.real, others, unseen=True, **judged)
    steps = " ".join(f"{remedy(step)}: {step.sign} Told from real rows, AUC {told(step)}." for step in mended.steps)
    say(f"4. The remedy. {steps or 'None helped.'} To be trained on: {mended.chosen}.")
    say(f"5. The proof. {gained(mended)} {proof_said(mended)} {verdict_on(mended, 'over_real', 'real rows alone')}")
    say(verdicts(mended))
    shown = "" if mended.proof is None else f"; over real rows alone {around(mended.proof.over_real, sign=True)}"
    draw(
        asked.out,
        report,
        mended,
        (
            (
                f"Believed and actual: {len(others):,} patients of another clinic, pressures in kilopascal",
                "ROC AUC, 95% intervals",
            ),
            (
                f"After mending, on {len(parts.sealed):,} sealed patients",
                f"ROC AUC; dashed: the best without mending{shown}",
            ),
        ),
    )
    return Told(parts, others, report, mended)


def possible(table: pa.Table) -> pa.Table:
    """Leave out rows whose pressures nobody alive has, in millimetres of mercury: slips of the pen, as -100 or 16,020."""
    upper, lower = (table.column(name) for name in PRESSURES)
    ordered = pc.and_(pc.less(lower, upper), pc.less(upper, 260))
    return table.filter(pc.and_(ordered, pc.greater(lower, 30)))


if __name__ == "__main__":
    main()
