"""Only what a verifier accepts is learned from."""

from __future__ import annotations

import numpy as np

from assay.core.errors import InputError, UsageError
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.lab.regime import Regime, State
from assay.lab.verifier import LEAST, Verifier


class Curated(Regime):
    """Train on those rows of the last generation that a verifier trained on the first real rows accepts.

    Parameters
    ----------
    argument : str, optional
        ``verifier``, the one there is.

    Notes
    -----
    The corpus has as many rows as are accepted, at most ``size``. On the record of each generation stand ``keep_good`` and
    ``keep_bad``, the shares of sealed-off real rows with right and with wrong labels that the verifier keeps, and ``kept``, the
    share of the last generation that it kept. With labels wrong in a share p of the rows, filtering helps where
    p < 1 / (1 + keep_bad / keep_good).

    References
    ----------
    Feng, Y. et al. (2025). Beyond model collapse: scaling up with synthesized data requires verification. ICLR.
    """

    meaning = "those rows of the generation before that a verifier trained on real rows accepts"
    usage = "curated:verifier"

    def __init__(self, argument: str | None = None) -> None:
        if argument not in (None, "verifier"):
            raise UsageError(f"The regime {self.name} knows one curator, verifier. Got {argument!r}. Write: {self.usage}")

    @property
    def text(self) -> str:
        """The regime as it is written."""
        return "curated:verifier"

    def require_usable(self, schema: Schema) -> None:
        """Refuse a table without a target: the verifier verifies labels."""
        if schema.target is None or not schema.features:
            raise UsageError(
                f"The regime {self.text} verifies labels, and the table has {'no column besides' if schema.target else 'no'} "
                "target. Name one with --target COLUMN, or leave this regime out."
            )

    def corpus(self, state: State, rng: np.random.Generator) -> Dataset:
        """Give the rows that are accepted."""
        verifier = state.share("verifier", lambda: Verifier.trained(state.real, state.rng("verifier")))
        last = state.last
        accepted = verifier.accepts(last)
        state.note(keep_good=verifier.keep_good, keep_bad=verifier.keep_bad, kept=float(accepted.mean()))
        if accepted.sum() < LEAST:
            raise InputError(
                f"The verifier accepts {int(accepted.sum())} of {len(last):,} rows, too few to learn from.",
                fix="Take more rows (--size), or another regime.",
            )
        return last.take(np.flatnonzero(accepted), name="corpus")
