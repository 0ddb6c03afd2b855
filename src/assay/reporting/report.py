"""The report of one check: plain data inside, and every way to show or keep it outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.core.errors import UsageError
from assay.core.estimate import Estimate
from assay.core.files import write_atomically
from assay.core.finding import Finding
from assay.core.picture import Picture
from assay.core.scorecard import Check, Headline, NotChecked, Scorecard
from assay.core.verdict import Verdict
from assay.reporting.documents import REPORT, plain, to_json

RUN = ("assay_version", "versions", "command", "seed", "jobs", "timings")


@dataclass(frozen=True, init=False)
class Report:
    """Everything that one check has to say.

    Parameters
    ----------
    scorecard : Scorecard
        Estimates, outcomes, headline, what was not checked, warnings.
    verdict : Verdict
        The answer with its reasons, findings and mechanisms; `Report.verdict` gives its name, `Report.judgement` all of it.
    policy : mapping
        ``name``, ``sha256`` and ``purpose`` of the policy that judged.
    inputs : mapping
        ``real``, ``synthetic`` and ``holdout`` (or None), each with ``rows``, ``columns`` and ``sha256``.
    run : mapping
        ``assay_version``, ``versions``, ``command``, ``seed``, ``jobs``, ``timings``.
    pictures : tuple of Picture
        Small pictures of real against synthetic; they appear in the HTML only.

    Notes
    -----
    A report computes nothing: it shows what was measured and judged. It holds no value backed by fewer than 10 rows.
    """

    scorecard: Scorecard
    judgement: Verdict
    policy: Mapping[str, Any]
    inputs: Mapping[str, Any]
    run: Mapping[str, Any]
    pictures: tuple[Picture, ...]

    def __init__(
        self,
        scorecard: Scorecard,
        verdict: Verdict,
        policy: Mapping[str, Any],
        inputs: Mapping[str, Any],
        run: Mapping[str, Any],
        pictures: tuple[Picture, ...] = (),
    ) -> None:
        for name, content in (
            ("scorecard", scorecard),
            ("judgement", verdict),
            ("policy", policy),
            ("inputs", inputs),
            ("run", run),
            ("pictures", tuple(pictures)),
        ):
            object.__setattr__(self, name, content)

    @property
    def trusted(self) -> bool:
        """Whether the synthetic table may stand in for the real one, for the policy's purpose."""
        return self.judgement.verdict == "trusted"

    @property
    def verdict(self) -> str:
        """``trusted``, ``not_trusted`` or ``cannot_tell``."""
        return self.judgement.verdict

    @property
    def reasons(self) -> tuple[str, ...]:
        """Plain sentences, the decisive one first."""
        return self.judgement.reasons

    @property
    def rows_needed(self) -> int | None:
        """Rows of each sample that would settle a ``cannot_tell``, where more rows would."""
        return self.judgement.rows_needed

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, most important first."""
        return self.judgement.findings

    @property
    def headline(self) -> Headline | None:
        """Trained, believed, actual and attainable performance; None without a target."""
        return self.scorecard.headline

    @property
    def exit_code(self) -> int:
        """Exit code of the command line: 0 trusted, 1 not trusted, 3 cannot tell."""
        return self.judgement.exit_code

    def to_dict(self) -> dict[str, Any]:
        """Give the `assay.report/1` document; the same inputs, seed and versions give the same but for ``run.timings``."""
        return plain(
            {
                "schema": REPORT,
                "verdict": self.judgement.verdict,
                "reasons": self.judgement.reasons,
                "rows_needed": self.judgement.rows_needed,
                "warnings": self.scorecard.warnings,
                "policy": {key: self.policy[key] for key in ("name", "sha256")},
                "inputs": {role: _table(self.inputs.get(role)) for role in ("real", "synthetic", "holdout")},
                "headline": None if self.headline is None else self.headline.to_dict(),
                "checks": [check.to_dict() for check in self.scorecard.checks],
                "estimates": [estimate.to_dict() for estimate in self.scorecard.estimates],
                "findings": [finding.to_dict() for finding in self.judgement.findings],
                "mechanisms": [{"mechanism": name, "score": score} for name, score in self.judgement.mechanisms],
                "not_checked": [entry.to_dict() for entry in self.scorecard.not_checked],
                "run": {key: self.run[key] for key in RUN},
            }
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Report:
        """Read what `to_dict` gave. What the document does not hold (pictures, the policy's purpose) stays empty.

        Raises
        ------
        UsageError
            If the document is of another kind or version.
        """
        if document.get("schema") != REPORT:
            raise UsageError(f"Report.from_dict needs a document with schema {REPORT!r}. Got {document.get('schema')!r}.")
        scorecard = Scorecard(
            estimates=tuple(Estimate.from_dict(entry) for entry in document["estimates"]),
            checks=tuple(_check(entry) for entry in document["checks"]),
            not_checked=tuple(NotChecked(**entry) for entry in document["not_checked"]),
            headline=None if document["headline"] is None else Headline.from_dict(document["headline"]),
            warnings=tuple(document["warnings"]),
        )
        verdict = Verdict(
            verdict=document["verdict"],
            reasons=tuple(document["reasons"]),
            rows_needed=document["rows_needed"],
            findings=tuple(Finding.from_dict(entry) for entry in document["findings"]),
            mechanisms=tuple((entry["mechanism"], entry["score"]) for entry in document["mechanisms"]),
        )
        return cls(scorecard, verdict, dict(document["policy"]), dict(document["inputs"]), dict(document["run"]))

    def to_json(self) -> str:
        """Give the `assay.report/1` document as JSON text."""
        return to_json(self.to_dict())

    def to_html(self) -> str:
        """Give the report as one HTML page that needs no network and runs no script."""
        from assay.reporting.html import page

        return page(self)

    def to_junit(self) -> str:
        """Give the checks as JUnit XML: one test case a check."""
        from assay.reporting.junit import junit

        return junit(self)

    def to_frame(self) -> Any:
        """Give one row per check, as a pandas frame if pandas is installed, else polars, else a `pyarrow.Table`."""
        from assay.reporting.frame import frame

        return frame(self.scorecard.checks)

    def save(self, path: str | Path) -> Path:
        """Write the report whole or not at all, as what the suffix says.

        Parameters
        ----------
        path : str or Path
            ``.json`` (`assay.report/1`), ``.html`` or ``.xml`` (JUnit).

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        UsageError
            If the suffix is another one.
        InputError
            If the file cannot be written.
        """
        path = Path(path)
        writers = {".json": self.to_json, ".html": self.to_html, ".htm": self.to_html, ".xml": self.to_junit}
        writer = writers.get(path.suffix.lower())
        if writer is None:
            raise UsageError(f"Report.save needs a path that ends in .json, .html or .xml. Got {str(path)!r}.")
        write_atomically(path, writer().encode("utf-8", "backslashreplace"))
        return path

    def _repr_html_(self) -> str:
        from assay.reporting.html import card

        return card(self)

    def __repr__(self) -> str:
        outcomes = [check.outcome for check in self.scorecard.checks]
        passed = sum(outcome == "pass" for outcome in outcomes)
        return f"Report({self.verdict!r}, {passed} of {len(outcomes)} checks passed, {len(self.findings)} findings)"


def _table(entry: Any) -> dict[str, Any] | None:
    return None if entry is None else {key: entry[key] for key in ("rows", "columns", "sha256")}


def _check(entry: Mapping[str, Any]) -> Check:
    fields: dict[str, Any] = dict(entry)
    for key in ("mean", "worst"):
        fields[key] = None if entry[key] is None else Estimate.from_dict(entry[key])
    return Check(**fields)
