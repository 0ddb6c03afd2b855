"""The plain words of a report: verdicts, outcomes, mechanisms, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from assay.core.estimate import Estimate
from assay.core.registry import get, names
from assay.core.scorecard import Check
from assay.reporting.text import count, shorten, title, visible

if TYPE_CHECKING:
    from assay.reporting.report import Report


class Word(NamedTuple):
    """A symbol, a word and what it means; the symbol says without colour what the colour says."""

    symbol: str
    word: str
    meaning: str


VERDICTS: dict[str, Word] = {
    "trusted": Word("✓", "Trusted", "Every check that this purpose requires passed."),
    "not_trusted": Word("✗", "Not trusted", "At least one harm is larger than this purpose allows."),
    "cannot_tell": Word("?", "Cannot tell", "No harm is proven, and neither is its absence."),
}
OUTCOMES: dict[str, Word] = {
    "fail": Word("✗", "fail", "the harm is larger than its margin, beyond what chance explains"),
    "error": Word("!", "error", "the check broke down, so it says nothing"),
    "cannot_tell": Word("?", "cannot tell", "the interval is too wide to decide"),
    "skipped": Word("○", "skipped", "not run"),
    "not_applicable": Word("○", "not applicable", "this data has nothing to measure"),
    "pass": Word("✓", "pass", "the harm is inside its margin, and a larger one would have been seen"),
}
SEVERITIES: dict[str, str] = {"critical": "▲", "major": "◆", "minor": "●"}
LEVELS: tuple[tuple[str, str, str], ...] = (
    ("trained", "Trained", "on the rows it was trained on"),
    ("believed", "Believed", "on unseen synthetic rows: what you would report"),
    ("actual", "Actual", "on sealed real rows: what will happen"),
    ("attainable", "Attainable", "trained on real rows instead, on the same sealed rows"),
)
MECHANISMS: dict[str, str] = {
    "sampling_noise": "no more than the noise of a finite sample",
    "rigid_generator": "the generator cannot bend to the shape of this data",
    "optimisation": "the generator was not trained to the end",
    "variance_change": "values spread less, or more, than real ones",
    "sampling_bias": "rows were drawn in other proportions",
    "selection_bias": "rows of one kind were kept and others dropped",
    "mode_drop": "whole groups of rows are missing",
    "tail_loss": "extreme values are missing",
    "rare_level_loss": "rare categories are missing",
    "broken_dependence": "columns no longer go together as they do in reality",
    "artefact": "traces of the process that made the data",
    "label_noise": "labels are wrong at random",
    "label_shift": "labels are wrong in one direction",
    "bias_amplification": "a group is treated worse than in the real data",
    "memorisation": "real rows were copied rather than learned from",
    "covariate_shift": "values moved, while what they imply stayed",
    "constraint_violation": "rows break rules that every real row keeps",
    "missingness_change": "values are missing more, less or elsewhere",
    "duplication": "rows repeat more often than in reality",
    "evaluation_leakage": "the evaluation has seen what it should not have",
    "overconfidence": "predicted probabilities are too sure",
    "invalid_inference": "conclusions drawn from the data would be wrong",
    "recursive_contamination": "synthetic rows were made from synthetic rows",
}
GLOSSARY: tuple[tuple[str, str], ...] = (
    ("Effect", "How far the synthetic table lies from the real one, with the noise of sampling taken out. 0 is no difference."),
    ("Interval", "The range that holds the true effect in 95 of 100 such checks."),
    ("Floor", "What two real samples of the same sizes score against each other: 95 of 100 fall inside the band."),
    ("Margin", "The largest harm that this purpose tolerates. The policy states it with its reason."),
    ("Blind margin", "How large a harm may stay unseen in a single place before a check can no longer pass."),
    ("Holdout", "Real rows that no generator and no model has seen."),
    ("Illusion gap", "Believed minus actual: what you would have believed and will not get."),
    ("Utility gap", "Attainable minus actual: what is lost by training on synthetic rows instead of real ones."),
    ("Worth in real rows", "How many real rows would train an equally good model."),
)
METRICS: dict[str, str] = {
    "auc": "ROC AUC",
    "roc_auc": "ROC AUC",
    "macro_auc": "ROC AUC, one class against the rest, mean over classes",
    "ap": "Average precision",
    "average_precision": "Average precision",
    "r2": "R\u00b2",
}
ORDER: tuple[str, ...] = tuple(OUTCOMES)


def metric(name: str) -> str:
    """Give a metric's usual name."""
    return METRICS.get(name, visible(name))


def about(measure: str, attribute: str) -> str:
    """Give what a measure's class says of itself, such as its ``question``, or nothing if it is not installed."""
    if measure not in names("measure"):
        return ""
    try:
        content: Any = getattr(get("measure", measure), attribute, "")
    except ImportError:
        return ""
    return visible(content) if isinstance(content, str) else ""


def is_privacy(check: Check) -> bool:
    """Tell whether a check is an attack on the rows behind the data."""
    return about(check.measure, "family") == "privacy" or check.family in PRIVACY


PRIVACY: frozenset[str] = frozenset(("exact_copies", "near_copies", "membership", "too_close", "attribute_inference"))


def privacy_sentence(checks: list[Check]) -> str:
    """Sum up the attacks; that none of them found a leak is the strongest thing there is to say."""
    failed = [title(check.family).lower() for check in checks if check.outcome == "fail"]
    passed = [check for check in checks if check.outcome == "pass"]
    if failed:
        return f"A leak was found: {', '.join(failed)}."
    if not passed:
        return "No attack was run to its end, so nothing can be said about leaks."
    if len(passed) < len(checks):
        return "No leak found by the attacks that came to an end; the others could not tell."
    return "No leak found by these attacks."


def ordered(checks: tuple[Check, ...]) -> list[Check]:
    """Sort checks: what failed first, then what is open, then what passed; required ones first."""
    return sorted(checks, key=lambda check: (ORDER.index(check.outcome), not check.required))


def why(check: Check) -> str:
    """Give a check's reason, without the name that stands beside it anyway."""
    name, _, rest = check.reason.partition(": ")
    return rest[:1].upper() + rest[1:] if rest and name.lower() == title(check.family).lower() else check.reason


def worth(estimate: Estimate) -> str:
    """Write what data is worth in real rows; where the interval has no width the method says which end was met."""
    if estimate.low == estimate.high:
        return f"{count(estimate.effect)} ({shorten(estimate.method.split(';')[0], 80)})"
    return f"{count(estimate.effect)} ({count(estimate.low)} to {count(estimate.high)})"


def question(report: Report) -> str:
    """Ask what the verdict answers."""
    purposes = {
        "train": "May this table replace the real one when a model is trained?",
        "augment": "May this table be added to the real one when a model is trained?",
        "share": "May this table be handed out in place of the real one?",
        "test": "May this table stand in for the real one when software is tested?",
    }
    name = visible(report.policy["name"])
    return purposes.get(name, f"May this table stand in for the real one, for the purpose {name}?")


def next_steps(report: Report) -> list[tuple[str, str]]:
    """Say what to do next: sentences, each with a command or an empty string."""
    steps: list[tuple[str, str]] = []
    if report.verdict == "not_trusted":
        remedies: dict[str, str] = {}
        for finding in report.findings:
            remedies.setdefault(finding.remedy, finding.code)
        steps += [(visible(remedy), f"assay explain {visible(code)}") for remedy, code in list(remedies.items())[:3]]
        steps.append(("Make the table again and check it again, with the same seed.", _again(report)))
    if report.verdict == "cannot_tell":
        if report.inputs.get("holdout") is None:
            steps.append(
                (
                    _HOLDOUT,
                    "assay split REAL --holdout 0.3 --out-real real.parquet --out-holdout holdout.parquet",
                )
            )
        if report.headline is None:
            steps.append(
                ("Name the column that models will predict.", "assay check REAL SYNTHETIC --holdout HOLDOUT --target COLUMN")
            )
        if report.rows_needed:
            steps.append((f"Give more rows: about {count(report.rows_needed)} of each table would settle it.", ""))
        broken = [title(entry.measure) for entry in report.scorecard.not_checked if entry.outcome in ("error", "skipped")]
        if broken:
            steps.append((f"Find out why these did not run: {', '.join(dict.fromkeys(broken))}.", "assay doctor"))
        if not steps:
            steps.append(("Give more real and more synthetic rows: the intervals are too wide to decide.", _again(report)))
    if report.verdict == "trusted":
        steps.append(("Keep this report beside the data: it holds for exactly these files and this purpose.", ""))
        steps.append(
            ("See what this purpose asks for, and with which margins.", f"assay policy show {visible(report.policy['name'])}")
        )
    return steps


_HOLDOUT = "Set real rows aside before any generator sees them, make the synthetic table from the rest, and check again."


def _again(report: Report) -> str:
    command = visible(report.run["command"])
    return command if command.startswith("assay ") else ""
