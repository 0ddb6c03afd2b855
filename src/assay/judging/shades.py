"""What each mechanism is known to move, for findings that no repair can measure again."""

from __future__ import annotations

from assay.core.finding import Finding

# (cause, consequences)
SHADOWS: dict[str, frozenset[str]] = {
    "recursive_contamination": frozenset({"evaluation_leakage", "memorisation"}),
    "memorisation": frozenset({"duplication", "evaluation_leakage", "artefact", "sampling_bias", "mode_drop", "overconfidence"}),
    "duplication": frozenset(
        {
            "covariate_shift",
            "broken_dependence",
            "evaluation_leakage",
            "artefact",
            "mode_drop",
            "sampling_bias",
            "label_noise",
            "overconfidence",
        }
    ),
    "mode_drop": frozenset(
        {"covariate_shift", "variance_change", "broken_dependence", "tail_loss", "rare_level_loss", "sampling_bias"}
    ),
    "tail_loss": frozenset({"covariate_shift", "variance_change", "artefact", "broken_dependence", "mode_drop", "sampling_bias"}),
    "rare_level_loss": frozenset({"covariate_shift", "broken_dependence", "mode_drop", "sampling_bias"}),
    "missingness_change": frozenset({"covariate_shift", "broken_dependence", "label_shift", "mode_drop", "sampling_bias"}),
    "variance_change": frozenset(
        {"covariate_shift", "broken_dependence", "tail_loss", "artefact", "mode_drop", "sampling_bias", "constraint_violation"}
    ),
    "artefact": frozenset(
        {
            "covariate_shift",
            "broken_dependence",
            "variance_change",
            "tail_loss",
            "duplication",
            "memorisation",
            "mode_drop",
            "sampling_bias",
            "constraint_violation",
        }
    ),
    "label_shift": frozenset({"covariate_shift", "broken_dependence", "bias_amplification", "mode_drop", "sampling_bias"}),
    "label_noise": frozenset(
        {"overconfidence", "broken_dependence", "bias_amplification", "label_shift", "mode_drop", "sampling_bias"}
    ),
    "bias_amplification": frozenset({"broken_dependence", "label_shift", "label_noise"}),
    "broken_dependence": frozenset(
        {
            "constraint_violation",
            "covariate_shift",
            "label_shift",
            "label_noise",
            "bias_amplification",
            "mode_drop",
            "sampling_bias",
            "variance_change",
        }
    ),
    "covariate_shift": frozenset({"broken_dependence", "mode_drop", "sampling_bias", "variance_change", "bias_amplification"}),
}
# What a model or an attacker meets follows from whatever is wrong with the rows.
USES = ("USE", "CAL", "C2ST", "WORTH", "GROUP03", "GROUP04")
# Rounding makes rows equal, not near: an equal row is no near one.
NEAR = ("COPY03", "DUP03")
# Whole rows are at fault, in every column, though a class of the target may be named.
WHOLE_ROWS = frozenset({"duplication", "memorisation"})
# Of the target as well, though they name a slice or a group.
OF_TARGET = ("GROUP01", "GROUP03", "LABEL")
SHADE, USE_SHADE = 0.8, 0.7


def shade(mechanism: str, columns: tuple[str, ...], finding: Finding, target: str | None = None) -> float:
    """Say how much of a finding a cause is known to move.

    Parameters
    ----------
    mechanism : str
        Mechanism of the cause.
    columns : tuple of str
        Its columns, empty for the whole table.
    finding : Finding
        What it may explain.
    target : str, optional
        The target's column.
    """
    if finding.code.startswith(USES) and mechanism != "sampling_noise":
        return USE_SHADE
    if finding.mechanism == mechanism and (not columns or (finding.columns and set(finding.columns) <= set(columns))):
        return SHADE  # the same thing said twice
    if mechanism == "artefact" and finding.code.startswith(NEAR):
        return 0.0
    place = set(finding.columns) | ({target} if target is not None and finding.code.startswith(OF_TARGET) else set())
    overlap = not columns or not place or mechanism in WHOLE_ROWS or bool(set(columns) & place)
    return SHADE if overlap and finding.mechanism in SHADOWS.get(mechanism, frozenset()) else 0.0
