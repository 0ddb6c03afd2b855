"""What the items of groups say in plain sentences."""

from __future__ import annotations

import numpy as np

from assay.core.evidence import Item


def describe(item: Item) -> str:
    """Say what became of the group, in numbers."""
    return {"rate": _rate, "share": _share, "prediction": _prediction, "utility": _utility}[item.facts["kind"]](item)


def missed(item: Item) -> str:
    """Say what could have happened to the group unseen."""
    facts, high, where = item.facts, item.harm_high, item.estimate.slice
    unseen = "would not have been seen at this size"
    if facts["kind"] == "rate":
        return f"a change of {_of(item)} by up to {_amount(item, high)} where {where} {unseen}"
    if facts["kind"] == "share":
        if facts["metric"] == "ratio":
            return f"a share of the group {where} up to {np.exp(min(high, 50.0)):.2g} times too small or too large {unseen}"
        return f"a share of the group {where} off by up to {high * 100:.1f} points {unseen}"
    if facts["kind"] == "prediction":
        return f"predictions off by up to {_amount(item, high)} on average where {where} {unseen}"
    return f"a loss of up to {high:.3f} {_unit(item)} where {where} {unseen}"


def _rate(item: Item) -> str:
    facts, e = item.facts, item.estimate
    change = f"{_signed(item, e.effect)} {_between(item)}"
    before, after = facts["gap_real"], facts["gap_synthetic"]
    turn = "reverses" if before * after < 0 else "grows" if abs(after) > abs(before) else "shrinks"
    return (
        f"Where {e.slice}, {_of(item)} is {_level(item, facts['real'])} in reality and {_level(item, facts['synthetic'])} in the "
        f"synthetic rows: {change}. The difference to all other rows {turn} from {_signed(item, before)} to "
        f"{_signed(item, after)}."
    )


def _share(item: Item) -> str:
    facts, e = item.facts, item.estimate
    if facts["metric"] == "ratio":
        between = f"{np.exp(e.effect):.2g} times ({np.exp(e.low):.2g} to {np.exp(e.high):.2g})"
    else:
        between = f"{e.effect * 100:+.1f} points ({e.low * 100:+.1f} to {e.high * 100:+.1f})"
    return (
        f"The group {e.slice} makes up {facts['real']:.1%} of the real rows and {facts['synthetic']:.1%} of the synthetic ones: "
        f"{between}."
    )


def _prediction(item: Item) -> str:
    facts, e = item.facts, item.estimate
    return (
        f"For the {facts['rows']} holdout rows where {e.slice}, the {facts['learner']} model trained on synthetic rows predicts "
        f"{_level(item, facts['synthetic'])} on average, the one trained on real rows {_level(item, facts['real'])}: "
        f"{_signed(item, e.effect)} {_between(item)}; "
        f"{_level(item, facts['truth'])} is true."
    )


def _utility(item: Item) -> str:
    e, facts = item.estimate, item.facts
    return (
        f"Where {e.slice} ({facts['rows']} holdout rows), the {facts['learner']} model trained on synthetic rows loses "
        f"{e.effect:.3f} {_unit(item)} ({e.low:.3f} to {e.high:.3f}) against the one trained on real rows."
    )


def _of(item: Item) -> str:
    return f"the mean of {item.facts['outcome']}" if item.facts["metric"] == "mean" else f"the rate of {item.facts['outcome']}"


def _level(item: Item, number: float) -> str:
    return f"{number:+.2f} sd from the average" if item.facts["metric"] == "mean" else f"{number:.1%}"


def _signed(item: Item, number: float) -> str:
    return f"{number:+.2f} sd" if item.facts["metric"] == "mean" else f"{number * 100:+.1f} points"


def _between(item: Item) -> str:
    scale, digits = (1.0, 2) if item.facts["metric"] == "mean" else (100.0, 1)
    return f"({item.estimate.low * scale:+.{digits}f} to {item.estimate.high * scale:+.{digits}f})"


def _amount(item: Item, number: float) -> str:
    return f"{number:.2f} sd" if item.facts["metric"] == "mean" else f"{number * 100:.1f} points"


def _unit(item: Item) -> str:
    return "of the target's variance" if item.facts["metric"] == "r2" else "of ROC AUC"
