"""Adult, 20,000 real rows: a second real sample and the output of every generator, checked against 8,842 sealed rows.

Run: python bench/adult.py [--size 20000] [--html FOLDER]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import assay
import tables
from assay.core import registry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--html", type=Path)
    options = parser.parse_args()
    whole = tables.table("adult")
    n = options.size
    real, second, holdout = tables.parts(whole, "adult", (n, n, min(n, len(whole) - 2 * n)), seed=1)
    known = assay.load(real, target="income")
    for name in ("second real sample", *registry.names("generator")):
        synthetic = second if name not in registry.names("generator") else assay.generate(known, with_=name, n=n, seed=1)
        begun = time.perf_counter()
        report = assay.check(known, synthetic, holdout=holdout)
        print(f"\n{name}: {report.verdict} ({time.perf_counter() - begun:.1f} s)")
        open_checks = [
            f"{c.family} {c.outcome}" for c in report.scorecard.checks if c.required and c.outcome in ("fail", "cannot_tell")
        ]
        print(f"  open: {', '.join(open_checks) or 'nothing'}")
        for finding in report.findings[:3]:
            print(f"  {finding.code} {finding.mechanism}: {finding.message}")
        if report.headline is not None:
            scores = (getattr(report.headline, key) for key in ("trained", "believed", "actual", "attainable"))
            print("  trained / believed / actual / attainable: " + " / ".join(f"{score.value:.3f}" for score in scores))
            worth = report.headline.worth_in_real_rows
            if worth is not None:
                print(f"  worth in real rows: {worth.value:,.0f} ({worth.low:,.0f} to {worth.high:,.0f})")
        if options.html:
            options.html.mkdir(parents=True, exist_ok=True)
            report.save(options.html / f"{name.replace(' ', '_')}.html")


if __name__ == "__main__":
    main()
