"""What utility's items say in plain sentences."""

from __future__ import annotations

from assay.core.evidence import Item

SPOKEN = {"auc": "ROC AUC", "average_precision": "average precision", "r2": "R2"}


def describe(item: Item) -> str:
    """Say what is lost, where, in numbers."""
    return {"utility": _lost, "worst_slice": _sliced, "illusion_gap": _illusion}[item.facts["kind"]](item)


def missed(item: Item) -> str:
    """Say what loss could have stayed unseen."""
    facts, high = item.facts, item.harm_high
    metric, model = _metric(item), f"{facts['learner']} models"
    unseen = "would not have been seen at this size."
    if facts["kind"] == "utility":
        size = f"{high:.1%} of its {metric}" if facts["relative"] else f"{high:.3f} of {metric}"
        return f"A loss of up to {size} on real rows for {model} {unseen}"
    if facts["kind"] == "worst_slice":
        return f"A loss of up to {high:.3f} {_unit(item)} where {item.estimate.slice} {unseen}"
    return f"An illusion of up to {high:.3f} of {metric} for {model} {unseen}"


def _lost(item: Item) -> str:
    estimate, facts = item.estimate, item.facts
    metric = _metric(item)
    tail = _between(item)
    if facts["relative"]:
        tail = f", {estimate.effect:.1%} of it ({estimate.low:.1%} to {estimate.high:.1%})"
    return (
        f"A {facts['learner']} model trained on the synthetic rows reaches {metric} {facts['actual']:.3f} on sealed real rows; "
        f"trained on real rows it reaches {facts['attainable']:.3f}: {facts['gap']:.3f} lost{tail}."
    )


def _sliced(item: Item) -> str:
    estimate, facts = item.estimate, item.facts
    return (
        f"Where {estimate.slice} ({facts['rows']} holdout rows), the {facts['learner']} model trained on synthetic rows "
        f"loses {estimate.effect:.3f} {_unit(item)}{_between(item)} against the one trained on real rows."
    )


def _illusion(item: Item) -> str:
    facts = item.facts
    return (
        f"Tested on synthetic rows, the {facts['learner']} model trained on synthetic rows shows {_metric(item)} "
        f"{facts['believed']:.3f}; on real rows it reaches {facts['actual']:.3f}: "
        f"{item.estimate.effect:.3f}{_between(item)} is illusion."
    )


def _metric(item: Item) -> str:
    return "the given score" if item.facts["own_scorer"] else SPOKEN[item.facts["metric"]]


def _unit(item: Item) -> str:
    return "of the target's variance" if item.facts["metric"] == "r2" else "of ROC AUC"


def _between(item: Item) -> str:
    return f" ({item.estimate.low:.3f} to {item.estimate.high:.3f})"
