"""The answer: trusted, not trusted, or cannot tell, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assay.core.finding import Finding

VerdictName = Literal["trusted", "not_trusted", "cannot_tell"]
EXIT_CODES: dict[str, int] = {"trusted": 0, "not_trusted": 1, "cannot_tell": 3}


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this data stand in for reality, for this purpose?

    Parameters
    ----------
    verdict : {'trusted', 'not_trusted', 'cannot_tell'}
        The answer.
    reasons : tuple of str
        Plain sentences, the decisive one first.
    rows_needed : int, optional
        For ``cannot_tell``: rows (of each sample) that would settle it, where more rows would.
    findings : tuple of Finding
        What is wrong, most important first.
    mechanisms : tuple of (str, float)
        Mechanisms with their scores, highest first.
    """

    verdict: VerdictName
    reasons: tuple[str, ...]
    rows_needed: int | None = None
    findings: tuple[Finding, ...] = ()
    mechanisms: tuple[tuple[str, float], ...] = ()

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 trusted, 1 not trusted, 3 cannot tell."""
        return EXIT_CODES[self.verdict]
