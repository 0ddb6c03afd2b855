"""Exact copies of real rows among the synthetic ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from assay.core.errors import NotApplicable
from assay.core.evidence import Evidence, Family, Item
from assay.core.protocols import Context, Measure
from assay.measures._copies import Copied, copied, share_item
from assay.measures._rows import rows

METHOD = "share of synthetic rows that are copies; MOVER interval against {control}"


class ExactCopies(Measure):
    """Synthetic rows that equal a real row, beyond what independent real rows would.

    Notes
    -----
    Rows are compared in all columns but ids. In discrete tables honest rows repeat each other, so only real rows that occur
    ONCE among the real ones can tell of copying: let r be their share of the real rows, s the share of synthetic rows that
    equal one of them, h the same share of holdout rows. A table of which a share c was drawn from the real rows has
    s = c r + (1 - c) h, so the effect is ``c = (s - h) / (r - h)``: 1 for a bootstrap of the real rows, 0 in the mean for an
    honest sample. Without a holdout h comes from the real rows themselves: ``2 f2 / n`` with f2 pairs of equal rows (Good's
    estimator of the probability that another row meets a row seen once). ``value`` is the plain share of synthetic rows that
    equal any real row.

    What it cannot see: copies with any value changed (see near_copies), copies of rows that occur several times among the
    real ones, and which single person a row belongs to.

    References
    ----------
    Good (1953), The population frequencies of species and the estimation of population parameters, Biometrika 40.
    Zou and Donner (2008), Statistics in Medicine 27.
    """

    question: ClassVar[str] = "Are synthetic rows copies of real ones?"
    family: ClassVar[str] = "privacy"
    reads: ClassVar[Literal["profile", "rows"]] = "rows"
    equal_rows: ClassVar[bool] = True
    cost: ClassVar[int] = 12
    codes: ClassVar[Mapping[str, str]] = {
        "COPY01": "Synthetic rows equal real rows in every column, more often than independent real rows do."
    }
    mechanism: ClassVar[str] = "memorisation"
    remedy: ClassVar[str] = (
        "Drop the copied rows and refit the generator with larger leaves, more regularisation or fewer steps; "
        "never hand this table out."
    )
    cannot_see: ClassVar[str] = "Copies with any value changed; copies of rows that occur several times among the real ones."

    def measure(self, context: Context) -> Evidence:
        """Count."""
        same = rows(context)
        n_real, n_synthetic, n_holdout = len(same.real), len(same.synthetic), len(same.holdout)
        telling = same.times == 1
        if same.once < 0.1 * n_real:
            telling = same.times > 0
        reach = float(telling[same.real].mean())
        if n_holdout:
            control = (float(telling[same.holdout].sum()), float(n_holdout))
            where = "holdout rows"
        elif same.once >= 0.1 * n_real:
            control = (float(same.twice), n_real / 2)
            where = "what the real rows' own duplicates predict"
        else:
            raise NotApplicable("most real rows repeat each other: without a holdout their copies cannot be told from them.")
        if control[0] >= reach * control[1]:
            raise NotApplicable("real rows repeat each other so often that copies of them cannot be told.")
        copies = int(telling[same.synthetic].sum())
        found = copied(copies, n_synthetic, *control, reach, context.alpha)
        plain = float((same.times[same.synthetic] > 0).mean())
        honest = float((same.times[same.holdout] > 0).mean()) if n_holdout else 1.0 - same.once / n_real
        return Evidence((Family("exact_copies", (_item(found, plain, honest, n_real, n_synthetic, where),)),))

    def describe(self, item: Item) -> str:
        """Say how many rows are copies."""
        e, facts = item.estimate, item.facts
        return (
            f"{e.value:.2%} of the synthetic rows ({facts['copies']:,} of {e.n_synthetic:,}) equal a real row in every column; "
            f"independent real rows do in {facts['honest']:.2%}. Copied beyond chance: {e.effect:.2%} "
            f"({max(e.low, 0):.2%} to {e.high:.2%})."
        )

    def missed(self, item: Item) -> str:
        """Say how many copies could be there."""
        most = max(item.harm_high, 1e-4)
        return f"exact copies of real rows in up to {most:.2%} of the synthetic rows would not have been seen at this size"


def _item(found: Copied, plain: float, honest: float, n_real: int, n_synthetic: int, where: str) -> Item:
    return share_item(
        "exact_copies",
        found,
        seen=plain,
        honest=honest,
        n=n_synthetic,
        n_control=n_real,
        rows=(n_real, n_synthetic),
        method=METHOD.format(control=where),
        facts={"copies": round(plain * n_synthetic), "honest": honest},
    )
