"""What must be said beside a gain: harm that mending did, privacy that nobody measured, sealed rows that were not sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.mended import Measured
from assay.reporting import mended_words as words
from assay.reporting.text import count, visible

if TYPE_CHECKING:
    from assay.reporting.mended import Mended

CODES = {"copies": "COPY03", "membership": "MIA01"}


def warnings(mended: Mended) -> list[str]:
    """Give what must be read before the gain, the gravest first."""
    lines = [
        f"{name} rose by mending: {words.percent(before)} before, {words.percent(after)} after."
        for _, name, before, after in worse(mended)
    ]
    missing = unmeasured(mended)
    if missing:
        made = int(mended.counts["from_real"])
        rows = f"{count(made)} rows were made from real ones" if made else "a remedy makes rows from real ones"
        why = "there are no sealed rows" if mended.after is None else f"the check could not ({', '.join(missing)})"
        lines.append(f"Privacy was not measured, and {rows}: {why}.")
    if mended.proof is not None:
        lines += [
            f"For {visible(one.group)} models do worse by mending: {words.around(one.gain, sign=True)} on {count(one.rows)} "
            "sealed rows."
            for one in mended.proof.groups
            if one.gain is not None and one.gain.high < 0
        ]
    if mended.unweighed is not None and mended.unweighed.code != "no_target":
        lines.append(visible(mended.unweighed.words))
    if mended.unproved is not None and mended.unproved.code not in ("no_holdout", "no_use"):
        lines.append(f"Nothing is proved. {visible(mended.unproved.words)}")
    if mended.withheld is not None and mended.withheld.leaked:
        lines.append(words.withheld(mended.withheld))
    return lines


def worse(mended: Mended) -> list[tuple[str, str, Measured, Measured]]:
    """Give what of privacy got worse by mending, beyond both intervals: key, name, before and after."""
    found: list[tuple[str, str, Measured, Measured]] = []
    if mended.before is None or mended.after is None:
        return found
    for name, key in words.PRIVATE:
        before: Measured | None = getattr(mended.before, key)
        after: Measured | None = getattr(mended.after, key)
        if before is not None and after is not None and after.low > before.high:
            found.append((key, name, before, after))
    return found


def unmeasured(mended: Mended) -> list[str]:
    """Name what of privacy nobody measured, although rows were made from real ones."""
    if not any(step.anchors for step in mended.steps):
        return []
    return [key for _, key in words.PRIVATE if mended.after is None or getattr(mended.after, key) is None]


def beside_rows(mended: Mended) -> list[str]:
    """Say beside the written rows what to do instead of training on them, where that is better."""
    if mended.outcome == "unused":
        return ["! These rows are not the best to train on.", f"  Train on: {visible(mended.best)}."]
    if mended.outcome == "lost":
        return ["! On sealed rows what was chosen did worse than the baseline.", f"  Train on: {visible(mended.baseline)}."]
    if mended.outcome == "nothing":
        return ["! These are the rows as they came: no remedy helped."]
    return []
